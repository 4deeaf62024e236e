"""One event loop in a thread of this process, and work that runs again when its bell was rung meanwhile."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import structlog
import uvloop
from django.db import connections

log = structlog.get_logger(__name__)

#: After an error, work is tried again this much later.
AGAIN_SECONDS = 0.5


class LoopThread:
    """An event loop that runs in a daemon thread until ``stop``."""

    def __init__(self, *, name: str) -> None:
        self.loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def submit(self, work: Coroutine[Any, Any, Any]) -> Future[Any]:
        """Run a coroutine on the loop; the future is for callers in other threads."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def call(self, function: Callable[..., object], *arguments: Any) -> None:
        """Call a function on the loop, soon."""
        self.loop.call_soon_threadsafe(function, *arguments)

    def stop(self) -> None:
        """Stop the loop and wait for its thread."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(timeout=5)


class Coalescers:
    """One Coalescer for each key, on threads of their own: for work that waits for others, such as providers."""

    def __init__(self, *, name: str, work: Callable[[int], object], threads: int) -> None:
        self._name = name
        self._work = work
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._by_key: dict[int, Coalescer] = {}
        self._lock = threading.Lock()

    def ring(self, key: int) -> None:
        """Ask for a run of the key's work. Returns at once; may be called from any thread."""
        with self._lock:
            found = self._by_key.get(key)
            if found is None:
                found = Coalescer(name=f"{self._name} {key}", work=partial(self._work, key), pool=self._pool)
                self._by_key[key] = found
        found.ring()


class Coalescer:
    """Runs ``work`` in a pool whenever its bell was rung; at most one run at a time, and none is missed.

    However often the bell is rung during a run, one more run follows: work reads what is to be done from the database,
    so one look is enough. After an error, which is logged, it runs again.
    """

    def __init__(self, *, name: str, work: Callable[[], object], pool: ThreadPoolExecutor) -> None:
        self._name = name
        self._work = work
        self._pool = pool
        self._lock = threading.Lock()
        self._running = False
        self._rung = False

    def ring(self) -> None:
        """Ask for a run. Returns at once; may be called from any thread."""
        with self._lock:
            self._rung = True
            if self._running:
                return
            self._running = True
        try:
            self._pool.submit(self._run)
        except RuntimeError:  # the pool is shut down: the process is ending
            self._running = False

    @property
    def is_idle(self) -> bool:
        """Whether no run is under way or asked for."""
        with self._lock:
            return not self._running

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._rung:
                    self._running = False
                    return
                self._rung = False
            try:
                self._work()
            except Exception:
                log.exception("work failed", work=self._name)
                # The server may have restarted: begin anew with a new connection, a little later.
                connections.close_all()
                time.sleep(AGAIN_SECONDS)
                self._ask_again()

    def _ask_again(self) -> None:
        with self._lock:
            self._rung = True
