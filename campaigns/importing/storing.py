"""Writes judged rows: copied to a staging table in chunks, and the database leaves out what the list has already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NamedTuple

import orjson
from django.db.backends.utils import CursorWrapper

from campaigns.importing.judging import Chunk
from campaigns.models import ContactImport, IfDuplicate
from campaigns.rows.checking import Candidate
from campaigns.rows.chunks import Plan, chunk_cells
from campaigns.rows.delimited import Fault
from campaigns.rows.problems import ImportProblem
from campaigns.rows.table import Refused, as_uploaded

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
SELECT row_number, number FROM import_staging
WHERE NOT EXISTS (SELECT FROM added WHERE added.number = import_staging.number) ORDER BY row_number
"""
_TRY = """
WITH added AS (
    INSERT INTO import_tried SELECT number FROM import_staging staged
    WHERE NOT EXISTS (SELECT FROM campaigns_contact contact
                      WHERE contact.contact_list_id = %(list)s AND contact.number = staged.number)
    ON CONFLICT DO NOTHING RETURNING number
)
SELECT row_number, number FROM import_staging
WHERE NOT EXISTS (SELECT FROM added WHERE added.number = import_staging.number) ORDER BY row_number
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
#: Row, field, code, message and the row as JSON.
RefusalValues = tuple[int, str, str, str, str]


@dataclass(slots=True)
class Sums:
    """What became of the rows: total = accepted + duplicate + refused. ``updated`` are among the accepted."""

    total: int = 0
    accepted: int = 0
    updated: int = 0
    duplicate: int = 0
    refused: int = 0


class Untaken(NamedTuple):
    """The rows of a chunk that became no contact."""

    duplicates: list[RefusalValues]
    refused: list[RefusalValues]


@dataclass(slots=True)
class Store:
    """Writes one import, chunk by chunk, inside the caller's transaction."""

    cursor: CursorWrapper
    contact_import: ContactImport
    sums: Sums = field(default_factory=Sums)
    #: Further numbers that are none.
    unread: int = 0
    #: Puts into words what became of a chunk's rows while PostgreSQL takes in the next chunk.
    _words: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "refused-rows"))
    _told: Future[Untaken] | None = None

    def open(self) -> None:
        """Make the staging table."""
        self.cursor.execute("DROP TABLE IF EXISTS pg_temp.import_staging, pg_temp.import_tried")
        self.cursor.execute(_STAGING)
        if self.contact_import.is_dry_run:
            self.cursor.execute(_TRIED)

    def finish(self) -> None:
        """Write what is left of what was added."""
        told, self._told = self._told, None
        if told is not None:
            self._add_refusals(sorted(chain(*told.result())))

    def close(self) -> None:
        """Let go of what was not written."""
        self._words.shutdown(cancel_futures=True)

    def add(self, rows: Sequence[Candidate | Refused]) -> None:
        """Write some rows: contacts, and a refusal for each row that became none.

        Raises ImportProblem for a number that is there already, where that refuses the file.
        """
        refused: list[Refused] = []
        candidates: dict[str, Candidate] = {}
        doubles: list[Refused] = []
        for row in rows:
            if isinstance(row, Refused):
                refused.append(row)
            elif row.number in candidates:
                doubles.append(_double(row, candidates[row.number].row_number))
            else:
                candidates[row.number] = row
                self.unread += row.unread
        with self.cursor.copy(_COPY) as copy:
            for candidate in candidates.values():
                copy.write_row(candidate[:7])
        by_row = {candidate.row_number: candidate for candidate in candidates.values()}
        already = [
            _duplicate(by_row[row_number], reason) for row_number, reason in self._settle(len(candidates)).items()
        ]
        self._count(len(candidates), doubles=len(doubles), already=len(already), refused=len(refused))
        self._refuse_duplicates(map(_values, doubles + already))
        self._add_refusals(_values(row) for row in _sorted(refused + doubles + already))

    def add_judged(self, chunk: Chunk, *, plan: Plan) -> None:
        """Write a chunk that another process has judged. Raises ImportProblem as ``add`` does."""
        found = chunk.found
        self.unread += found.unread
        with self.cursor.copy(_COPY) as copy:
            copy.write(found.copied)
        already = self._settle(found.candidates)
        self.finish()
        self._told = self._words.submit(_untaken, chunk, plan, already)
        self._count(found.candidates, doubles=len(found.doubles), already=len(already), refused=len(found.refused))
        if self.contact_import.if_duplicate == IfDuplicate.ERROR:
            self._refuse_duplicates(self._told.result().duplicates)

    def _count(self, candidates: int, *, doubles: int, already: int, refused: int) -> None:
        """Add to the sums: ``already`` are candidates that were there."""
        self.sums.total += candidates + doubles + refused
        self.sums.accepted += candidates - already
        self.sums.duplicate += doubles + already
        self.sums.refused += refused

    def _refuse_duplicates(self, duplicates: Iterable[RefusalValues]) -> None:
        """Raise ImportProblem for the first one, where that refuses the file."""
        if self.contact_import.if_duplicate != IfDuplicate.ERROR:
            return
        for row_number, name, _, message, _ in sorted(duplicates)[:1]:
            raise ImportProblem(f"Row {row_number}, {name}: {message} Nothing was imported.")

    def _settle(self, copied: int) -> dict[int, tuple[str, str]]:
        """Make contacts of what was copied; return why each of the other rows is none, and count the updated."""
        if not copied:
            return {}
        ids = {"list": self.contact_import.contact_list_id, "import": self.contact_import.pk}
        self.cursor.execute(_TRY if self.contact_import.is_dry_run else _ADD, ids)
        already = dict(self.cursor.fetchall())
        updated = self._update(ids, list(already.values()))
        self.sums.updated += len(updated)
        self.cursor.execute("TRUNCATE import_staging")
        left = {row_number: number for row_number, number in already.items() if number not in updated}
        if not left:
            return {}
        if self.contact_import.is_dry_run:
            self.cursor.execute(_WHOSE_TRIED, [list(left.values())])
        else:
            self.cursor.execute(_WHOSE, [ids["import"], ids["list"], list(left.values())])
        is_ours = dict(self.cursor.fetchall())
        return {row_number: IN_FILE if is_ours[number] else IN_LIST for row_number, number in left.items()}

    def _update(self, ids: Mapping[str, int], numbers: list[str]) -> set[str]:
        statement = _UPDATES.get(IfDuplicate(self.contact_import.if_duplicate))
        if statement is None or not numbers:
            return set()
        statement = _TRY_UPDATE if self.contact_import.is_dry_run else statement
        self.cursor.execute(statement, {**ids, "numbers": numbers})
        return {number for (number,) in self.cursor.fetchall()}

    def _add_refusals(self, refused: Iterable[RefusalValues]) -> None:
        with self.cursor.copy(_COPY_REFUSALS) as copy:
            for row_number, name, code, message, uploaded in refused:
                copy.write_row((self.contact_import.pk, row_number, name[:100], code, message[:300], uploaded))


def _untaken(chunk: Chunk, plan: Plan, already: Mapping[int, tuple[str, str]]) -> Untaken:
    """Return which rows of a judged chunk became no contact; ``already``: why, of those that could have. Pure."""
    found, layout, before = chunk.found, plan.header.layout, chunk.rows_before + 1
    why = {**already, **{number: _in_row(before + first) for number, first in found.doubles}}
    text = chunk.text.decode("utf-8", "replace") if why else ""
    cells = chunk_cells(text, plan, list(why), is_last=chunk.is_last) if why else {}
    name = layout.columns[layout.phone]
    return Untaken(
        [_values(Refused(before + row, name, *why[row], as_uploaded(layout, cells[row]))) for row in why],
        [_placed(one, chunk) for one in found.refused],
    )


def _placed(refused: tuple[int, str, str, str, str, int], chunk: Chunk) -> RefusalValues:
    """Return a refusal of a chunk with its place in the file."""
    number, name, code, message, uploaded, line = refused
    row_number = chunk.rows_before + 1 + number
    if line >= 0:
        message = Fault(code, message, line=line).said(row_number, lines_before=chunk.lines_before)
    return row_number, name, code, message, uploaded


def _values(row: Refused) -> RefusalValues:
    return row.row_number, row.field, row.code, row.message, orjson.dumps(row.row, default=str).decode()


def _sorted(refused: Sequence[Refused]) -> list[Refused]:
    return sorted(refused, key=lambda row: row.row_number)


def _in_row(row_number: int) -> tuple[str, str]:
    return IN_FILE[0], f"The number is in row {row_number} of this file already; that row was taken."


def _double(candidate: Candidate, first_row: int) -> Refused:
    return _duplicate(candidate, _in_row(first_row))


def _duplicate(candidate: Candidate, reason: tuple[str, str]) -> Refused:
    layout = candidate.layout
    row: dict[str, Any] = as_uploaded(layout, candidate.cells)
    return Refused(candidate.row_number, layout.columns[layout.phone], *reason, row)
