"""The requests of a process that are on their way, on one event loop, and what came of them until it is recorded."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from campaigns.placing.clock import ClockWatch
from campaigns.placing.departures import Departures
from campaigns.placing.recording import record_all
from campaigns.placing.results import Placed
from dialer.looping import Coalescer, LoopThread
from dialer.providers.base import Accepted

Request = Coroutine[Any, Any, Placed]

#: That a call was taken is recorded so much later, with others: nobody waits for it, as the slot is taken either way,
#: and each record is a commit. What frees a slot, or tells that one may not be free, is recorded at once.
GATHER_SECONDS = 0.05


class PlacingLoop:
    """Runs requests side by side and records in batches; ``ring`` is told of each account that may claim more by it."""

    def __init__(
        self,
        *,
        loop: LoopThread,
        pool: ThreadPoolExecutor,
        ring: Callable[[int], object],
        clock: ClockWatch,
    ) -> None:
        self._loop = loop
        self._pool = pool
        self._ring = ring
        self._clock = clock
        self._departures: dict[int, Departures] = {}
        self._lock = threading.Lock()
        self._in_flight = 0  # guarded by _lock: begun in database threads, done on the loop
        self._tasks: set[asyncio.Task[Placed]] = set()  # the loop itself keeps only weak references
        self._results: deque[Placed] = deque()
        self._recorder = Coalescer(name="record", work=self._record, pool=pool)
        self._soon: asyncio.TimerHandle | None = None  # the loop's alone

    @property
    def in_flight(self) -> int:
        """How many requests are on their way."""
        return self._in_flight

    @property
    def is_idle(self) -> bool:
        """Whether nothing is on its way, and all that came of it is recorded."""
        return not self._in_flight and not self._results and self._recorder.is_idle

    def departures(self, account_id: int) -> Departures:
        """Return how requests of an account with a limit of calls per second leave; for its one turn at a time."""
        found = self._departures.get(account_id)
        if found is None:
            ring = partial(self._ring, account_id)
            found = Departures(
                account_id=account_id, loop=self._loop.loop, pool=self._pool, ring=ring, clock=self._clock
            )
            self._departures[account_id] = found
        return found

    def begin(self, requests: Sequence[Request]) -> None:
        """Let requests begin. Returns at once; may be called from any thread."""
        with self._lock:
            self._in_flight += len(requests)
        self._loop.call(self._start, requests)

    def _start(self, requests: Sequence[Request]) -> None:
        for request in requests:
            task = self._loop.loop.create_task(request)
            self._tasks.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Placed]) -> None:
        self._tasks.discard(task)
        with self._lock:
            self._in_flight -= 1
        # A canceled request may have arrived: its attempt stays PLACING until reconciling calls it UNCERTAIN.
        if not task.cancelled():
            placed = task.result()
            self._results.append(placed)
            if not isinstance(placed.result, Accepted):
                self._recorder.ring()
            elif self._soon is None:
                self._soon = self._loop.loop.call_later(GATHER_SECONDS, self._record_gathered)

    def _record_gathered(self) -> None:
        self._soon = None
        self._recorder.ring()

    def _record(self) -> None:
        batch: list[Placed] = []
        while self._results:
            batch.append(self._results.popleft())
        if not batch:
            return
        try:
            freed = record_all(results=batch, now=self._clock.best_now())
        except Exception:
            # Kept and tried again, as after a restart of PostgreSQL; nothing is sent twice by recording twice.
            self._results.extendleft(reversed(batch))
            raise
        for account_id in freed:
            self._ring(account_id)
