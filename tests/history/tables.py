"""Rows by the thousand: what is inserted into the tables that grow, and which those are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import connection

#: Tables of which a year of calls makes more and more rows: nothing that runs by the clock may go through one.
GROWING = (
    "axes_accesslog",
    "campaigns_attempt",
    "campaigns_callback",
    "campaigns_callnote",
    "campaigns_campaignnotice",
    "campaigns_campaignrun",
    "campaigns_contact",
    "campaigns_contactimport",
    "campaigns_feedentry",
    "campaigns_hostedbatch",
    "campaigns_hostednumber",
    "campaigns_hostedswitch",
    "campaigns_importrefusal",
    "campaigns_jobrun",
    "campaigns_keptcount",
    "campaigns_lead",
    "campaigns_limitspan",
    "campaigns_optout",
    "campaigns_possibleoptout",
    "campaigns_skip",
    "campaigns_suppressednumber",
    "dialer_auditentry",
    "dialer_keptanswer",
    "django_session",
    "webhooks_delivery",
    "webhooks_providerevent",
)
EMPTY = {
    "bigint": "0",
    "boolean": "false",
    "bytea": "''::bytea",
    "character varying": "''",
    "double precision": "0",
    "integer": "0",
    "jsonb": "'{}'::jsonb",
    "smallint": "0",
    "text": "''",
    "timestamp with time zone": "at",
    "uuid": "gen_random_uuid()",
}


@contextmanager
def without_indexes(cursor: Any) -> Iterator[None]:
    """Have the indexes that no constraint needs made anew after a block: quicker than to fill them row by row."""
    cursor.execute(
        """SELECT c.relname, pg_get_indexdef(c.oid)
             FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
            WHERE t.relname = ANY(%s) AND NOT i.indisunique""",
        [list(GROWING)],
    )
    found = cursor.fetchall()
    for name, _ in found:
        cursor.execute(f'DROP INDEX "{name}"')
    try:
        yield
    finally:
        for _, definition in found:
            cursor.execute(definition)
    _have_used(cursor)


def _have_used(cursor: Any) -> None:
    """Build again what PostgreSQL would leave alone while a transaction that is older is open, in any database.

    It notes so (indcheckxmin) of an index that is made where rows had been written within their pages and their former
    selves are still there; a test beside that uploads for seconds is old enough. None is that is built concurrently.
    """
    if connection.in_atomic_block:
        return  # where it cannot be
    cursor.execute(
        """SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
            WHERE i.indcheckxmin AND t.relname = ANY(%s)""",
        [list(GROWING)],
    )
    for (name,) in cursor.fetchall():
        cursor.execute(f"REINDEX INDEX CONCURRENTLY {name}")


def insert(cursor: Any, table: str, rows: int, **columns: str) -> None:
    """Insert rows numbered by ``n`` from 1, each of the campaign ``p`` of its turn, at the instant ``at``.

    ``columns``: SQL by column. What must have a value and has none here gets the empty value of its kind.
    """
    cursor.execute(
        """SELECT column_name, data_type FROM information_schema.columns
            WHERE table_schema = 'public' AND table_name = %s AND is_nullable = 'NO'
              AND column_default IS NULL AND is_identity = 'NO'""",
        [table],
    )
    empty = {name: EMPTY[kind] for name, kind in cursor.fetchall()}
    values: Mapping[str, str] = {**empty, **columns}
    cursor.execute(
        f"""INSERT INTO {table} ({", ".join(f'"{name}"' for name in values)})
            SELECT {", ".join(values.values())}
              FROM (SELECT n, now() - interval '1 hour' - interval '365 days' * (1 - n / {max(rows, 1)}.0) AS at
                      FROM generate_series(1, {rows}) n) s
              JOIN past p ON p.turn = s.n % (SELECT count(*) FROM past)
             ORDER BY s.n"""
    )


def highest(cursor: Any, table: str) -> int:
    """Return the highest id of a table; 0 while it is empty."""
    cursor.execute(f"SELECT COALESCE(max(id), 0) FROM {table}")
    return int(cursor.fetchone()[0])
