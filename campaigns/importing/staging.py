"""The staging table of an upload, whose rows become contacts: the database leaves out what the list has already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple

from django.db.backends.utils import CursorWrapper

from campaigns.models import ContactImport, IfDuplicate


def of_list(number: str) -> str:
    """Return the SQL that ``contact`` is that of a number (an expression) in the list ``%(list)s``.

    The list is asked for within the key of both and nowhere else. Where PostgreSQL takes the table for empty, as after
    an upload that was killed, the index of a whole list looks as good to it, and would be read once for each number.
    """
    key = f"({number}, %(list)s)"
    return f"""contact.number = {number} AND (contact.number, contact.contact_list_id) >= {key}
            AND (contact.number, contact.contact_list_id) <= {key}"""


_STAGING = """
CREATE TEMP TABLE import_staging (
    row_number int, number text, name text, external_reference text, time_zone text, variables jsonb,
    further_numbers jsonb
) ON COMMIT DROP
"""
_COPY = """
COPY import_staging (row_number, number, name, external_reference, time_zone, variables, further_numbers) FROM STDIN
"""
#: The numbers that a dry run has seen, which has no contacts of its own.
_TRIED = "CREATE TEMP TABLE import_tried (number text PRIMARY KEY) ON COMMIT DROP"
# Whose a number is that was there is asked in the same statement, which sees nothing of what it adds itself.
_ADD = f"""
WITH added AS (
    INSERT INTO campaigns_contact
        (contact_list_id, contact_import_id, number, name, external_reference, time_zone, variables, further_numbers)
    SELECT %(list)s, %(import)s, number, coalesce(name, ''), coalesce(external_reference, ''), coalesce(time_zone, ''),
           variables, coalesce(further_numbers, '[]')
    FROM import_staging ORDER BY row_number
    ON CONFLICT (contact_list_id, number) DO NOTHING RETURNING number
)
SELECT row_number, number,
       coalesce((SELECT contact.contact_import_id = %(import)s FROM campaigns_contact contact
                 WHERE {of_list("staged.number")}), false)
FROM import_staging staged WHERE NOT EXISTS (SELECT FROM added WHERE added.number = staged.number)
"""  # noqa: S608
_TRY = f"""
WITH added AS (
    INSERT INTO import_tried SELECT number FROM import_staging staged
    WHERE NOT EXISTS (SELECT FROM campaigns_contact contact
                      WHERE {of_list("staged.number")})
    ON CONFLICT DO NOTHING RETURNING number
)
SELECT row_number, number,
       coalesce((SELECT true FROM import_tried tried WHERE tried.number = staged.number), false)
FROM import_staging staged WHERE NOT EXISTS (SELECT FROM added WHERE added.number = staged.number)
"""  # noqa: S608
_EMPTY = "TRUNCATE import_staging"
# What the row has no value for is kept: a blank cell erases nothing.
_UPDATED = """
    variables = contact.variables || coalesce((SELECT jsonb_object_agg(key, value) FROM jsonb_each(staged.variables)
                                                WHERE value NOT IN ('""', 'null')), '{}'),
    name = coalesce(nullif(staged.name, ''), contact.name),
    external_reference = coalesce(nullif(staged.external_reference, ''), contact.external_reference),
    time_zone = coalesce(nullif(staged.time_zone, ''), contact.time_zone),
    further_numbers = coalesce(nullif(staged.further_numbers, '[]'), contact.further_numbers)
"""
_REPLACED = """
    variables = staged.variables, name = coalesce(staged.name, ''),
    external_reference = coalesce(staged.external_reference, ''), time_zone = coalesce(staged.time_zone, ''),
    further_numbers = coalesce(staged.further_numbers, '[]')
"""
# A number that this very import has written is left alone: it is a duplicate inside the file, where the first row wins.
_UPDATE = """
UPDATE campaigns_contact contact SET contact_import_id = %(import)s, {sets}
FROM import_staging staged
WHERE contact.contact_list_id = %(list)s AND contact.number = ANY(%(numbers)s) AND staged.number = contact.number
  AND contact.contact_import_id IS DISTINCT FROM %(import)s
RETURNING contact.number
"""
_UPDATES = {IfDuplicate.UPDATE: _UPDATE.format(sets=_UPDATED), IfDuplicate.REPLACE: _UPDATE.format(sets=_REPLACED)}
_TRY_UPDATE = """
INSERT INTO import_tried SELECT contact.number FROM campaigns_contact contact
WHERE contact.contact_list_id = %(list)s AND contact.number = ANY(%(numbers)s)
ON CONFLICT DO NOTHING RETURNING number
"""
IN_FILE = ("DUPLICATE_IN_FILE", "The number is in this file already; the first row with it was taken.")
IN_LIST = ("DUPLICATE_IN_LIST", "The list has this number already.")


@contextmanager
def copying(cursor: CursorWrapper, statement: str) -> Iterator[Any]:
    """Give a COPY from us, whose errors are Django's as those of all other statements are."""
    with cursor.db.wrap_database_errors, cursor.copy(statement) as copy:
        yield copy


class Settled(NamedTuple):
    """What became of the staged rows: why each of those that became no contact did not, and how many were updated."""

    already: Mapping[int, tuple[str, str]]
    updated: int


NOTHING = Settled({}, 0)


class Staging:
    """Rows on their way to contacts, a chunk at a time, inside the caller's transaction."""

    def __init__(self, cursor: CursorWrapper, contact_import: ContactImport) -> None:
        self._cursor = cursor
        self._is_dry_run = contact_import.is_dry_run
        self._update = _UPDATES.get(IfDuplicate(contact_import.if_duplicate))
        self._ids = {"list": contact_import.contact_list_id, "import": contact_import.pk}

    def open(self) -> None:
        """Make the table."""
        self._cursor.execute("DROP TABLE IF EXISTS pg_temp.import_staging, pg_temp.import_tried")
        self._cursor.execute(_STAGING)
        if self._is_dry_run:
            self._cursor.execute(_TRIED)

    def copied(self) -> AbstractContextManager[Any]:
        """Give the COPY that takes a chunk's rows: row number, number, name, reference, zone, variables, others."""
        return copying(self._cursor, _COPY)

    def settle(self) -> Settled:
        """Make contacts of what was copied, and empty the table."""
        self._cursor.execute((_TRY if self._is_dry_run else _ADD) + ("" if self._update else f"; {_EMPTY}"), self._ids)
        found = self._cursor.fetchall()
        updated = self._updated([number for _, number, _ in found])
        already = {row: IN_FILE if is_ours else IN_LIST for row, number, is_ours in found if number not in updated}
        return Settled(already, len(updated))

    def _updated(self, numbers: list[str]) -> set[str]:
        """Update those of these numbers that are to be; return them."""
        updated: set[str] = set()
        if self._update and numbers:
            self._cursor.execute(_TRY_UPDATE if self._is_dry_run else self._update, {**self._ids, "numbers": numbers})
            updated = {number for (number,) in self._cursor.fetchall()}
        if self._update:
            self._cursor.execute(_EMPTY)
        return updated
