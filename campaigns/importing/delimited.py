"""Rows of a delimited file: comma, semicolon, tab or pipe, found by counting them in the header."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator

from campaigns.importing.decoding import Lines, encoding_of
from campaigns.importing.problems import ImportProblem

DELIMITERS = (",", ";", "\t", "|")
Cells = list[str]


def delimited_rows(pieces: Callable[[], Iterable[bytes]]) -> Iterator[tuple[int, Cells]]:
    """Give each row with its number as a spreadsheet shows it (first line: 1). Rows without any value are left out.

    ``pieces`` gives the file from its start each time it is called. Raises ImportProblem when it is no text, or when a
    quote is opened and never closed: the rest of the file would vanish into one cell.
    """
    lines = Lines(pieces(), encoding=encoding_of(pieces()))
    iterator = iter(lines)
    number, first = _first_line(iterator)
    if first is None:
        return
    delimiter, first = _delimiter(first, iterator)
    reader = csv.reader(_with(first, iterator), delimiter=delimiter, skipinitialspace=True)
    number -= 1
    try:
        for number, cells in enumerate(reader, number + 1):  # noqa: B020
            if lines.is_exhausted:
                raise ImportProblem(f"Row {number} opens a quote that is never closed.")
            if any(cell and not cell.isspace() for cell in cells):
                yield number, cells
    except csv.Error as error:
        raise ImportProblem(f"Row {number + 1} cannot be read, perhaps a quote is not closed: {error}.") from error


def _first_line(lines: Iterator[str]) -> tuple[int, str | None]:
    """Return the first line that is not blank, and its number."""
    for number, line in enumerate(lines, 1):
        if line.strip("\ufeff \t\r\n"):
            return number, line.lstrip("\ufeff")
    return 0, None


def _delimiter(first: str, lines: Iterator[str]) -> tuple[str, str]:
    """Return the delimiter and the line that names the columns: Excel may say ``sep=;`` in a line before it."""
    if first.lower().startswith("sep=") and len(first.rstrip("\r\n")) == 5:
        return first[4], next(lines, "")
    unquoted = "".join(first.split('"')[0::2])
    counts = {delimiter: unquoted.count(delimiter) for delimiter in DELIMITERS}
    return max(DELIMITERS, key=lambda delimiter: counts[delimiter]), first


def _with(first: str, lines: Iterator[str]) -> Iterator[str]:
    yield first
    yield from lines
