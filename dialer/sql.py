"""A cursor for the statements that run for every call: bound and prepared by the server, on Django's connection.

Django binds values into the text of a statement, so the server has to plan it each time; here it plans a few times
and then keeps the plan, where the session stays ours (DATABASE_POOL_MODE). The cursor belongs to Django's connection,
so ``transaction.atomic`` holds for it as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import psycopg
from django.db import connection, transaction


class Cursor(Protocol):
    """What a hot cursor does: of psycopg's as much as anybody asks."""

    @property
    def rowcount(self) -> int:
        """How many rows the statement wrote or found."""

    @property
    def connection(self) -> psycopg.Connection[Any]:
        """The connection that it asks."""

    def execute(self, statement: Any, values: Any = None, /) -> Any:
        """Ask PostgreSQL."""

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""

    def fetchone(self) -> Any:
        """Return the next row, None where there is none."""


def ran_out_of_time(error: Exception) -> bool:
    """Return whether PostgreSQL gave a statement up because it took longer than `statement_timeout`."""
    return isinstance(error.__cause__, psycopg.errors.QueryCanceled) or isinstance(error, psycopg.errors.QueryCanceled)


@contextmanager
def hot_cursor() -> Iterator[Cursor]:
    """Give a cursor whose statements are prepared. Errors are Django's, which notes that a connection is lost.

    An answer is fetched before the same statement is asked again.
    """
    connection.ensure_connection()
    backend: Any = connection
    # Without the wrapper Django believes in a connection that a restarted server has cut off, and never opens another.
    with connection.wrap_database_errors, backend.bound_cursor() as cursor:
        yield cursor


# Of a campaign that has just grown PostgreSQL knows nothing yet: it takes its leads for one, and would gather and
# sort all of them each time. The index that has them in their order is the only way without a sort. (JIT: before
# PostgreSQL 18, a plan with a sort that is off counts as one that is dear enough to be compiled.)
_WITHOUT_SORTING = {"enable_sort": "off", "jit": "off"}


def read_in_order(cursor: Cursor) -> None:
    """Have what follows in this transaction go along the indexes, whatever the statistics say."""
    calls = ", ".join(["set_config(%s, %s, true)"] * len(_WITHOUT_SORTING))
    cursor.execute(f"SELECT {calls}", [part for pair in _WITHOUT_SORTING.items() for part in pair])


@contextmanager
def reading_in_order() -> Iterator[None]:
    """Have the statements of a block go along the indexes, whatever the statistics say, in one transaction."""
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        read_in_order(cursor)
        yield
        # Whoever reads on in the same transaction sorts again.
        cursor.execute("; ".join(f"SET LOCAL {name} TO DEFAULT" for name in _WITHOUT_SORTING))


def rows_in_order(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return the rows of one statement that goes along the indexes, whatever the statistics say.

    What says so is sent with it and holds no longer than it does; inside a transaction, until that is over.
    """
    settings = "; ".join(f"SET LOCAL {name} = {value}" for name, value in _WITHOUT_SORTING.items())
    with connection.cursor() as cursor:
        cursor.execute(f"{settings}; {statement}", values)
        while cursor.nextset():
            pass
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
