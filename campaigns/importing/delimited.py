"""Delimited files: comma, semicolon, tab or pipe, found by what stands in the first rows, or as it was chosen."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from campaigns.importing.decoding import Lines, Pieces, encoding_of
from campaigns.importing.reading import Choices
from campaigns.models.file_choices import delimiter_named
from campaigns.rows.delimited import MOST_CHARACTERS, Feed, Record, csv_reader, records
from campaigns.rows.headers import LOOKED_AT_ROWS, sure_header_place
from campaigns.rows.problems import ImportProblem
from campaigns.rows.read_as import ReadAs

DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True)
class Opened:
    """A delimited file before its first row, which has ``number``; ``passed`` lines before it are blank or no row."""

    feed: Feed
    encoding: str
    delimiter: str
    width: int
    number: int
    passed: int


def delimited_rows(pieces: Pieces, *, choices: Choices, read_as: ReadAs) -> Iterator[Record]:
    """Give each row, titles and header first. Rows without any value are left out; it is noted how they were read.

    A quote that is opened and not closed would swallow the rows behind it: its line is a row with a fault, and the next
    line is read as a row again. Raises ImportProblem when the file is no text.
    """
    opened = open_delimited(pieces, choices=choices, read_as=read_as)
    yield from records(opened.feed, opened.delimiter, number=opened.number, width=opened.width, read_as=read_as)


def open_delimited(pieces: Pieces, *, choices: Choices, read_as: ReadAs) -> Opened:
    """Return a file whose encoding and delimiter are found. Raises ImportProblem when it is no text."""
    encoding = encoding_of(pieces, chosen=choices.encoding)
    read_as.encoding = encoding.removesuffix("-sig")
    feed = Feed(Lines(pieces(), encoding=encoding))
    blank = _pass_over_blank(feed)
    first = next(iter(feed.peek(1)), "")
    if len(first) > MOST_CHARACTERS:
        raise ImportProblem(f"The first line is longer than {MOST_CHARACTERS:,} characters.")
    said = _said_within(first, feed) or ""
    read_as.lines += feed.given
    read_as.blank_lines += feed.given
    lines = feed.peek(LOOKED_AT_ROWS)
    read_as.delimiter = delimiter_named(choices.delimiter) or said or _found(lines, choices)
    width = _width(lines, read_as.delimiter, choices, first_number=blank + 1)
    return Opened(feed, encoding, read_as.delimiter, width, blank + 1, feed.given)


def _pass_over_blank(feed: Feed) -> int:
    """Pass over blank lines and the mark before the first one that is not; return how many."""
    blank = 0
    while (lines := feed.peek(1)) and not lines[0].strip("\ufeff \t\r\n"):
        feed.skip(1)
        blank += 1
    if lines and lines[0].startswith("\ufeff"):
        feed.skip(1)
        feed.give_again([lines[0].lstrip("\ufeff")])
    return blank


def _said_within(first: str, feed: Feed) -> str | None:
    """Return the delimiter that Excel says in a line before the others (``sep=;``), which is passed over then."""
    if not first.lower().startswith("sep=") or len(first.rstrip("\r\n")) != 5:
        return None
    feed.skip(1)
    return first[4]


def _found(lines: list[str], choices: Choices) -> str:
    """Return the delimiter by which there is a column of numbers under its name; else the one that is there most."""
    sure = {delimiter: width for delimiter in DELIMITERS if (width := _width(lines, delimiter, choices))}
    if sure:
        return max(sure, key=lambda delimiter: sure[delimiter])
    unquoted = "".join("".join(lines[:1]).split('"')[0::2])
    return max(DELIMITERS, key=unquoted.count)


def _width(lines: list[str], delimiter: str, choices: Choices, *, first_number: int = 1) -> int:
    """Return how many columns are named below a title, 0 where no row of the first ones surely names them."""
    rows: list[list[str]] = []
    with suppress(csv.Error):
        rows.extend(csv_reader(lines, delimiter))
    place: int | None = choices.header_row - first_number
    if not choices.header_row:
        place = sure_header_place(rows, phone_column=choices.phone_column, column_map=choices.column_map)
    return len(rows[place]) if place is not None and 0 <= place < len(rows) else 0
