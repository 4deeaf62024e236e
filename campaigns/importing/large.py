"""A large delimited file as chunks that other processes judge: how it is opened, and where its first chunk begins."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain

from campaigns.importing.decoding import Pieces
from campaigns.importing.delimited import Opened, open_delimited
from campaigns.importing.judging import Chunk, judged_chunks
from campaigns.importing.reading import Choices
from campaigns.importing.sources import header_of
from campaigns.importing.splitting import chunks
from campaigns.importing.unpacking import unpacked
from campaigns.importing.workbooks import is_workbook
from campaigns.rows.chunks import Plan
from campaigns.rows.delimited import Feed, Record, records
from campaigns.rows.json_lines import is_json_lines
from campaigns.rows.problems import ImportProblem
from campaigns.rows.read_as import ReadAs
from campaigns.rows.table import Header

#: Processes take a moment to start: smaller files are read in this one.
LARGE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class LargeTable:
    """A table whose columns are known."""

    plan: Plan
    opened: Opened
    pieces: Pieces
    head_lines: int  # the names of the columns are among the first so many lines

    @property
    def header(self) -> Header:
        """Return what its columns mean."""
        return self.plan.header

    def chunks(self) -> Iterator[Chunk]:
        """Give its chunks in order, each judged. Raises ProcessEnded, and ImportProblem for an archive that is cut."""
        texts = chunks(self.pieces(), encoding=self.opened.encoding)
        first = next(texts)
        # What is no row of people is in the first chunk.
        while len(_lines(first)) < self.head_lines and (more := next(texts, None)) is not None:
            first += more
        blank = self.opened.number - 1
        return judged_chunks(
            chain([_without_lines(first, self.opened.passed)], texts),
            plan=self.plan,
            skip=self.header.row_number - blank,
            rows_before=blank,
            lines_before=self.opened.passed,
        )


@contextmanager
def large_table(
    pieces: Pieces,
    *,
    choices: Choices,
    region: str,
    let_through: tuple[str, ...],
    read_as: ReadAs,
    into: tuple[int, int] | None = None,
) -> Iterator[LargeTable | None]:
    """Give a delimited file, None for any other; ``into``: see ``Plan``. Raises ImportProblem."""
    with unpacked(pieces, told=read_as) as plain:
        start = next((piece for piece in plain() if piece), b"")
        if is_workbook(start) or is_json_lines(start):
            yield None
            return
        opened = open_delimited(plain, choices=choices, read_as=read_as)
        rows = records(opened.feed, opened.delimiter, number=opened.number, width=opened.width, read_as=ReadAs())
        lines_until: dict[int, int] = {}
        header, rest = header_of(_noted(rows, opened.feed, lines_until), choices=choices, read_as=read_as)
        if next(rest, None) is None:
            raise ImportProblem("The file has a header and no rows.")
        width = opened.width or len(header.layout.columns) + header.of_report
        plan = Plan(
            delimiter=opened.delimiter, width=width, header=header, region=region, let_through=let_through, into=into
        )
        yield LargeTable(plan, opened, plain, lines_until[header.row_number])


def _noted(rows: Iterator[Record], feed: Feed, lines_until: dict[int, int]) -> Iterator[Record]:
    """Give the rows, and note how many lines were read until each of them."""
    for row in rows:
        lines_until[row[0]] = feed.given
        yield row


def _lines(text: bytes) -> list[str]:
    return list(io.StringIO(text.decode("utf-8", "replace"), newline=""))


def _without_lines(text: bytes, count: int) -> bytes:
    return "".join(_lines(text)[count:]).encode() if count else text
