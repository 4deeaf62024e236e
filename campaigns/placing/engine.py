"""The engine of a worker process: hears bells, gives each account its turns, places many calls at once, and records.

Bells may be lost, doubled or late: they change latency and nothing else. Everything is read from PostgreSQL, and each
engine rings its own bells once a second, so that it goes on without beat and while Redis is away.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import structlog
from django.conf import settings
from django.db import connections

from campaigns.doorbells import answer_here
from campaigns.placing.chores import Chores
from campaigns.placing.clock import ClockWatch, utc_now
from campaigns.placing.loop import PlacingLoop
from campaigns.placing.turns import take_turn
from dialer.channels import Connections
from dialer.looping import Coalescer, LoopThread
from dialer.metrics.process import TURN_SECONDS

Answer = TypeVar("Answer")

log = structlog.get_logger(__name__)

#: Threads that speak with PostgreSQL: for turns, recording and the inbox; and for chores. Where nothing runs the first
#: ones sleep, and each session is some megabytes of PostgreSQL's.
DATABASE_THREADS, CHORE_THREADS = 6, 2
#: On stopping, in-flight requests are given this long to be answered.
DRAIN_SECONDS = 25.0


class Engine:
    """One per worker process; see ``engine()``."""

    def __init__(self, *, clock: ClockWatch | None = None) -> None:
        self.clock = clock or ClockWatch()
        self._loop = LoopThread(name="placing")
        self._pool = ThreadPoolExecutor(DATABASE_THREADS, thread_name_prefix="database")
        self._chore_pool = ThreadPoolExecutor(CHORE_THREADS, thread_name_prefix="chores")
        self._stopping = threading.Event()
        self._chores = Chores(stopping=self._stopping, pool=self._chore_pool)
        self._placing = PlacingLoop(loop=self._loop, pool=self._pool, ring=self.ring, clock=self.clock)
        self._connections = Connections()
        self._pacers: dict[int, Coalescer] = {}
        self._lock = threading.Lock()  # guards _pacers

    @property
    def connections(self) -> Connections:
        """The open connections to providers."""
        return self._connections

    @property
    def is_stopping(self) -> bool:
        """Whether the process is ending: long work is left for another one."""
        return self._stopping.is_set()

    def start(self) -> None:
        """Begin to ring the own bells, and answer those of this process."""
        self._chores.start()
        answer_here(self.ring)

    def ring(self, account_id: int) -> None:
        """Ask for a turn of one account's pacing. Returns at once."""
        if self._stopping.is_set():
            return
        with self._lock:
            pacer = self._pacers.get(account_id)
            if pacer is None:
                work = partial(self._turn, account_id)
                pacer = self._pacers[account_id] = self.coalescer(name=f"pace {account_id}", work=work)
        pacer.ring()

    def _turn(self, account_id: int) -> None:
        if self._stopping.is_set():
            return
        with TURN_SECONDS.time():
            again_seconds = take_turn(
                account_id=account_id, placing=self._placing, connections=self._connections, clock=self.clock
            )
        if again_seconds:
            self.later(again_seconds, partial(self.ring, account_id))
        elif again_seconds is not None:
            self.ring(account_id)

    def coalescer(self, *, name: str, work: Callable[[], object], waited_for: bool = True) -> Coalescer:
        """Return work of others that runs on this engine's threads whenever it is rung.

        Not ``waited_for``: a chore, which takes no thread from those that a call waits for.
        """
        return Coalescer(name=name, work=work, pool=self._pool if waited_for else self._chore_pool)

    def every_second(self, chore: Coalescer, *, sign: str | None = None, by_sign_alone: bool = False) -> None:
        """Ring ``chore`` about once a second, bells or no bells, where ``sign``, a SELECT, finds a row.

        Now and then without it as well, unless it is ``by_sign_alone``: see ``Chores``.
        """
        self._chores.add(chore, sign=sign, by_sign_alone=by_sign_alone)

    def ring_chores(self) -> None:
        """Ring all that is done by looking at the database."""
        self._chores.ring()

    def later(self, seconds: float, ring: Callable[[], object]) -> None:
        """Ring a bell some seconds from now."""
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
    def _is_idle(self) -> bool:
        """Whether no turn is under way, which may begin requests yet, and then: no request, and no result."""
        with self._lock:
            pacers = list(self._pacers.values())
        return all(pacer.is_idle for pacer in pacers) and self._placing.is_idle

    def stop(self) -> None:
        """Reserve nothing more, wait for the turns and the answers under way, record them, and end."""
        self._stopping.set()
        until = time.monotonic() + DRAIN_SECONDS
        while time.monotonic() < until and not self._is_idle:
            time.sleep(0.05)
        for pool in (self._chore_pool, self._pool):
            pool.shutdown(wait=True, cancel_futures=True)
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
        return _engine


def running_engine() -> Engine | None:
    """Return this process's engine if it has one."""
    return _engine


def best_now() -> datetime:
    """Return the instant; in a worker whose clock is wrong, by PostgreSQL's. See ``campaigns.placing.clock``."""
    running = running_engine()
    return running.clock.best_now() if running is not None else utc_now()


def places_calls(consumer: Any) -> bool:
    """Return whether a worker, given as its Celery consumer, listens for the bells of pacing: others have no engine."""
    return settings.CELERY_TASK_DEFAULT_QUEUE in consumer.app.amqp.queues.consume_from
