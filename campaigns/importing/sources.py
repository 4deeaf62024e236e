"""Where rows come from: a stored file, or JSON objects. Both give number, layout and cells of each row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from itertools import chain, islice
from math import isfinite
from typing import Any

from campaigns.importing.decoding import Pieces
from campaigns.importing.delimited import delimited_rows
from campaigns.importing.reading import AS_FOUND, Choices
from campaigns.importing.reporting import OWN_COLUMNS
from campaigns.importing.unpacking import unpacked
from campaigns.importing.workbooks import is_workbook, workbook_rows
from campaigns.rows.columns import Layout, layout_of
from campaigns.rows.delimited import Fault, Record
from campaigns.rows.headers import LOOKED_AT_ROWS, header_place
from campaigns.rows.json_lines import is_json_lines, json_lines
from campaigns.rows.names import visible
from campaigns.rows.problems import ImportProblem
from campaigns.rows.read_as import ReadAs
from campaigns.rows.table import Header, Refused, Row, row_of
from campaigns.rules.plain_text import LOST

MOST_COLUMNS = 500
HEADER_LENGTH = 100


def file_rows(pieces: Pieces, *, choices: Choices, read_as: ReadAs | None = None) -> Iterator[Row | Refused]:
    """Give the rows of a file (CSV, .xlsx or JSON Lines); what cannot be read as a row is refused, with its number.

    ``pieces`` gives the file from its start each time it is called. How the file was read is noted in ``read_as``,
    whole once all rows were given. Raises ImportProblem, before the first row where that is possible.
    """
    told = read_as or ReadAs()
    with unpacked(pieces, told=told) as plain:
        start = next((piece for piece in plain() if piece), b"")
        if is_json_lines(start):
            yield from _of_json_lines(plain, choices, told)
            return
        yield from _of_table(_records(start, plain, choices, told), choices, told)


def records_of(pieces: Pieces, *, choices: Choices, read_as: ReadAs) -> Iterator[Record]:
    """Give the rows of a table as they are, the names of its columns first; none of JSON. Raises ImportProblem."""
    with unpacked(pieces, told=read_as) as plain:
        start = next((piece for piece in plain() if piece), b"")
        if not is_json_lines(start):
            yield from _records(start, plain, choices, read_as)


def _records(start: bytes, pieces: Pieces, choices: Choices, read_as: ReadAs) -> Iterator[Record]:
    if is_workbook(start):
        return workbook_rows(pieces(), choices=choices, read_as=read_as)
    return delimited_rows(pieces, choices=choices, read_as=read_as)


def _of_table(records: Iterator[Record], choices: Choices, read_as: ReadAs) -> Iterator[Row | Refused]:
    header, rest = header_of(records, choices=choices, read_as=read_as)
    is_empty = True
    for record in rest:
        is_empty = False
        yield row_of(record, header)
    if is_empty:
        raise ImportProblem("The file has a header and no rows.")


def header_of(records: Iterator[Record], *, choices: Choices, read_as: ReadAs) -> tuple[Header, Iterator[Record]]:
    """Return what the columns of a table mean, and its records below their names. Raises ImportProblem."""
    first = list(islice(records, LOOKED_AT_ROWS))
    if not first:
        raise ImportProblem("The file is empty.")
    place = _chosen_place(first, choices) if choices.header_row else _found_place(first, choices)
    columns = _columns(first[place])
    of_report = _columns_of_report(columns)
    below = [cells[of_report:] for _, cells, fault in first[place + 1 :] if fault is None]
    column_map = choices.column_map if of_report else _without_report(columns, choices.column_map)
    layout = layout_of(columns[of_report:], phone_column=choices.phone_column, column_map=column_map, below=below)
    read_as.title_rows = place
    read_as.numbers_from = [layout.columns[one] for one in layout.phones] if len(layout.phones) > 1 else []
    return Header(layout, of_report, first[place][0]), chain(first[place + 1 :], records)


def _chosen_place(first: Sequence[Record], choices: Choices) -> int:
    found = [place for place, record in enumerate(first) if record[0] == choices.header_row]
    if not found:
        raise ImportProblem(f"Row {choices.header_row} names no columns: it is empty, or too far below (header_row).")
    return found[0]


def _found_place(first: Sequence[Record], choices: Choices) -> int:
    rows = [cells if fault is None else [] for _, cells, fault in first]
    return header_place(rows, phone_column=choices.phone_column, column_map=choices.column_map)


def _columns(header: Record) -> list[str]:
    """Return the names of the columns. Raises ImportProblem where they cannot be read."""
    _, cells, fault = header
    if fault is not None and fault.place is None:
        raise ImportProblem(f"The names of the columns cannot be read: {fault.said(header[0])}")
    columns = _without_empty_end(cells)
    _check_columns(columns)
    if any(LOST in column for column in columns):
        raise ImportProblem(
            "The names of the columns hold bytes that are no text in this encoding: save the file as UTF-8, or say its "
            "encoding (encoding)."
        )
    return columns


def _columns_of_report(columns: Sequence[str]) -> int:
    """Return how many of the first columns are those that a report of refused rows has put before the others."""
    first = tuple(visible(column) for column in columns[: len(OWN_COLUMNS)])
    return len(OWN_COLUMNS) if first == OWN_COLUMNS else 0


def _without_report(columns: Sequence[str], column_map: Mapping[str, str]) -> Mapping[str, str]:
    """Return the map, with the report's columns left out where somebody has moved them: they are no variables."""
    if not set(OWN_COLUMNS) <= {visible(column) for column in columns}:
        return column_map
    return {**dict.fromkeys(OWN_COLUMNS, "ignore"), **column_map}


def _check_columns(columns: Sequence[str]) -> None:
    if len(columns) > MOST_COLUMNS:
        raise ImportProblem(f"The file has {len(columns)} columns; at most {MOST_COLUMNS} can be kept.")
    longest = max(columns, key=len, default="")
    if len(longest) > HEADER_LENGTH:
        raise ImportProblem(f"The name of a column is longer than {HEADER_LENGTH} characters: {longest[:40]!r}…")


def _without_empty_end(columns: list[str]) -> list[str]:
    """Return the names without the empty ones at the end, which Excel writes for columns that once held something."""
    while columns and not visible(columns[-1]):
        columns = columns[:-1]
    return columns


def _of_json_lines(pieces: Pieces, choices: Choices, read_as: ReadAs) -> Iterator[Row | Refused]:
    read_as.format = "json lines"
    layouts = Layouts(choices)
    for number, found in json_lines(pieces(), read_as=read_as):
        if isinstance(found, Fault):
            yield Refused(number, "", found.code, found.said(number), {})
        else:
            yield layouts.row(number, found)


def mapping_rows(rows: Iterable[Mapping[str, Any]], *, choices: Choices = AS_FOUND) -> Iterator[Row | Refused]:
    """Give JSON objects as rows, numbered from 1; refused where no key could be the phone number.

    An object under the key ``variables`` counts as columns of its own.
    """
    layouts = Layouts(choices)
    return (layouts.row(number, row) for number, row in enumerate(rows, 1))


class Layouts:
    """What the keys of JSON objects mean; those of one shape are looked at once."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self._layout = cache(self._layout_of)

    def _layout_of(self, columns: tuple[str, ...]) -> Layout:
        _check_columns(columns or ("",))
        known = {name: meaning for name, meaning in self._choices.column_map.items() if name in columns}
        return layout_of(columns, phone_column=self._choices.phone_column, column_map=known)

    def row(self, number: int, found: Mapping[str, Any]) -> Row | Refused:
        """Return an object as a row."""
        flat = _flat(found)
        try:
            layout = self._layout(tuple(flat))
        except ImportProblem as problem:
            field = self._choices.phone_column or "phone"
            return Refused(number, field, "NO_PHONE_COLUMN", str(problem), flat)
        return Row(number, layout, list(flat.values()))


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    variables = row.get("variables")
    if isinstance(variables, Mapping):
        row = {**{key: value for key, value in row.items() if key != "variables"}, **variables}
    return {clean(str(key)): clean(value) for key, value in row.items()}


def clean(value: Any) -> Any:
    """Return a JSON value without what PostgreSQL cannot hold: NUL and halves of surrogate pairs.

    Numbers beyond 64 bits are texts: programs that read JSON take them for others.
    """
    if isinstance(value, str):
        value = value.replace("\0", "")
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {clean(str(key)): clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63:
        return str(value)
    if isinstance(value, float) and isfinite(value) and abs(value) >= 2**63:
        return f"{Decimal(repr(value)):f}"
    return value
