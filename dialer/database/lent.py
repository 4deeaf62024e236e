"""Sessions that are lent by the transaction (PgBouncer with ``pool_mode=transaction``): nothing may be left in them.

What a process sets in a session there is another's a moment later. So limits that hold for all are defaults of the
role, the limit of one process's statements is set with each of its transactions, and nothing is prepared.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from psycopg import sql

from dialer.database.placeholders import Values, numbered

Row = TypeVar("Row")

_OF_ROLE = """
SELECT unnest(kept.setconfig)
  FROM pg_db_role_setting kept
  JOIN pg_roles r ON r.oid = kept.setrole AND r.rolname = current_user
  JOIN pg_database d ON d.oid = kept.setdatabase AND d.datname = current_database()
"""


def sessions_are_lent() -> bool:
    """Return whether each transaction may have another session (DATABASE_POOL_MODE)."""
    return bool(settings.DATABASE_POOL_MODE == "transaction")


def missing_defaults() -> dict[str, str]:
    """Return what of DIALER_SESSION our role does not have as its default in this database."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_ROLE)
        kept = {row[0] for row in cursor.fetchall()}
    return {name: value for name, value in settings.DIALER_SESSION.items() if f"{name}={value}" not in kept}


def keep_defaults() -> None:
    """Make DIALER_SESSION the defaults of our role, which may do that, in this database alone."""
    missing = missing_defaults()
    with connection.cursor() as cursor:
        # A pooler may call the database by another name.
        cursor.execute("SELECT current_database()")
        (database,) = cursor.fetchone()
        for name, value in missing.items():
            statement = sql.SQL("ALTER ROLE CURRENT_USER IN DATABASE {} SET {} = {}").format(
                sql.Identifier(database), sql.Identifier(name), sql.Literal(value)
            )
            cursor.execute(statement)


@contextmanager
def statements_within(*, seconds: int) -> Iterator[None]:
    """Let each statement of the block take so long and no longer, whatever holds for this process otherwise."""
    backend: Any = connection
    if sessions_are_lent():
        before, backend.statement_seconds = backend.statement_seconds, seconds
        try:
            yield
        finally:
            backend.statement_seconds = before
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, false)", [f"{seconds}s"])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET statement_timeout")


def read_in_pieces(rows: QuerySet[Any, Row], *, size: int) -> Iterator[Row]:
    """Give the rows in their order without having all of them in memory: so many at a time.

    A cursor of the server is a session's. Where sessions are lent, and no transaction keeps ours, the ids are read
    first, and then the rows by them: those that are gone by then are left out.
    """
    if not sessions_are_lent() or connection.in_atomic_block:
        yield from rows.iterator(chunk_size=size)
        return
    ids = list(rows.values_list("pk", flat=True))
    for first in range(0, len(ids), size):
        yield from rows.filter(pk__in=ids[first : first + size])


class LimitedCursor(psycopg.RawCursor[Any]):
    """A cursor whose statements each have a transaction, and so the limit that is set with it."""

    def execute(self, query: Any, params: Values | None = None, **named: Any) -> LimitedCursor:
        """Ask PostgreSQL; what it answers is here when the transaction has ended."""
        if params is not None:
            known = numbered(query)
            query, params = known.text, known.ordered(params)
        if connection.in_atomic_block:
            return super().execute(query, params, **named)
        with transaction.atomic():
            return super().execute(query, params, **named)
