"""The engine of a worker process: hears bells, claims, places many calls at once, records, and hears again.

Bells may be lost, doubled or late: they change latency and nothing else. Everything is read from PostgreSQL, and each
engine rings its own bells when beat's stay away for a moment, so that it goes on while Redis is away.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

import structlog
from django.conf import settings
from django.db import connections, transaction

from campaigns.claiming.judging import LEAVES_WITHIN
from campaigns.claiming.reserving import Claim, claim
from campaigns.doorbells import answer_here
from campaigns.placing.fence import Fence
from campaigns.placing.recording import record_all
from campaigns.placing.results import Placed
from campaigns.placing.sending import place
from campaigns.states import attempts as attempt_states
from dialer.channels import Connections
from dialer.looping import Coalescer, LoopThread
from dialer.sql import hot_cursor

Answer = TypeVar("Answer")

log = structlog.get_logger(__name__)

#: Most calls reserved in one turn: small enough that the first leaves at once.
MOST_PER_TURN = 200
#: Threads that speak with PostgreSQL: pacing, recording, the inbox, reconciling.
DATABASE_THREADS = 6
#: Beat rings once a second. Without it for this long, the engine rings its own bells.
SILENCE_SECONDS = 1.25
#: On stopping, in-flight requests are given this long to be answered.
DRAIN_SECONDS = 25.0


class Engine:
    """One per worker process; see ``engine()``."""

    def __init__(self) -> None:
        self._loop = LoopThread(name="placing")
        self._pool = ThreadPoolExecutor(DATABASE_THREADS, thread_name_prefix="database")
        self._pacers: dict[int, Coalescer] = {}
        self._lock = threading.Lock()
        self._in_flight = 0  # guarded by _lock: claimed in database threads, done on the loop
        self._tasks: set[asyncio.Task[Placed]] = set()  # the loop itself keeps only weak references
        self._results: deque[Placed] = deque()
        self._recorder = Coalescer(name="record", work=self._record, pool=self._pool)
        self._connections = Connections()
        self._stopping = threading.Event()
        self._chores: list[Coalescer] = []
        self._chores_rung_at_seconds = float("-inf")

    # --- bells ------------------------------------------------------------------------------------------------------

    def ring(self, account_id: int) -> None:
        """Ask for a turn of one account's pacing. Returns at once."""
        if self._stopping.is_set():
            return
        with self._lock:
            pacer = self._pacers.get(account_id)
            if pacer is None:
                work = partial(self._turn, account_id)
                pacer = self._pacers[account_id] = Coalescer(name=f"pace {account_id}", work=work, pool=self._pool)
        pacer.ring()

    def coalescer(self, *, name: str, work: Callable[[], object]) -> Coalescer:
        """Return work of others that runs on this engine's threads whenever it is rung."""
        return Coalescer(name=name, work=work, pool=self._pool)

    def every_second(self, chore: Coalescer) -> None:
        """Ring ``chore`` about once a second, bells or no bells."""
        self._chores.append(chore)

    def ring_chores(self) -> None:
        """Ring all that is done by looking at the database."""
        self._chores_rung_at_seconds = time.monotonic()
        for chore in self._chores:
            chore.ring()

    def start(self) -> None:
        """Begin to ring the own bells."""
        threading.Thread(target=self._keep_ringing, name="safety-net", daemon=True).start()

    def _keep_ringing(self) -> None:
        while not self._stopping.wait(self._silence_left()):
            if not self._silence_left():
                self.ring_chores()

    def _silence_left(self) -> float:
        """Return for how many more seconds others may ring the bells."""
        return max(0.0, SILENCE_SECONDS - (time.monotonic() - self._chores_rung_at_seconds))

    # --- turns ------------------------------------------------------------------------------------------------------

    def _turn(self, account_id: int) -> None:
        """Claim what may be called now and hand it to the loop; runs in a database thread."""
        room = min(MOST_PER_TURN, settings.DIALER_CALLS_IN_FLIGHT - self._in_flight)
        now = datetime.now(UTC)
        claimed = claim(account_id=account_id, now=now, room=room)
        if claimed.reserved:
            self._begin(account_id, claimed, leave_before=now + LEAVES_WITHIN)
        if claimed.wait_seconds is not None:
            self._loop.call(self._ring_later, account_id, claimed.wait_seconds)
        elif claimed.more or len(claimed.reserved) == MOST_PER_TURN:
            self.ring(account_id)

    def _ring_later(self, account_id: int, seconds: float) -> None:
        self._loop.loop.call_later(seconds, self.ring, account_id)

    def _begin(self, account_id: int, claimed: Claim, *, leave_before: datetime) -> None:
        opened_at_seconds = time.monotonic()
        ids = [call.attempt_id for call in claimed.reserved]
        with transaction.atomic(), hot_cursor() as cursor:
            going = attempt_states.begin_placing(cursor, account_id=account_id, attempt_ids=ids)
        # What did not go was stopped in between: pausing or reconciling gives it back.
        paced = claimed.account is not None and claimed.account.calls_per_second is not None
        crowded = claimed.account is not None and claimed.account.gate.refusals_in_row > 0
        channel = self._connections.of(account_id)
        with self._lock:
            self._in_flight += len(going)
        for call in claimed.reserved:
            if call.attempt_id in going:
                send_at = call.send_at if paced else None
                fence = Fence(opened_at_seconds=opened_at_seconds, send_at=send_at, leave_before=leave_before)
                work = place(
                    call=call,
                    account_id=account_id,
                    provider=channel.provider,
                    config=channel.config,
                    client=channel.client,
                    fence=fence,
                    was_crowded=crowded,
                )
                self._loop.call(self._start, work)

    def _start(self, work: Coroutine[Any, Any, Placed]) -> None:
        task = self._loop.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Placed]) -> None:
        self._tasks.discard(task)
        with self._lock:
            self._in_flight -= 1
        # A canceled request may have arrived: its attempt stays PLACING until reconciling calls it UNCERTAIN.
        if not task.cancelled():
            self._results.append(task.result())
            self._recorder.ring()

    def _record(self) -> None:
        batch: list[Placed] = []
        while self._results:
            batch.append(self._results.popleft())
        if not batch:
            return
        try:
            freed = record_all(results=batch, now=datetime.now(UTC))
        except Exception:
            # Kept and tried again, as after a restart of PostgreSQL; nothing is sent twice by recording twice.
            self._results.extendleft(reversed(batch))
            raise
        for account_id in freed:
            self.ring(account_id)

    # --- ending -----------------------------------------------------------------------------------------------------

    def later(self, seconds: float, ring: Callable[[], object]) -> None:
        """Ring a bell of others some seconds from now."""
        self._loop.call(self._loop.loop.call_later, seconds, ring)

    def ask(self, question: Coroutine[Any, Any, Answer], *, then: Callable[[Answer], object]) -> None:
        """Run a coroutine on the loop, and ``then`` with its answer in a database thread. Errors are logged."""

        def answered(future: Future[Answer]) -> None:
            if not self._stopping.is_set():
                self._pool.submit(self._then, future, then)

        self._loop.submit(question).add_done_callback(answered)

    @staticmethod
    def _then(future: Future[Answer], then: Callable[[Answer], object]) -> None:
        try:
            then(future.result())
        except Exception:
            log.exception("question failed")
            connections.close_all()

    @property
    def is_stopping(self) -> bool:
        """Whether the process is ending: long work is left for another one."""
        return self._stopping.is_set()

    @property
    def connections(self) -> Connections:
        """The open connections to providers."""
        return self._connections

    def stop(self) -> None:
        """Reserve nothing more, wait for the answers under way, record them, and end."""
        self._stopping.set()
        until = time.monotonic() + DRAIN_SECONDS
        while time.monotonic() < until and (self._in_flight or self._results or not self._recorder.is_idle):
            time.sleep(0.05)
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._loop.stop()


_engine: Engine | None = None
_engine_lock = threading.Lock()


def engine() -> Engine:
    """Return this process's engine; the first call makes it."""
    global _engine
    with _engine_lock:
        if _engine is None:
            _engine = Engine()
            _engine.start()
            answer_here(_engine.ring)
        return _engine


def running_engine() -> Engine | None:
    """Return this process's engine if it has one."""
    return _engine
