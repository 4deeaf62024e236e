"""Rows of a delimited file: comma, semicolon, tab or pipe, found by counting in the header, or as it was chosen."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator

from campaigns.importing.decoding import MOST_CHARACTERS, Lines, Pieces, encoding_of
from campaigns.importing.problems import ImportProblem
from campaigns.importing.reading import Choices, ReadAs
from campaigns.models.file_choices import delimiter_named
from campaigns.results.spreadsheet import as_given

DELIMITERS = (",", ";", "\t", "|")
#: Of one row. A cell with more line ends has lost its closing quote.
MOST_LINES = 10
_HEAD_CHARACTERS = 2_000
_SOMEBODYS_NUMBER = re.compile(r"\d(?:[ ().\-]?\d){6}")
Cells = list[str]
#: A row: its number as a spreadsheet shows it (first line: 1), its cells, and by code and sentence why it is none.
Record = tuple[int, Cells, tuple[str, str] | None]


class _RunsOn(Exception):
    """A row that is longer than rows are."""


class _Feed:
    """Lines for a reader, of which it may be seen which ones make up a row, and which can be given again."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._again: deque[str] = deque()
        self.held: list[str] = []
        self.given = 0
        self.ended_within = False

    def __iter__(self) -> Iterator[str]:
        """Give the lines from here on. Raises _RunsOn."""
        again, lines, held = self._again, self._lines, self.held
        while True:
            line = again.popleft() if again else next(lines, None)
            if line is None:
                self.ended_within = bool(held)
                return
            self.given += 1
            held.append(line)
            if len(held) > MOST_LINES or len(line) > MOST_CHARACTERS:
                raise _RunsOn
            yield line

    def give_again(self, lines: list[str]) -> None:
        """Give lines again that were given last."""
        self._again.extendleft(reversed(lines))
        self.given -= len(lines)
        self.ended_within = False


def delimited_rows(pieces: Pieces, *, choices: Choices, read_as: ReadAs) -> Iterator[Record]:
    """Give each row, the header first. Rows without any value are left out; what was read is noted in ``read_as``.

    A quote that is opened and not closed would swallow the rows behind it: its line is a row with a fault, and the next
    line is read as a row again. Raises ImportProblem when the file is no text.
    """
    encoding = encoding_of(pieces, chosen=choices.encoding)
    read_as.encoding = encoding.removesuffix("-sig")
    feed = _Feed(Lines(pieces(), encoding=encoding))
    try:
        number, first = _first_line(feed)
        delimiter, first = _delimiter(first, feed, chosen=delimiter_named(choices.delimiter))
    except _RunsOn:
        raise ImportProblem(f"The first line is longer than {MOST_CHARACTERS:,} characters.") from None
    read_as.delimiter, read_as.blank_lines = delimiter, feed.given - 1
    feed.give_again([first])
    yield from _records(feed, delimiter, number=number, read_as=read_as)


def _records(feed: _Feed, delimiter: str, *, number: int, read_as: ReadAs) -> Iterator[Record]:
    reader, width, held = _reader(feed, delimiter), 0, feed.held
    while True:
        held.clear()
        try:
            cells = next(reader)
            fault = feed.ended_within or (len(held) > 1 and _swallows(held, delimiter, width))
        except StopIteration:
            read_as.lines = feed.given
            return
        except (_RunsOn, csv.Error):
            fault = True
        if fault:
            first, line_number = held[0], feed.given - len(held) + 1
            feed.give_again(held[1:])
            reader = _reader(feed, delimiter)
            yield _faulty(first, delimiter, number=number, line_number=line_number)
        else:
            width = width or len(cells)
            read_as.lines_within_cells += len(held) - 1
            if any(cell and not cell.isspace() for cell in cells):
                has_apostrophe = "'" in held[0] or len(held) > 1
                yield number, list(map(as_given, cells)) if has_apostrophe else cells, None
            else:
                read_as.blank_lines += 1
        number += 1


def _reader(lines: Iterable[str], delimiter: str, *, strict: bool = False) -> Iterator[Cells]:
    return csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=strict)


def _swallows(held: list[str], delimiter: str, width: int) -> bool:
    """Return whether a row of several lines is several rows between two stray quotes."""
    try:
        list(_reader(held, delimiter, strict=True))
    except csv.Error:
        return True
    # A line within a cell that has all cells of a row and somebody's number is a row.
    return any(line.count(delimiter) == width - 1 and _SOMEBODYS_NUMBER.search(line) for line in held[1:])


def _faulty(line: str, delimiter: str, *, number: int, line_number: int) -> Record:
    cells = line[:_HEAD_CHARACTERS].rstrip("\r\n").split(delimiter)
    if len(line) > MOST_CHARACTERS:
        text = f"Line {line_number} of the file is longer than {MOST_CHARACTERS:,} characters."
        return number, cells, ("TOO_LONG", text)
    text = f"Line {line_number} of the file opens a quote that is never closed, or closed far below: close it."
    return number, cells, ("OPEN_QUOTE", text)


def _first_line(feed: _Feed) -> tuple[int, str]:
    """Return the first line that is not blank, and its number; a blank one where there is none."""
    for number, line in enumerate(feed, 1):
        feed.held.clear()
        if line.strip("\ufeff \t\r\n"):
            return number, line.lstrip("\ufeff")
    return 0, ""


def _delimiter(first: str, feed: _Feed, *, chosen: str) -> tuple[str, str]:
    """Return the delimiter and the line that names the columns: Excel may say ``sep=;`` in a line before it."""
    if first.lower().startswith("sep=") and len(first.rstrip("\r\n")) == 5:
        return chosen or first[4], next(iter(feed), "")
    unquoted = "".join(first.split('"')[0::2])
    counts = {delimiter: unquoted.count(delimiter) for delimiter in DELIMITERS}
    return chosen or max(DELIMITERS, key=lambda delimiter: counts[delimiter]), first
