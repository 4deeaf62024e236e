"""Tells every subscriber by itself: none waits for another.

Answers are waited for on an event loop, whatever their number; the few threads only speak with PostgreSQL, so that no
subscriber can hold one.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

import structlog
from django.db import connections

from campaigns.results.feed import place_entries
from dialer.looping import LoopThread
from webhooks.telling.sending import Line, Sent, send
from webhooks.telling.tokens import KeptTokens
from webhooks.telling.turns import Turn, due, keep, take

T = TypeVar("T")

log = structlog.get_logger(__name__)

DATABASE_THREADS = 2
#: On stopping, answers that are waited for are given this long.
DRAIN_SECONDS = 3.0


class Teller:
    """One per worker process. ``pool`` are its threads."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(DATABASE_THREADS, thread_name_prefix="subscribers")
        self._loop = LoopThread(name="subscribers")
        self._tokens = KeptTokens()  # of the loop
        self._told: set[int] = set()
        self._lock = threading.Lock()  # guards _told
        self._stopping = threading.Event()

    def look(self) -> None:
        """Begin to tell each subscriber that there is something for, unless it is being told."""
        if self._stopping.is_set():
            return
        place_entries()
        for subscription_id in due(now=datetime.now(UTC)):
            with self._lock:
                if subscription_id in self._told:
                    continue
                self._told.add(subscription_id)
            self._loop.submit(self._tell(subscription_id))

    def stop(self) -> None:
        """Begin nothing more, give what is under way a moment, and end. What is cut off is sent again by another."""
        self._stopping.set()
        until = time.monotonic() + DRAIN_SECONDS
        while self._told and time.monotonic() < until:
            time.sleep(0.05)
        self._loop.stop()
        together = threading.Barrier(DATABASE_THREADS)
        for _ in range(DATABASE_THREADS):
            self.pool.submit(_leave, together)
        self.pool.shutdown(wait=True)

    async def _tell(self, subscription_id: int) -> None:
        """Take turn after turn until there is nothing left to tell, or the subscriber takes nothing."""
        line: Line | None = None
        try:
            turn = await self._in_database(partial(_next, subscription_id))
            while turn is not None:
                line = await self._line_of(turn, line)
                sent = await send(line=line, told=turn.told)
                turn = await self._in_database(partial(self._kept, turn, sent))
        except Exception:
            log.exception("subscriber not told", subscription_id=subscription_id)
        finally:
            with self._lock:
                self._told.discard(subscription_id)
            if line is not None:
                await line.aclose()

    async def _line_of(self, turn: Turn, line: Line | None) -> Line:
        """Return the way to a turn's subscriber: the one that is open, unless somebody changed where it leads."""
        if line is not None and line.way == turn.way:
            return line
        if line is not None:
            await line.aclose()
        return Line(turn.way, tokens=self._tokens)

    def _kept(self, turn: Turn, sent: Sent) -> Turn | None:
        keep(turn=turn, sent=sent, now=datetime.now(UTC))
        return None if sent.is_down or self._stopping.is_set() else _next(turn.subscription_id)

    async def _in_database(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.pool, _fresh_after_errors, work)


def _next(subscription_id: int) -> Turn | None:
    return take(subscription_id=subscription_id, now=datetime.now(UTC))


def _fresh_after_errors(work: Callable[[], T]) -> T:
    try:
        return work()
    except Exception:
        # The server may have restarted: begin anew with a new connection.
        connections.close_all()
        raise


def _leave(together: threading.Barrier) -> None:
    """Close the connection to PostgreSQL of each thread: all wait for each other, so that none does it twice."""
    together.wait(timeout=5)
    connections.close_all()
