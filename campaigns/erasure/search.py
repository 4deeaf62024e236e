"""Looks for a number in every column that can hold one, and erases it where people and programs write freely."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connection, transaction

from campaigns.erasure.person import Person

#: Where a person can be named in passing. What is found elsewhere is told and left: it is somebody's configuration.
WRITTEN_FREELY = frozenset(
    {
        "campaigns_callback", "campaigns_callnote", "campaigns_campaignnotice", "campaigns_contact",
        "campaigns_contactimport", "campaigns_hostedbatch", "campaigns_hosteddialer", "campaigns_importrefusal",
        "campaigns_jobrun", "campaigns_lead", "campaigns_attempt", "campaigns_possibleoptout", "campaigns_preflightrun",
        "campaigns_skip", "dialer_auditentry", "django_admin_log",
    }
)  # fmt: skip
#: Where the number stays, and why.
KEPT = {
    "campaigns_suppressednumber": "so that nobody calls",
    "campaigns_numberexception": "lets numbers be uploaded that are newer than our data",
    "dialer_did": "a number of your own",
    "dialer_agent": "a person of your own",
}
ERASED = "erased"

_COLUMNS = """
SELECT c.table_name, c.column_name, c.data_type
  FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
 WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' AND c.is_generated = 'NEVER'
   AND c.data_type IN ('character varying', 'text', 'jsonb', 'json', 'bytea')
 ORDER BY 1, 2
"""
#: How each kind of column is read as a text in which ASCII stays as it is.
_AS_TEXT = {"bytea": "encode({}, 'escape')", "jsonb": "{}::text", "json": "{}::text"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column that can hold a number."""

    table: str
    name: str
    kind: str

    @property
    def as_text(self) -> str:
        """SQL of its value as a text."""
        return _AS_TEXT.get(self.kind, "{}").format(f'"{self.name}"')


def columns() -> list[Column]:
    """Return every column of every table that can hold a number."""
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS)
        return [Column(table=row[0], name=row[1], kind=row[2]) for row in cursor.fetchall()]


def by_table(found: list[Column]) -> Iterator[tuple[str, list[Column]]]:
    """Give the tables with their columns."""
    tables: dict[str, list[Column]] = {}
    for column in found:
        tables.setdefault(column.table, []).append(column)
    yield from tables.items()


def search(*, pattern: str, told: Callable[[str, int, int], None] = lambda step, done, total: None) -> dict[str, int]:
    """Return how many rows hold what ``pattern`` means, by column. Reads every table whole."""
    found: dict[str, int] = {}
    tables = list(by_table(columns()))
    for n, (table, its) in enumerate(tables):
        told(f"Looking through {table}", n, len(tables))
        counts = ", ".join(f"count(*) FILTER (WHERE {column.as_text} ~ %s)" for column in its)
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT {counts} FROM "{table}"', [pattern] * len(its))  # noqa: S608
            row = cursor.fetchone()
        found |= {f"{table}.{column.name}": count for column, count in zip(its, row, strict=True) if count}
    told("Looking", len(tables), len(tables))
    return found


def erase_mentions(person: Person) -> dict[str, int]:
    """Erase the number where people and programs write freely; return how many rows by table."""
    found: dict[str, int] = {}
    for column in columns():
        if column.table in WRITTEN_FREELY and column.kind != "bytea":
            erase = _in_json if column.kind in ("json", "jsonb") else _in_text
            with transaction.atomic(), connection.cursor() as cursor:
                count = erase(cursor, column, person.pattern)
            if count:
                found[column.table] = found.get(column.table, 0) + count
    return found


def _in_text(cursor: Any, column: Column, pattern: str) -> int:
    cursor.execute(
        f"""UPDATE "{column.table}" SET "{column.name}" = regexp_replace("{column.name}", %s, '{ERASED}', 'g')
             WHERE "{column.name}" ~ %s""",  # noqa: S608
        [pattern, pattern],
    )
    return int(cursor.rowcount)


def _in_json(cursor: Any, column: Column, pattern: str) -> int:
    cursor.execute(
        f'SELECT id, {column.as_text} FROM "{column.table}" WHERE {column.as_text} ~ %s FOR NO KEY UPDATE',  # noqa: S608
        [pattern],
    )
    rows = cursor.fetchall()
    for row_id, text in rows:
        clean = orjson.dumps(without(orjson.loads(text), re.compile(pattern))).decode()
        cursor.execute(
            f'UPDATE "{column.table}" SET "{column.name}" = %s::jsonb WHERE id = %s',  # noqa: S608
            [clean, row_id],
        )
    return len(rows)


def without(value: Any, pattern: re.Pattern[str]) -> Any:
    """Return a JSON value without what ``pattern`` means in its texts, numbers and names."""
    if isinstance(value, Mapping):
        return {pattern.sub(ERASED, name): without(one, pattern) for name, one in value.items()}
    if isinstance(value, list):
        return [without(one, pattern) for one in value]
    if isinstance(value, str):
        return pattern.sub(ERASED, value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return ERASED if pattern.search(str(value)) else value
    return value
