"""Chunks of a delimited file, each read and judged by itself: text in, lines for COPY and refused rows out.

Whether a chunk begins where a row begins is known only when the one before it was read to its end: it says how many of
its last lines belong to a row that goes on.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field

import orjson

from campaigns.rows.checking import MOST_VARIABLE_BYTES, NAME_LENGTH, REFERENCE_LENGTH, Candidate, judge
from campaigns.rows.columns import Layout
from campaigns.rows.delimited import MOST_CHARACTERS, Cells, Feed, Record, csv_reader, record, records
from campaigns.rows.formula_errors import MAY_HOLD
from campaigns.rows.read_as import ReadAs
from campaigns.rows.table import Header, Refused, row_of
from dialer.numbers import normalise

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How the chunks of one file are read and judged."""

    delimiter: str
    width: int
    header: Header
    region: str
    let_through: tuple[str, ...] = ()
    #: Ids of the list and the import where the lines are those of contacts; None: of staged rows, with their numbers.
    into: tuple[int, int] | None = None

    def as_json(self) -> bytes:
        """Return it for another process."""
        return orjson.dumps(asdict(self), default=list)

    @classmethod
    def from_json(cls, text: bytes) -> Plan:
        """Return what ``as_json`` was given."""
        found = orjson.loads(text)
        header = found.pop("header")
        layout = header.pop("layout")
        for name in ("columns", "phones", "names"):
            layout[name] = tuple(layout[name])
        layout["variables"] = tuple((name, place) for name, place in layout["variables"])
        layout["ignored"] = frozenset(layout["ignored"])
        found["let_through"] = tuple(found["let_through"])
        found["into"] = found["into"] and tuple(found["into"])
        return cls(header=Header(layout=Layout(**layout), **header), **found)


@dataclass(slots=True)
class Judged:
    """What a chunk's rows are; rows count from 0 within it. ``doubles`` have the row of the same number before them."""

    rows: int = 0  # with the blank ones
    blank: int = 0
    lines: int = 0
    lines_within_cells: int = 0
    left_over: int = 0  # lines at its end
    is_by_line: bool = False  # each line is a row
    candidates: int = 0
    unread: int = 0
    doubles: list[tuple[int, int]] = field(default_factory=list)
    #: Row, field, code, message, the row as JSON, and the line of a fault whose message lacks its place; -1: no fault.
    refused: list[tuple[int, str, str, str, str, int]] = field(default_factory=list)
    #: Of the candidates, in their order, where they are lines of contacts: their rows, and their numbers as an array.
    places: list[int] = field(default_factory=list)
    numbers: str = ""
    copied: bytes = b""


def judged(text: str, plan: Plan, *, skip: int = 0, is_last: bool) -> Judged:
    """Return what the rows of a chunk are. The first ``skip`` rows are titles and names of columns."""
    found = Judged()
    one_by_one = _lines_as_rows(text, plan)
    if one_by_one is None:
        rows: Iterator[Record] = _rows_of_lines(text, plan, found, is_last=is_last)
        is_plain = False
    else:
        lines, cells = one_by_one
        found.is_by_line = True
        found.rows = found.lines = len(lines)
        rows = _marked(lines, cells, text, plan)
        is_plain = _has_plain_cells(text, plan.delimiter)
    _judge_all(rows, plan, found, skip=skip, is_plain=is_plain)
    return found


def chunk_cells(text: str, plan: Plan, wanted: Sequence[int], *, is_by_line: bool, is_last: bool) -> dict[int, Cells]:
    """Return the cells of some of a chunk's rows, as they were uploaded."""
    of_report = plan.header.of_report
    if not is_by_line:
        places = set(wanted)
        rows = _rows_of_lines(text, plan, Judged(), is_last=is_last)
        return {number: cells[of_report:] for number, cells, _ in rows if number in places}
    lines = list(io.StringIO(text, newline=""))
    read = ((number, [lines[number]]) for number in wanted)
    return {
        number: record(number, next(csv_reader(line, plan.delimiter)), line, plan.delimiter, plan.width)[1][of_report:]
        for number, line in read
    }


def _lines_as_rows(text: str, plan: Plan) -> tuple[list[str], list[Cells]] | None:
    """Return lines and rows where each line is a row, as in nearly all files; None where one is longer, or too long."""
    lines = list(io.StringIO(text, newline=""))
    try:
        # A quote that is open at the end swallows the last line, which is not of the file.
        rows = list(csv_reader([*lines, "\n"], plan.delimiter))
    except csv.Error:
        return None
    if len(rows) != len(lines) + 1 or max(map(len, lines), default=0) > MOST_CHARACTERS:
        return None
    rows.pop()
    return lines, rows


def _marked(lines: list[str], rows: list[Cells], text: str, plan: Plan) -> Iterator[Record]:
    if '="' in text or '=""' in text or "'" in text:
        for number, (line, cells) in enumerate(zip(lines, rows, strict=True)):
            yield record(number, cells, [line], plan.delimiter, plan.width)
        return
    for number, cells in enumerate(rows):
        yield number, cells, None


def _rows_of_lines(text: str, plan: Plan, found: Judged, *, is_last: bool) -> Iterator[Record]:
    told, number = ReadAs(), -1
    feed = Feed(io.StringIO(text, newline=""))
    for one in records(feed, plan.delimiter, number=0, width=plan.width, read_as=told, is_last=is_last):
        number = one[0]
        yield one
    found.lines, found.lines_within_cells, found.blank = told.lines, told.lines_within_cells, told.blank_lines
    found.left_over = feed.left_over
    found.rows = told.lines - told.lines_within_cells
    assert number < found.rows


def _has_plain_cells(text: str, delimiter: str) -> bool:
    """Return whether no cell of a chunk can hold a character that refuses its row."""
    has_tabs_in_cells = "\t" in text and (delimiter != "\t" or '"' in text)
    is_plain = text.isascii() and not has_tabs_in_cells and _CONTROL.search(text) is None
    has_failed = ("#" in text or "Err:" in text) and MAY_HOLD.search(text) is not None
    return is_plain and not has_failed and "E+" not in text and "e+" not in text


def _judge_all(rows: Iterator[Record], plan: Plan, found: Judged, *, skip: int, is_plain: bool) -> None:
    seen: dict[str, int] = {}
    copied: list[str] = []
    header, form = plan.header, _Form(plan.into)
    fast = _Fast(plan, form) if is_plain and _is_simple(plan.header.layout) else None
    for one in rows:
        number, cells, fault = one
        if fault is None and not "".join(cells).strip():
            found.blank += 1
            continue
        if number < skip:
            continue
        line = fast.line(number, cells) if fast is not None and fault is None else None
        if line is None:
            row = row_of(one, header)
            what = (
                row
                if isinstance(row, Refused)
                else judge(
                    row_number=number,
                    layout=row.layout,
                    cells=row.cells,
                    region=plan.region,
                    let_through=plan.let_through,
                )
            )
            if isinstance(what, Refused):
                message = fault.message if fault is not None else what.message
                uploaded = orjson.dumps(what.row, default=str).decode()
                at = fault.line if fault is not None else -1
                found.refused.append((number, what.field, what.code, message, uploaded, at))
                continue
            line = what.number, form.line(what)
            found.unread += what.unread
        first = seen.setdefault(line[0], number)
        if first == number:
            copied.append(line[1])
        else:
            found.doubles.append((number, first))
    found.candidates = len(copied)
    found.copied = "".join(copied).encode()
    if plan.into:
        found.places, found.numbers = list(seen.values()), "{" + ",".join(seen) + "}"


def _is_simple(layout: Layout) -> bool:
    return len(layout.phones) == 1 and len(layout.names) <= 1 and layout.time_zone is None


class _Form:
    """How the lines for COPY are: of staged rows, where a value that no column gives is null, or of contacts."""

    def __init__(self, into: tuple[int, int] | None) -> None:
        self.is_staged = into is None
        self.nothing = r"\N" if into is None else ""
        self.no_others = r"\N" if into is None else "[]"
        self.end = "\n" if into is None else f"\t{into[0]}\t{into[1]}\n"

    def line(self, row: Candidate) -> str:
        """Return a row's line."""
        own = (self.nothing if value is None else _escaped(value) for value in row[1:6])
        others = self.no_others if row.further_numbers is None else _escaped(row.further_numbers)
        line = "\t".join((*own, others)) + self.end
        return f"{row.row_number}\t{line}" if self.is_staged else line


class _Fast:
    """Judges rows of plain cells and one number, as nearly all are; what it cannot say for certain it leaves."""

    def __init__(self, plan: Plan, form: _Form) -> None:
        self._form = form
        layout = plan.header.layout
        self._of_report, self._width = plan.header.of_report, len(layout.columns)
        self._region, self._let_through = plan.region, plan.let_through
        self._phone, self._variables = layout.phone, layout.variables
        self._name = layout.names[0] if layout.names else -1
        self._reference = -1 if layout.external_reference is None else layout.external_reference

    def line(self, number: int, cells: Cells) -> tuple[str, str] | None:
        """Return the row's phone number, and its line for COPY; None where ``judge`` has to look at it."""
        if self._of_report:
            cells = cells[self._of_report :]
        if len(cells) != self._width:
            return None
        values = [cell.strip() for cell in cells]
        phone = values[self._phone]
        found = None if ":::" in phone else normalise(phone, region=self._region, let_through=self._let_through)
        if type(found) is not str:
            return None
        form = self._form
        name = values[self._name] if self._name >= 0 else form.nothing
        reference = values[self._reference] if self._reference >= 0 else form.nothing
        variables = orjson.dumps({key: values[place] for key, place in self._variables}).decode()
        is_long = len(name) > NAME_LENGTH or len(reference) > REFERENCE_LENGTH or len(variables) > MOST_VARIABLE_BYTES
        if is_long or "\\" in phone or "\\" in variables or "\\" in name[1:] or "\\" in reference[1:]:
            return None
        if (name[:1] == "\\" and self._name >= 0) or (reference[:1] == "\\" and self._reference >= 0):
            return None
        line = f"{found}\t{name}\t{reference}\t{form.nothing}\t{variables}\t{form.no_others}{form.end}"
        return found, f"{number}\t{line}" if form.is_staged else line


def _escaped(value: str) -> str:
    if "\\" in value or "\t" in value or "\n" in value or "\r" in value:
        return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    return value


def last_lines(text: str, count: int) -> str:
    """Return the last lines of a chunk."""
    return "".join(list(io.StringIO(text, newline=""))[-count:]) if count else ""
