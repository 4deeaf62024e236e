"""Looks at a stored upload before it is imported: its columns with samples, its first rows, and what rows would become.

The same reading and judging as the import's own, so that what is shown is what comes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from campaigns.importing.decoding import Pieces
from campaigns.importing.previewing import FIRST_ROWS, first_rows, meanings
from campaigns.importing.reading import Choices, said
from campaigns.importing.running import judged_row
from campaigns.importing.sources import file_rows, records_of
from campaigns.leads.numbers import let_through
from campaigns.models import Contact, ContactImport, IfDuplicate
from campaigns.rows.checking import Candidate
from campaigns.rows.headers import LOOKED_AT_ROWS, header_place
from campaigns.rows.names import shown, snake_case
from campaigns.rows.problems import ImportProblem
from campaigns.rows.read_as import ReadAs
from campaigns.rows.table import Refused, Row
from campaigns.sheets.cells import as_text

SAMPLES, SAMPLE_LENGTH = 3, 60
#: So many rows are judged while somebody waits: about a second.
MOST_JUDGED = 20_000
PIECE = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column as people tell it apart. ``meaning``: as ``column_map`` takes it; empty where nothing was made of it."""

    name: str
    samples: Sequence[str]
    meaning: str
    variable: str


@dataclass(slots=True, kw_only=True)
class Tally:
    """What the first ``rows`` of a file would become; ``is_whole``: there are no more."""

    rows: int = 0
    good: int = 0
    duplicate: int = 0
    bad: int = 0
    is_whole: bool = True
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A file as it would be read. ``problem``: why nothing of it could be."""

    columns: Sequence[Column]
    first: Sequence[dict[str, Any]]
    tally: Tally
    read_as: str
    problem: str = ""


def look_at(contact_import: ContactImport, *, pieces: Pieces, choices: Choices) -> Look:
    """Return what would become of an upload that is read so."""
    region, read_as = choices.region or contact_import.contact_list.default_region, ReadAs()
    try:
        rows = list(islice(file_rows(pieces, choices=choices, read_as=read_as), LOOKED_AT_ROWS))
        tally = _tally(contact_import, file_rows(pieces, choices=choices), region)
        return Look(
            columns=_columns(rows),
            first=first_rows(pieces, choices=choices, region=region)[:FIRST_ROWS],
            tally=tally,
            read_as=said(read_as.facts()),
        )
    except ImportProblem as problem:
        return Look(columns=_as_they_are(pieces, choices), first=(), tally=Tally(), read_as="", problem=str(problem))


def _columns(rows: Sequence[Row | Refused]) -> list[Column]:
    """Return the columns of the first rows; JSON objects may each have others."""
    found: dict[str, tuple[str, list[str]]] = {}
    for row in rows:
        if not isinstance(row, Row):
            continue
        meant = meanings(row.layout)
        for place, name in enumerate(row.layout.columns):
            samples = found.setdefault(name, (meant.get(name, ""), []))[1]
            text = as_text(row.cells[place]).strip() if place < len(row.cells) else ""
            if text and len(samples) < SAMPLES:
                samples.append(text[:SAMPLE_LENGTH])
    return [_column(name, samples, meaning) for name, (meaning, samples) in found.items()]


def _as_they_are(pieces: Pieces, choices: Choices) -> list[Column]:
    """Return the columns of a file of which nobody knows where the numbers are, so that somebody can say it."""
    try:
        records = list(islice(records_of(pieces, choices=choices, read_as=ReadAs()), LOOKED_AT_ROWS))
    except ImportProblem:
        return []
    rows = [cells for _, cells, fault in records if fault is None]
    if not rows:
        return []
    place = header_place(rows, phone_column=choices.phone_column, column_map=choices.column_map)
    below = rows[place + 1 :]
    return [
        _column(name, [text for row in below if (text := _cell(row, at))][:SAMPLES], "")
        for at, name in enumerate(shown([as_text(cell) for cell in rows[place]]))
    ]


def _cell(row: Sequence[Any], at: int) -> str:
    return as_text(row[at]).strip()[:SAMPLE_LENGTH] if at < len(row) else ""


def _column(name: str, samples: Sequence[str], meaning: str) -> Column:
    variable = meaning.removeprefix("variables.") if meaning.startswith("variables.") else snake_case(name)
    return Column(name=name, samples=samples, meaning=meaning, variable=variable)


def _tally(contact_import: ContactImport, rows: Iterator[Row | Refused], region: str) -> Tally:
    found, seen, exceptions = Tally(), set[str](), let_through()
    skips = contact_import.if_duplicate in (IfDuplicate.SKIP, IfDuplicate.ERROR)
    while piece := list(islice(rows, min(PIECE, MOST_JUDGED - found.rows))):
        judged = [judged_row(row, region=region, let_through=exceptions) for row in piece]
        numbers = [row.number for row in judged if isinstance(row, Candidate)]
        listed = Contact.objects.filter(contact_list=contact_import.contact_list_id, number__in=numbers)
        there = set(listed.values_list("number", flat=True)) if skips else set()
        for row in judged:
            if isinstance(row, Refused):
                found.bad += 1
                found.reasons[row.field, row.message] += 1
            elif row.number in seen or row.number in there:
                found.duplicate += 1
            else:
                found.good += 1
                seen.add(row.number)
        found.rows += len(piece)
    found.is_whole = next(rows, None) is None
    return found
