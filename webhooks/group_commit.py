"""Pushes that arrive together are committed together: one statement, one commit, and each is answered after it.

While one commit is under way, those that arrive wait for the next, which takes them all: nobody waits on purpose, and
the busier it is, the more share a commit. One that cannot be stored fails alone.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field

from django.db import OperationalError, close_old_connections, connection

from dialer.sql import hot_cursor

#: Of one commit.
MOST_ROWS = 256
MOST_BYTES = 4 * 1024 * 1024
#: Commits under way at one time: one waits for the disk while the next is written.
WRITERS = 2

_STORE = """
INSERT INTO webhooks_providerevent (account_id, source, headers, body)
SELECT v.account_id, 'PUSH', v.headers::jsonb, v.body
  FROM unnest(%s::bigint[], %s::text[], %s::bytea[]) WITH ORDINALITY AS v (account_id, headers, body, place)
 ORDER BY v.place
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A push as it is stored; ``headers`` is JSON."""

    account_id: int
    headers: str
    body: bytes = field(repr=False)


#: Stores rows; returns for each what went wrong, None where it is committed.
Write = Callable[[Sequence[Row]], Sequence[Exception | None]]


def store_rows(rows: Sequence[Row]) -> list[Exception | None]:
    """Store pushes in one transaction; where that fails, each in its own. Return for each what went wrong, or None."""
    close_old_connections()
    try:
        return _stored(rows)
    finally:
        close_old_connections()


def _stored(rows: Sequence[Row]) -> list[Exception | None]:
    try:
        _insert_after_restart(rows)
    except OperationalError as error:
        return [error] * len(rows)
    except Exception as error:
        if len(rows) == 1:
            return [error]
        # One of them is the reason, and no reason to lose the others.
        return [outcome for row in rows for outcome in _stored([row])]
    return [None] * len(rows)


def _insert_after_restart(rows: Sequence[Row]) -> None:
    try:
        _insert(rows)
    except OperationalError:
        # The server was restarted since this thread's last push. Not every provider pushes again, so we store again:
        # should the first have arrived after all, an event that is there twice changes nothing.
        connection.close()
        _insert(rows)


def _insert(rows: Sequence[Row]) -> None:
    columns = [[row.account_id for row in rows], [row.headers for row in rows], [row.body for row in rows]]
    with hot_cursor() as cursor:
        cursor.execute(_STORE, columns)


class GroupCommit:
    """Stores what is given to it, together with what comes at the same time. For one event loop."""

    def __init__(self, *, executor: Executor, write: Write = store_rows) -> None:
        self._executor, self._write = executor, write
        self._waiting: deque[tuple[Row, asyncio.Future[None]]] = deque()
        self._writers: set[asyncio.Task[None]] = set()

    async def store(self, row: Row) -> None:
        """Store a push. When this returns it is committed. Raises what kept it from that."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._waiting.append((row, done))
        if len(self._writers) < WRITERS:
            writer = loop.create_task(self._run())
            self._writers.add(writer)
            writer.add_done_callback(self._writers.discard)
        await done

    async def _run(self) -> None:
        while self._waiting:
            taken = self._next()
            rows = [row for row, _ in taken]
            try:
                outcomes = await asyncio.get_running_loop().run_in_executor(self._executor, self._write, rows)
            except Exception as error:  # the pool is closed, or memory is gone: none is stored for certain
                outcomes = [error] * len(rows)
            for (_, done), outcome in zip(taken, outcomes, strict=True):
                _end(done, outcome)

    def _next(self) -> list[tuple[Row, asyncio.Future[None]]]:
        taken = [self._waiting.popleft()]
        size = len(taken[0][0].body)
        while self._waiting and len(taken) < MOST_ROWS and size + len(self._waiting[0][0].body) <= MOST_BYTES:
            taken.append(self._waiting.popleft())
            size += len(taken[-1][0].body)
        return taken


def _end(done: asyncio.Future[None], outcome: Exception | None) -> None:
    if done.done():  # nobody waits any more
        return
    if outcome is None:
        done.set_result(None)
    else:
        done.set_exception(outcome)
