"""Where rows come from: a stored file, or JSON objects. Both give number, layout and cells of each row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from campaigns.importing.checking import Refused, as_uploaded
from campaigns.importing.columns import Layout, layout_of
from campaigns.importing.decoding import Pieces
from campaigns.importing.delimited import Record, delimited_rows
from campaigns.importing.problems import ImportProblem
from campaigns.importing.reading import Choices, ReadAs
from campaigns.importing.reporting import OWN_COLUMNS
from campaigns.importing.workbooks import is_workbook, workbook_rows
from campaigns.rules.plain_text import LOST

MOST_COLUMNS = 500
HEADER_LENGTH = 100


class Row(NamedTuple):
    """One row; ``row_number`` counts the header as row 1."""

    row_number: int
    layout: Layout
    cells: Sequence[Any]


def file_rows(pieces: Pieces, *, choices: Choices, read_as: ReadAs | None = None) -> Iterator[Row | Refused]:
    """Give the rows of a file (CSV or .xlsx); what cannot be read as a row is refused, with its number.

    ``pieces`` gives the file from its start each time it is called. How the file was read is noted in ``read_as``,
    whole once all rows were given. Raises ImportProblem, before the first row where that is possible.
    """
    records = records_of(pieces, choices=choices, read_as=read_as or ReadAs())
    header = next(records, None)
    if header is None:
        raise ImportProblem("The file is empty.")
    columns = _columns(header)
    of_report = _columns_of_report(columns)
    layout = layout_of(columns[of_report:], phone_column=choices.phone_column)
    is_empty = True
    for number, cells, fault in records:
        is_empty = False
        if fault is not None:
            yield Refused(number, "", *fault, as_uploaded(layout, cells[of_report:]))
        else:
            yield Row(number, layout, cells[of_report:] if of_report else cells)
    if is_empty:
        raise ImportProblem("The file has a header and no rows.")


def records_of(pieces: Pieces, *, choices: Choices, read_as: ReadAs) -> Iterator[Record]:
    """Give the rows of a file as they are, the names of its columns first. Raises ImportProblem."""
    start = next((piece for piece in pieces() if piece), b"")
    if is_workbook(start):
        return workbook_rows(pieces(), choices=choices, read_as=read_as)
    return delimited_rows(pieces, choices=choices, read_as=read_as)


def _columns(header: Record) -> list[str]:
    """Return the names of the columns. Raises ImportProblem where they cannot be read."""
    _, cells, fault = header
    if fault is not None:
        raise ImportProblem(f"The names of the columns cannot be read: {fault[1]}")
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
    first = tuple(column.strip() for column in columns[: len(OWN_COLUMNS)])
    return len(OWN_COLUMNS) if first == OWN_COLUMNS else 0


def _check_columns(columns: Sequence[str]) -> None:
    if len(columns) > MOST_COLUMNS:
        raise ImportProblem(f"The file has {len(columns)} columns; at most {MOST_COLUMNS} can be kept.")
    longest = max(columns, key=len)
    if len(longest) > HEADER_LENGTH:
        raise ImportProblem(f"The name of a column is longer than {HEADER_LENGTH} characters: {longest[:40]!r}…")


def _without_empty_end(columns: list[str]) -> list[str]:
    """Return the names without the empty ones at the end, which Excel writes for columns that once held something."""
    while columns and not columns[-1].strip():
        columns = columns[:-1]
    return columns


def mapping_rows(rows: Iterable[Mapping[str, Any]], *, phone_column: str = "") -> Iterator[Row | Refused]:
    """Give JSON objects as rows, numbered from 1; refused where no key could be the phone number.

    An object under the key ``variables`` counts as columns of its own.
    """

    @cache
    def layout(columns: tuple[str, ...]) -> Layout:
        _check_columns(columns or ("",))
        return layout_of(columns, phone_column=phone_column)

    for row_number, row in enumerate(rows, 1):
        flat = _flat(row)
        try:
            found = layout(tuple(flat))
        except ImportProblem as problem:
            yield Refused(row_number, phone_column or "phone", "NO_PHONE_COLUMN", str(problem), flat)
        else:
            yield Row(row_number, found, list(flat.values()))


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    variables = row.get("variables")
    if isinstance(variables, Mapping):
        row = {**{key: value for key, value in row.items() if key != "variables"}, **variables}
    return {clean(str(key)): clean(value) for key, value in row.items()}


def clean(value: Any) -> Any:
    """Return a JSON value without what PostgreSQL cannot hold: NUL and halves of surrogate pairs."""
    if isinstance(value, str):
        value = value.replace("\0", "")
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {clean(str(key)): clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63:
        return str(value)
    return value
