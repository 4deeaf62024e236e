"""Writes judged rows in chunks: contacts, a report of each row that became none, and the sums of both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NamedTuple

import orjson
from django.db.backends.utils import CursorWrapper

from campaigns.importing.adding import add_new
from campaigns.importing.judging import Chunk
from campaigns.importing.staging import IN_FILE, NOTHING, Staging, copying
from campaigns.models import ContactImport, IfDuplicate
from campaigns.rows.checking import Candidate
from campaigns.rows.chunks import Plan, chunk_cells
from campaigns.rows.delimited import Fault
from campaigns.rows.problems import ImportProblem
from campaigns.rows.table import Refused, as_uploaded

_COPY_REFUSALS = """
COPY campaigns_importrefusal (contact_import_id, row_number, field, code, message, "row") FROM STDIN
"""
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
    #: Puts into words what became of a chunk's rows while PostgreSQL takes in the next chunk: not before it is asked
    #: to, as the interpreter is held meanwhile, and PostgreSQL would wait for its next chunk.
    _words: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "refused-rows"))
    _to_tell: tuple[Chunk, Plan, Mapping[int, tuple[str, str]]] | None = None
    _told: Future[Untaken] | None = None
    _staging: Staging = field(init=False)

    def __post_init__(self) -> None:
        self._staging = Staging(self.cursor, self.contact_import)

    def open(self) -> None:
        """Make the staging table."""
        self._staging.open()

    def finish(self) -> None:
        """Write what is left of what was added."""
        self._begin_to_tell()
        self._write_told()

    def _begin_to_tell(self) -> None:
        if self._to_tell is not None:
            self._told = self._words.submit(_untaken, *self._to_tell)
            self._to_tell = None

    def _write_told(self) -> None:
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
        with self._staging.copied() as copy:
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
        """Write a chunk that another process has judged. Raises what ``add`` and ``add_new`` do."""
        found = chunk.found
        self.unread += found.unread
        if plan.into:
            already = add_new(self.cursor, self.contact_import, found, meanwhile=self._begin_to_tell)
        else:
            with self._staging.copied() as copy:
                copy.write(found.copied)
            self._begin_to_tell()
            already = self._settle(found.candidates)
        self._write_told()
        self._to_tell = chunk, plan, already
        self._count(found.candidates, doubles=len(found.doubles), already=len(already), refused=len(found.refused))
        if self.contact_import.if_duplicate == IfDuplicate.ERROR and (already or found.doubles):
            self._refuse_duplicates(_untaken(*self._to_tell).duplicates)

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

    def _settle(self, copied: int) -> Mapping[int, tuple[str, str]]:
        """Make contacts of what was copied; return why each of the other rows is none, and count the updated."""
        settled = self._staging.settle() if copied else NOTHING
        self.sums.updated += settled.updated
        return settled.already

    def _add_refusals(self, refused: Iterable[RefusalValues]) -> None:
        with copying(self.cursor, _COPY_REFUSALS) as copy:
            for row_number, name, code, message, uploaded in refused:
                copy.write_row((self.contact_import.pk, row_number, name[:100], code, message[:300], uploaded))


def _untaken(chunk: Chunk, plan: Plan, already: Mapping[int, tuple[str, str]]) -> Untaken:
    """Return which rows of a judged chunk became no contact; ``already``: why, of those that could have. Pure."""
    found, layout, before = chunk.found, plan.header.layout, chunk.rows_before + 1
    why = {**already, **{number: _in_row(before + first) for number, first in found.doubles}}
    text = chunk.text.decode("utf-8", "replace") if why else ""
    cells = chunk_cells(text, plan, list(why), is_by_line=found.is_by_line, is_last=chunk.is_last) if why else {}
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
