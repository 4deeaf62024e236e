"""Advisory locks that are held over several transactions, by one in the whole installation.

They are the session's, and fall with the connection of one who dies. Where a pooler lends sessions by transaction
(DATABASE_POOL_MODE), a process keeps one transaction open for as long as it holds any: so long its session is its own.
What is done under such a lock is also safe by a constraint, or looked for first: a connection may be lost unnoticed.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import Error, connection
from django.db.backends.base.base import BaseDatabaseWrapper

from dialer.advisory_locks import AdvisoryLock, let_go, try_hold
from dialer.database.lent import sessions_are_lent

#: Seconds between two looks at a lock that somebody holds.
LOOK_AGAIN_SECONDS = 0.05


class StillHeld(Exception):
    """Somebody else held the lock for as long as was waited."""


@contextmanager
def held(lock: AdvisoryLock, *, wait_seconds: float, which: int = 0) -> Iterator[None]:
    """Hold a lock while the block runs, over its transactions; raises StillHeld after ``wait_seconds``."""
    with held_if_free(lock, wait_seconds=wait_seconds, which=which) as is_mine:
        if not is_mine:
            raise StillHeld
        yield


@contextmanager
def held_if_free(lock: AdvisoryLock, *, wait_seconds: float, which: int = 0) -> Iterator[bool]:
    """Hold a lock while the block runs; gives False when somebody else had it for all of ``wait_seconds``."""
    is_mine = _wait(lock, which, wait_seconds)
    try:
        yield is_mine
    finally:
        if is_mine:
            _let_go(lock, which)


def _wait(lock: AdvisoryLock, which: int, wait_seconds: float) -> bool:
    until = time.monotonic() + wait_seconds
    while not _try(lock, which):
        if time.monotonic() >= until:
            return False
        time.sleep(LOOK_AGAIN_SECONDS)
    return True


def _try(lock: AdvisoryLock, which: int) -> bool:
    if sessions_are_lent():
        return _keeper.try_hold(lock, which)
    with connection.cursor() as cursor:
        return try_hold(cursor, lock, which=which)


def _let_go(lock: AdvisoryLock, which: int) -> None:
    if sessions_are_lent():
        _keeper.let_go(lock, which)
    elif not connection.needs_rollback:
        with connection.cursor() as cursor:
            let_go(cursor, lock, which=which)


class _Keeper:
    """The locks of this process, in one session that a transaction keeps for us while there are any. For any thread."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._mine: set[tuple[AdvisoryLock, int]] = set()
        self._session: BaseDatabaseWrapper | None = None

    def forget(self) -> None:
        """Drop what a forked child does not have."""
        self.__init__()  # type: ignore[misc]

    def try_hold(self, lock: AdvisoryLock, which: int) -> bool:
        """Return whether a lock is ours. A session may take one twice: here a thread has it, and no other."""
        with self._guard:
            if (lock, which) in self._mine:
                return False
            try:
                with self._own_session().cursor() as cursor:
                    is_mine = try_hold(cursor, lock, which=which)
            except Error:
                self._drop()
                raise
            if is_mine:
                self._mine.add((lock, which))
            self._give_back()
            return is_mine

    def let_go(self, lock: AdvisoryLock, which: int) -> None:
        """Release a lock; where the session was lost, it has fallen already."""
        with self._guard:
            self._mine.discard((lock, which))
            try:
                if self._session is not None:
                    with self._session.cursor() as cursor:
                        let_go(cursor, lock, which=which)
                self._give_back()
            except Error:
                self._drop()

    def _own_session(self) -> BaseDatabaseWrapper:
        if self._session is None:
            self._session = connection.copy()
            self._session.inc_thread_sharing()
            self._session.set_autocommit(False)
            with self._session.cursor() as cursor:
                cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        return self._session

    def _give_back(self) -> None:
        """End the transaction once nothing is held in it; its session is the next one's."""
        if self._session is not None and not self._mine:
            self._session.commit()
            self._drop()

    def _drop(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()


_keeper = _Keeper()
os.register_at_fork(after_in_child=_keeper.forget)
