"""Bells that Redis carries from one process to another: a set of names, of which each is taken by one who listens.

A message of Celery costs its receiver some 4 ms of processor time and its sender another, and a bell says nothing but
that there is work. What is rung again before somebody has taken it is still one bell, so nothing piles up while nobody
listens. Redis may lose them all.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from typing import Any

import redis
import structlog
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from dialer.redis_address import redis_address

log = structlog.get_logger(__name__)

#: The sorted set: names by the instant at which they were rung, so that the one that waits longest is taken first.
KEY = "dialer:bells"
#: Who listens asks anew after so long, and gives a server up that says nothing for so much longer.
WAIT_SECONDS, SILENCE_SECONDS = 5, 5
#: Redis is looked for again this much later.
AGAIN_SECONDS = 1.0


def _client(*, silence_seconds: float) -> redis.Redis:
    # Tried once: those who ring or listen try again themselves.
    return redis_address(settings.REDIS_URL).client(
        socket_timeout=silence_seconds, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0)
    )


class Ringing:
    """Rings bells at Redis, over one connection. For one thread."""

    def __init__(self) -> None:
        self._client: redis.Redis | None = None

    def ring(self, names: Collection[str]) -> None:
        """Ring all of these. Raises RedisError or OSError: then nobody may have heard."""
        if self._client is None:
            self._client = _client(silence_seconds=SILENCE_SECONDS)
        now = time.time()
        try:
            self._client.zadd(KEY, dict.fromkeys(names, now), nx=True)
        except BaseException:
            self._client.close()
            self._client = None
            raise


class Listener:
    """Takes bells from Redis in a thread of its own, each for this process alone, and hands them to ``answer``."""

    def __init__(self, *, answer: Callable[[str], object]) -> None:
        self._answer = answer
        self._stopped = threading.Event()

    def start(self) -> None:
        """Begin to listen."""
        threading.Thread(target=self._run, name="bells", daemon=True).start()

    def stop(self) -> None:
        """Take no more bells."""
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                with _client(silence_seconds=WAIT_SECONDS + SILENCE_SECONDS) as client:
                    self._listen(client)
            except (redis.RedisError, OSError) as error:
                log.warning("bells are not heard", error=type(error).__name__)
                self._stopped.wait(AGAIN_SECONDS)

    def _listen(self, client: redis.Redis) -> None:
        while not self._stopped.is_set():
            found: Any = client.bzpopmin(KEY, timeout=WAIT_SECONDS)
            if found and self._stopped.is_set():
                client.zadd(KEY, {found[1]: time.time()}, nx=True)  # for another process
            elif found:
                self._hand_over(found[1].decode())

    def _hand_over(self, name: str) -> None:
        try:
            self._answer(name)
        except Exception:  # the next one may be another's
            log.exception("bell not answered", bell=name)
