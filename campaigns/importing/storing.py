"""Writes judged rows: copied to a staging table in chunks, and the database leaves out what the list has already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.db.backends.utils import CursorWrapper

from campaigns.models import ContactImport, IfDuplicate
from campaigns.rows.checking import Candidate, Refused, as_uploaded
from campaigns.rows.problems import ImportProblem

_STAGING = """
CREATE TEMP TABLE import_staging (
    row_number int, number text COLLATE "C", name text, external_reference text, time_zone text, variables jsonb,
    further_numbers jsonb
) ON COMMIT DROP
"""
_COPY = """
COPY import_staging (row_number, number, name, external_reference, time_zone, variables, further_numbers) FROM STDIN
"""
#: The numbers that a dry run has seen, which has no contacts of its own.
_TRIED = 'CREATE TEMP TABLE import_tried (number text COLLATE "C" PRIMARY KEY) ON COMMIT DROP'
_ADD = """
WITH added AS (
    INSERT INTO campaigns_contact
        (contact_list_id, contact_import_id, number, name, external_reference, time_zone, variables, further_numbers)
    SELECT %(list)s, %(import)s, number, coalesce(name, ''), coalesce(external_reference, ''), coalesce(time_zone, ''),
           variables, coalesce(further_numbers, '[]')
    FROM import_staging ORDER BY row_number
    ON CONFLICT (contact_list_id, number) DO NOTHING RETURNING number
)
SELECT number FROM import_staging WHERE NOT EXISTS (SELECT FROM added WHERE added.number = import_staging.number)
"""
_TRY = """
WITH added AS (
    INSERT INTO import_tried SELECT number FROM import_staging staged
    WHERE NOT EXISTS (SELECT FROM campaigns_contact contact
                      WHERE contact.contact_list_id = %(list)s AND contact.number = staged.number)
    ON CONFLICT DO NOTHING RETURNING number
)
SELECT number FROM import_staging WHERE NOT EXISTS (SELECT FROM added WHERE added.number = import_staging.number)
"""
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
_WHOSE = """
SELECT number, contact_import_id IS NOT DISTINCT FROM %s FROM campaigns_contact
WHERE contact_list_id = %s AND number = ANY(%s)
"""
_WHOSE_TRIED = """
SELECT asked.number, tried.number IS NOT NULL FROM unnest(%s::text[]) AS asked(number) LEFT JOIN import_tried tried
    ON tried.number = asked.number
"""
_COPY_REFUSALS = """
COPY campaigns_importrefusal (contact_import_id, row_number, field, code, message, "row") FROM STDIN
"""
IN_FILE = ("DUPLICATE_IN_FILE", "The number is in this file already; the first row with it was taken.")
IN_LIST = ("DUPLICATE_IN_LIST", "The list has this number already.")


@dataclass(slots=True)
class Sums:
    """What became of the rows: total = accepted + duplicate + refused. ``updated`` are among the accepted."""

    total: int = 0
    accepted: int = 0
    updated: int = 0
    duplicate: int = 0
    refused: int = 0


@dataclass(slots=True)
class Store:
    """Writes one import, chunk by chunk, inside the caller's transaction."""

    cursor: CursorWrapper
    contact_import: ContactImport
    sums: Sums = field(default_factory=Sums)
    #: Further numbers that are none.
    unread: int = 0

    def open(self) -> None:
        """Make the staging table."""
        self.cursor.execute("DROP TABLE IF EXISTS pg_temp.import_staging, pg_temp.import_tried")
        self.cursor.execute(_STAGING)
        if self.contact_import.is_dry_run:
            self.cursor.execute(_TRIED)

    def add(self, rows: Sequence[Candidate | Refused]) -> None:
        """Write a chunk: contacts, and a refusal for each row that became none.

        Raises ImportProblem for a number that is there already, where that refuses the file.
        """
        refused: list[Refused] = []
        candidates: dict[str, Candidate] = {}
        duplicate = 0
        for row in rows:
            if isinstance(row, Refused):
                refused.append(row)
            elif row.number in candidates:
                duplicate += 1
                refused.append(_duplicate(row, IN_FILE, candidates[row.number].row_number))
            else:
                candidates[row.number] = row
                self.unread += row.unread
        already, updated = self._add_contacts(candidates)
        self.sums.total += len(rows)
        self.sums.accepted += len(candidates) - len(already)
        self.sums.updated += updated
        self.sums.duplicate += duplicate + len(already)
        self.sums.refused += len(refused) - duplicate
        refused = sorted(refused + already, key=lambda row: row.row_number)
        if (duplicate or already) and self.contact_import.if_duplicate == IfDuplicate.ERROR:
            self._refuse_file(refused)
        self._add_refusals(refused)

    def _refuse_file(self, refused: Iterable[Refused]) -> None:
        first = next(row for row in refused if row.code in (IN_FILE[0], IN_LIST[0]))
        raise ImportProblem(f"Row {first.row_number}, {first.field}: {first.message} Nothing was imported.")

    def _add_contacts(self, candidates: Mapping[str, Candidate]) -> tuple[list[Refused], int]:
        """Insert what the list lacks; return the others as refused, and how many contacts were updated."""
        if not candidates:
            return [], 0
        with self.cursor.copy(_COPY) as copy:
            for candidate in candidates.values():
                copy.write_row(candidate[:7])
        ids = {"list": self.contact_import.contact_list_id, "import": self.contact_import.pk}
        self.cursor.execute(_TRY if self.contact_import.is_dry_run else _ADD, ids)
        already = [number for (number,) in self.cursor.fetchall()]
        updated = self._update(ids, already)
        self.cursor.execute("TRUNCATE import_staging")
        left = [number for number in already if number not in updated]
        if not left:
            return [], len(updated)
        if self.contact_import.is_dry_run:
            self.cursor.execute(_WHOSE_TRIED, [left])
        else:
            self.cursor.execute(_WHOSE, [ids["import"], ids["list"], left])
        is_ours = dict(self.cursor.fetchall())
        refused = [_duplicate(candidates[number], IN_FILE if is_ours[number] else IN_LIST) for number in left]
        return refused, len(updated)

    def _update(self, ids: Mapping[str, int], numbers: list[str]) -> set[str]:
        statement = _UPDATES.get(IfDuplicate(self.contact_import.if_duplicate))
        if statement is None or not numbers:
            return set()
        statement = _TRY_UPDATE if self.contact_import.is_dry_run else statement
        self.cursor.execute(statement, {**ids, "numbers": numbers})
        return {number for (number,) in self.cursor.fetchall()}

    def _add_refusals(self, refused: Iterable[Refused]) -> None:
        with self.cursor.copy(_COPY_REFUSALS) as copy:
            for row in refused:
                uploaded = orjson.dumps(row.row, default=str).decode()
                values = (row.row_number, row.field[:100], row.code, row.message[:300], uploaded)
                copy.write_row((self.contact_import.pk, *values))


def _duplicate(candidate: Candidate, reason: tuple[str, str], first_row: int | None = None) -> Refused:
    code, message = reason
    if first_row is not None:
        message = f"The number is in row {first_row} of this file already; that row was taken."
    layout = candidate.layout
    row: dict[str, Any] = as_uploaded(layout, candidate.cells)
    return Refused(candidate.row_number, layout.columns[layout.phone], code, message, row)
