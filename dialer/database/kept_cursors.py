"""Cursors that are kept for the statements that run for every call, one for each statement of a connection.

A cursor of psycopg asks anew how values are written and columns read whenever it is given another statement, and a new
cursor copies all that is known of types: two fifths of the processor time that a small statement takes in this process.
"""

from __future__ import annotations

from typing import Any

import psycopg

from dialer.database.arrays import ArrayDumper

#: Ours are some ninety; what is made up as it is asked would add more and more.
MOST_KEPT = 200
#: A result of more rows is not held until the statement is asked again.
MOST_ROWS = 1_000


class KeptCursors:
    """The cursors of one connection, by statement."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self._kept: dict[Any, tuple[Any, psycopg.Cursor[Any]]] = {}

    def of(self, statement: Any) -> tuple[Any, psycopg.Cursor[Any]]:
        """Return the cursor of a statement, and the statement itself as that cursor had it before."""
        found = self._kept.get(statement)
        if found is None:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            cursor = psycopg.Cursor(self.connection)
            cursor.adapters.register_dumper(list, ArrayDumper)
            found = self._kept[statement] = statement, cursor
        return found

    def forget(self, statement: Any) -> None:
        """Let go of a cursor, and of its last result."""
        self._kept.pop(statement, None)


class HotCursor:
    """Asks each statement by its kept cursor; as one of psycopg, as far as anybody asks.

    An answer is fetched before the same statement is asked again on this connection.
    """

    def __init__(self, kept: KeptCursors) -> None:
        self._kept = kept
        self._statement: Any = None
        self._cursor: psycopg.Cursor[Any] | None = None

    def __enter__(self) -> HotCursor:
        return self

    def __exit__(self, *error: object) -> None:
        self._cursor = None

    def execute(self, statement: Any, values: Any = None) -> HotCursor:
        """Ask PostgreSQL."""
        self._statement, self._cursor = self._kept.of(statement)
        self._cursor.execute(self._statement, values)
        return self

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""
        rows = self._asked.fetchall()
        if len(rows) > MOST_ROWS:
            self._kept.forget(self._statement)
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
    def _asked(self) -> psycopg.Cursor[Any]:
        if self._cursor is None:
            raise psycopg.ProgrammingError("no statement was asked")
        return self._cursor
