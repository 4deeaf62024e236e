"""Records of a delimited file: lines in, rows out; a line that opens a quote for good is one by itself. Pure."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from campaigns.rows.read_as import ReadAs
from campaigns.rows.spreadsheet import as_given

#: Of a line; no row of contacts is longer, and a cell of this size is as much as the csv module takes.
MOST_CHARACTERS = 128 * 1024
#: Of one row. A cell with more line ends has lost its closing quote.
MOST_LINES = 10
_HEAD_CHARACTERS = 2_000
_SOMEBODYS_NUMBER = re.compile(r"\d(?:[ ().\-]?\d){6}")
#: A text that Excel is to take as it is, with the zeros at its beginning.
_AS_TEXT = re.compile(r'="((?:[^"]|"")*)"')
Cells = list[str]


class Fault(NamedTuple):
    """Why a record is no row: code and sentence.

    ``[row]`` and ``[line]`` in the sentence stand for the row and for ``line``, which may count from somewhere within.
    """

    code: str
    message: str
    line: int = 0

    def said(self, row: int, *, lines_before: int = 0) -> str:
        """Return the sentence."""
        return self.message.replace("[row]", str(row)).replace("[line]", str(self.line + lines_before))


#: A row: its number as a spreadsheet shows it (first line: 1), its cells, and why it is none.
Record = tuple[int, Cells, Fault | None]


class RunsOn(Exception):
    """A row that is longer than rows are."""


class Feed:
    """Lines for a reader, of which it may be seen which ones make up a row, and which can be given again."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._again: deque[str] = deque()
        self.held: list[str] = []
        self.given = 0
        self.ended_within = False
        self.left_over = 0

    def __iter__(self) -> Iterator[str]:
        """Give the lines from here on. Raises RunsOn."""
        again, lines, held = self._again, self._lines, self.held
        while True:
            line = again.popleft() if again else next(lines, None)
            if line is None:
                self.ended_within = bool(held)
                return
            self.given += 1
            held.append(line)
            if len(held) > MOST_LINES or len(line) > MOST_CHARACTERS:
                raise RunsOn
            yield line

    def peek(self, most: int) -> list[str]:
        """Return the next lines, which are given all the same."""
        while len(self._again) < most and (line := next(self._lines, None)) is not None:
            self._again.append(line)
        return list(self._again)[:most]

    def skip(self, count: int) -> None:
        """Pass over lines that were seen."""
        for _ in range(count):
            self._again.popleft()
        self.given += count

    def give_again(self, lines: list[str]) -> None:
        """Give lines again that were given last."""
        self._again.extendleft(reversed(lines))
        self.given -= len(lines)
        self.ended_within = False


def records(
    feed: Feed, delimiter: str, *, number: int, width: int, read_as: ReadAs, is_last: bool = True
) -> Iterator[Record]:
    """Give each row from here on, the first one with this number. ``width`` 0: as many cells as the first row has.

    Rows without any value are left out; lines are counted in ``read_as``. Where more lines follow (not ``is_last``),
    those of a row that goes on are left over (``Feed.left_over``).
    """
    reader, held, lines_before = csv_reader(feed, delimiter), feed.held, feed.given
    while True:
        held.clear()
        try:
            cells = next(reader)
            if feed.ended_within and not is_last:
                feed.left_over = len(held)
                read_as.lines += feed.given - lines_before - len(held)
                return
            faulty = feed.ended_within or (len(held) > 1 and _swallows(held, delimiter, width))
        except StopIteration:
            read_as.lines += feed.given - lines_before
            return
        except (RunsOn, csv.Error):
            faulty = True
        if faulty:
            first, line_number = held[0], feed.given - len(held) + 1
            feed.give_again(held[1:])
            reader = csv_reader(feed, delimiter)
            yield _faulty(first, delimiter, number=number, line_number=line_number)
        else:
            width = width or len(cells)
            read_as.lines_within_cells += len(held) - 1
            if any(cell and not cell.isspace() for cell in cells):
                yield record(number, cells, held, delimiter, width)
            else:
                read_as.blank_lines += 1
        number += 1


def csv_reader(lines: Iterable[str], delimiter: str, *, strict: bool = False) -> Iterator[Cells]:
    """Return the reader of a file's lines."""
    return csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=strict)


def record(number: int, cells: Cells, held: list[str], delimiter: str, width: int) -> Record:
    """Return a row with what programs put around its values taken off."""
    line = held[0] if len(held) == 1 else "".join(held)
    if '="' in line or '=""' in line:
        cells = _unwrapped(cells, line, delimiter, width)
    if "'" in line:
        cells = list(map(as_given, cells))
    return number, cells, None


def _unwrapped(cells: Cells, line: str, delimiter: str, width: int) -> Cells:
    """Return ``="0042"`` as 0042. Within it a delimiter separates nothing, where the row has too many cells else."""
    if len(cells) > width:
        mark = re.escape(delimiter)
        mended = re.sub(rf'(?:(?<={mark})|^)="((?:[^"]|"")*)"(?={mark}|\s*$)', r'"\1"', line)
        again = next(csv_reader([mended], delimiter))
        cells = again if len(again) == width else cells
    return [found[1].replace('""', '"') if (found := _AS_TEXT.fullmatch(cell)) else cell for cell in cells]


def _swallows(held: list[str], delimiter: str, width: int) -> bool:
    """Return whether a row of several lines is several rows between two stray quotes."""
    try:
        list(csv_reader(held, delimiter, strict=True))
    except csv.Error:
        return True
    # A line within a cell that has all cells of a row and somebody's number is a row.
    return any(line.count(delimiter) == width - 1 and _SOMEBODYS_NUMBER.search(line) for line in held[1:])


def _faulty(line: str, delimiter: str, *, number: int, line_number: int) -> Record:
    cells = line[:_HEAD_CHARACTERS].rstrip("\r\n").split(delimiter)
    if len(line) > MOST_CHARACTERS:
        text = f"Line [line] of the file is longer than {MOST_CHARACTERS:,} characters."
        return number, cells, Fault("TOO_LONG", text, line=line_number)
    text = "Line [line] of the file opens a quote that is never closed, or closed far below: close it."
    return number, cells, Fault("OPEN_QUOTE", text, line=line_number)
