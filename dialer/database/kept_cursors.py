"""Cursors that are kept for the statements that run for every call, one for each statement of a connection.

A cursor of psycopg asks anew how values are written and columns read whenever it is given another statement, and a new
cursor copies all that is known of types: two fifths of the processor time that a small statement takes in this process.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.types.datetime import TimestamptzLoader

from dialer.database.arrays import ArrayDumper
from dialer.database.placeholders import Numbered, Values, numbered

#: Ours are some ninety; what is made up as it is asked would add more and more.
MOST_KEPT = 200
#: A result of more rows is not held until the statement is asked again.
MOST_ROWS = 1_000
#: A statement, and whether it is asked with values: without them its per cent signs are only signs.
Asked = tuple[str, bool]


class KeptCursors:
    """The cursors of one connection, by statement."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self._kept: dict[Asked, tuple[Numbered, psycopg.RawCursor[Any]]] = {}

    def of(self, asked: Asked) -> tuple[Numbered, psycopg.RawCursor[Any]]:
        """Return the cursor of a statement, and the statement as that cursor had it before."""
        found = self._kept.get(asked)
        if found is None:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            cursor = psycopg.RawCursor(self.connection)
            cursor.adapters.register_dumper(list, ArrayDumper)
            # Django's own is written in Python and takes ten times as long. Sessions are in UTC, as it sets them.
            cursor.adapters.register_loader("timestamptz", TimestamptzLoader)
            statement, has_values = asked
            known = numbered(statement) if has_values else Numbered(text=statement, names=())
            found = self._kept[asked] = known, cursor
        return found

    def forget(self, asked: Asked) -> None:
        """Let go of a cursor, and of its last result."""
        self._kept.pop(asked, None)


class HotCursor:
    """Asks each statement by its kept cursor; as one of psycopg, as far as anybody asks.

    An answer is fetched before the same statement is asked again on this connection.
    """

    def __init__(self, kept: KeptCursors) -> None:
        self._kept = kept
        self._last: Asked = "", False
        self._cursor: psycopg.RawCursor[Any] | None = None

    def __enter__(self) -> HotCursor:
        return self

    def __exit__(self, *error: object) -> None:
        self._cursor = None

    def execute(self, statement: str, values: Values | None = None) -> HotCursor:
        """Ask PostgreSQL."""
        self._last = statement, values is not None
        known, self._cursor = self._kept.of(self._last)
        self._cursor.execute(known.text, None if values is None else known.ordered(values))
        return self

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""
        rows = self._asked.fetchall()
        if len(rows) > MOST_ROWS:
            self._kept.forget(self._last)
        return rows

    def fetchone(self) -> Any:
        """Return the next row, None where there is none."""
        return self._asked.fetchone()

    @property
    def rowcount(self) -> int:
        """How many rows the statement wrote or found."""
        return self._asked.rowcount

    @property
    def connection(self) -> psycopg.Connection[Any]:
        """The connection that it asks."""
        return self._kept.connection

    @property
    def _asked(self) -> psycopg.RawCursor[Any]:
        if self._cursor is None:
            raise psycopg.ProgrammingError("no statement was asked")
        return self._cursor
