"""How requests of an account with a limit of calls per second leave this process, each at the time that it was given.

A process that is too busy to let them leave in time would miss times, and each missed time gave its call up. So it has
no more of them waiting than leave in time, and one that missed its time is given a later one of the account's.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from django.db import transaction

from campaigns.claiming.budget import after_sends, send_times
from campaigns.claiming.gate import lock_gate, set_next_send
from campaigns.placing.clock import ClockWatch
from dialer.looping import Coalescer
from dialer.sql import hot_cursor

#: A request that is later than this gives up its time: late ones would bunch past the limit, with what the way adds.
RATE_LATENESS_SECONDS = 0.05
#: Later times are given no further ahead than this: a request may not wait much longer.
BOOKED_WITHIN_SECONDS = 0.6
#: So many may wait for their times at first, at least, and at most.
FIRST_WINDOW, LEAST_WINDOW, MOST_WINDOW = 20.0, 4.0, 200.0
#: What the window shrinks to when a request is late, at most once in RATE_LATENESS_SECONDS; and what a timely one adds.
SHRINKS_TO, ADDS = 0.7, 4.0


class Departures:
    """Those of one account in this process. ``ring``: asks for a turn of the account."""

    def __init__(
        self,
        *,
        account_id: int,
        loop: asyncio.AbstractEventLoop,
        pool: ThreadPoolExecutor,
        ring: Callable[[], object],
        clock: ClockWatch,
    ) -> None:
        self._account_id = account_id
        self._loop = loop
        self._ring = ring
        self._clock = clock
        self._lock = threading.Lock()  # guards all below: begun in database threads, left on the loop
        self._window = FIRST_WINDOW
        self._is_probing = True
        self._shrunk_at_seconds = float("-inf")
        self._waiting = 0
        self._is_held = False
        self._calls_per_second = 1.0
        self._late: list[asyncio.Future[float | None]] = []
        self._booker = Coalescer(name=f"book {account_id}", work=self._book, pool=pool)
        #: A turn's first time is so long after its begin: as much as the turn takes beyond what is tolerated.
        self.lead_seconds = 0.0

    def room(self) -> int:
        """Return how many more may be taken now. Where that is too few, a turn is asked for once some have left."""
        with self._lock:
            self._is_held = True
            return max(0, int(self._window) - self._waiting)

    def begin(self, *, count: int, calls_per_second: float, turn_seconds: float) -> None:
        """So many begin to wait, by a turn that took so long."""
        with self._lock:
            self._waiting += count
            self._calls_per_second = calls_per_second
            self.lead_seconds = max(0.0, turn_seconds - RATE_LATENESS_SECONDS / 2)

    def left(self) -> None:
        """One has left in time."""
        with self._lock:
            self._window = min(MOST_WINDOW, self._window + (1.0 if self._is_probing else ADDS / self._window))
        self.gone()

    def missed(self) -> None:
        """One was too late, and waits on."""
        now = time.monotonic()
        with self._lock:
            self._is_probing = False
            if now - self._shrunk_at_seconds > RATE_LATENESS_SECONDS:
                self._shrunk_at_seconds = now
                self._window = max(LEAST_WINDOW, self._window * SHRINKS_TO)

    def gone(self) -> None:
        """One no longer waits, whatever became of it."""
        with self._lock:
            self._waiting -= 1
            rings = self._is_held and self._waiting <= self._window / 2
            self._is_held = self._is_held and not rings
        if rings:
            self._ring()

    async def later(self) -> float | None:
        """Return a later time for one that missed its own, in seconds of the monotonic clock; None: there is none soon.

        On the loop only.
        """
        future: asyncio.Future[float | None] = self._loop.create_future()
        with self._lock:
            self._late.append(future)
        self._booker.ring()
        return await future

    def _book(self) -> None:
        with self._lock:
            late, self._late = self._late, []
        times: list[float] = []
        try:
            if late:
                booked = book_times(
                    account_id=self._account_id,
                    count=len(late),
                    calls_per_second=self._calls_per_second,
                    now=self._clock.server_now(),
                )
                times = [self._clock.seconds_at(at) for at in booked]
        finally:
            # Without a time it is given back.
            for n, future in enumerate(late):
                self._loop.call_soon_threadsafe(_answer, future, times[n] if n < len(times) else None)


def book_times(*, account_id: int, count: int, calls_per_second: float, now: datetime) -> list[datetime]:
    """Take up to ``count`` of the account's next times to send; they are nobody else's then. ``now``: PostgreSQL's."""
    with transaction.atomic(), hot_cursor() as cursor:
        gate = lock_gate(cursor, account_id=account_id)
        if gate is None:
            return []
        times = send_times(
            next_send_at=gate.next_send_at,
            calls_per_second=calls_per_second,
            wanted=count,
            now=now,
            horizon_seconds=BOOKED_WITHIN_SECONDS,
        )
        if times:
            following = after_sends(times=times, calls_per_second=calls_per_second)
            set_next_send(cursor, account_id=account_id, next_send_at=following)
    return times


def _answer(future: asyncio.Future[float | None], at_seconds: float | None) -> None:
    if not future.done():
        future.set_result(at_seconds)
