"""Writes judged rows: copied to a staging table in chunks, and the database leaves out what the list has already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.db.backends.utils import CursorWrapper

from campaigns.importing.checking import Candidate, Refused, as_uploaded
from campaigns.models import ContactImport, IfDuplicate

_STAGING = """
CREATE TEMP TABLE import_staging (
    row_number int, number text COLLATE "C", name text, external_reference text, time_zone text, variables jsonb
) ON COMMIT DROP
"""
_COPY = "COPY import_staging (row_number, number, name, external_reference, time_zone, variables) FROM STDIN"
_ADD = """
WITH added AS (
    INSERT INTO campaigns_contact
        (contact_list_id, contact_import_id, number, name, external_reference, time_zone, variables)
    SELECT %(list)s, %(import)s, number, coalesce(name, ''), coalesce(external_reference, ''), coalesce(time_zone, ''),
           variables
    FROM import_staging ORDER BY row_number
    ON CONFLICT (contact_list_id, number) DO NOTHING RETURNING number
)
SELECT number FROM import_staging WHERE NOT EXISTS (SELECT FROM added WHERE added.number = import_staging.number)
"""
# Fields that the file has no column for are kept. A number that this very import has written is left alone: it is a
# duplicate inside the file, where the first row wins.
_UPDATE = """
UPDATE campaigns_contact contact
SET variables = staged.variables, contact_import_id = %(import)s, name = coalesce(staged.name, contact.name),
    external_reference = coalesce(staged.external_reference, contact.external_reference),
    time_zone = coalesce(staged.time_zone, contact.time_zone)
FROM import_staging staged
WHERE contact.contact_list_id = %(list)s AND contact.number = ANY(%(numbers)s) AND staged.number = contact.number
  AND contact.contact_import_id IS DISTINCT FROM %(import)s
RETURNING contact.number
"""
_WHOSE = """
SELECT number, contact_import_id IS NOT DISTINCT FROM %s FROM campaigns_contact
WHERE contact_list_id = %s AND number = ANY(%s)
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

    def open(self) -> None:
        """Make the staging table."""
        self.cursor.execute("DROP TABLE IF EXISTS pg_temp.import_staging")
        self.cursor.execute(_STAGING)

    def add(self, rows: Sequence[Candidate | Refused]) -> None:
        """Write a chunk: contacts, and a refusal for each row that became none."""
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
        already, updated = self._add_contacts(candidates)
        self.sums.total += len(rows)
        self.sums.accepted += len(candidates) - len(already)
        self.sums.updated += updated
        self.sums.duplicate += duplicate + len(already)
        self.sums.refused += len(refused) - duplicate
        self._add_refusals(sorted(refused + already, key=lambda row: row.row_number))

    def _add_contacts(self, candidates: Mapping[str, Candidate]) -> tuple[list[Refused], int]:
        """Insert what the list lacks; return the others as refused, and how many contacts were updated."""
        if not candidates:
            return [], 0
        with self.cursor.copy(_COPY) as copy:
            for candidate in candidates.values():
                copy.write_row(candidate[:6])
        ids = {"list": self.contact_import.contact_list_id, "import": self.contact_import.pk}
        self.cursor.execute(_ADD, ids)
        already = [number for (number,) in self.cursor.fetchall()]
        updated = self._update(ids, already)
        self.cursor.execute("TRUNCATE import_staging")
        left = [number for number in already if number not in updated]
        if not left:
            return [], len(updated)
        self.cursor.execute(_WHOSE, [ids["import"], ids["list"], left])
        is_ours = dict(self.cursor.fetchall())
        refused = [_duplicate(candidates[number], IN_FILE if is_ours[number] else IN_LIST) for number in left]
        return refused, len(updated)

    def _update(self, ids: Mapping[str, int], numbers: list[str]) -> set[str]:
        if self.contact_import.if_duplicate != IfDuplicate.UPDATE or not numbers:
            return set()
        self.cursor.execute(_UPDATE, {**ids, "numbers": numbers})
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
