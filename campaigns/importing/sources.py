"""Where rows come from: a stored file, or JSON objects. Both give number, layout and cells of each row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from campaigns.importing.checking import Refused
from campaigns.importing.columns import Layout, layout_of
from campaigns.importing.delimited import delimited_rows
from campaigns.importing.problems import ImportProblem
from campaigns.importing.workbooks import is_workbook, workbook_rows

MOST_COLUMNS = 500
HEADER_LENGTH = 100


class Row(NamedTuple):
    """One row; ``row_number`` counts the header as row 1."""

    row_number: int
    layout: Layout
    cells: Sequence[Any]


def file_rows(pieces: Callable[[], Iterable[bytes]], *, phone_column: str = "") -> Iterator[Row]:
    """Give the rows of a file (CSV or .xlsx). Raises ImportProblem, before the first row where that is possible.

    ``pieces`` gives the file from its start each time it is called.
    """
    start = next((piece for piece in pieces() if piece), b"")
    rows = workbook_rows(pieces()) if is_workbook(start) else delimited_rows(pieces)
    header = next(rows, None)
    if header is None:
        raise ImportProblem("The file is empty.")
    columns = _without_empty_end(header[1])
    _check_columns(columns)
    layout = layout_of(columns, phone_column=phone_column)
    is_empty = True
    for row_number, cells in rows:
        is_empty = False
        yield Row(row_number, layout, cells)
    if is_empty:
        raise ImportProblem("The file has a header and no rows.")


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
