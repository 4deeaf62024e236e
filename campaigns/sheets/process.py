"""The process that reads a sheet of a workbook (.xlsx): a file may be made to cost any memory and time.

It has neither environment nor standard input, and imports nothing of Django. Its arguments are the path of the workbook
and the wanted sheet. Standard output gets JSON lines: ``{"sheet": …}`` with what other sheets there are, ``[number,
cells]`` or ``[number, cells, fault]`` for each row, ``{"end": …}`` last; or ``{"problem": …}``.
"""

from __future__ import annotations

import contextlib
import lzma
import os
import resource
import struct
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.parsers import expat

import orjson
import python_calamine

from campaigns.sheets.cells import FAILED, as_text, cut, fault_of, has_lost_digits, percent
from campaigns.sheets.extents import Extent, extent_of
from campaigns.sheets.package import Problem, Sheet, candidates, refuse_other_formats, sheets_of
from campaigns.sheets.styles import percent_styles

#: Limits of this process. A sheet of 300,000 rows and 10 columns needs 224 MB and 10 s.
MOST_MEMORY_BYTES = 1024 * 1024 * 1024
MOST_CPU_SECONDS = 60
MOST_WRITTEN_BYTES = 1024 * 1024 * 1024
_LOOKED_AT_ROWS = 50
_PIECE_BYTES = 256 * 1024
_BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, python_calamine.CalamineError, expat.ExpatError,
    EOFError, KeyError, OSError, OverflowError, RuntimeError, ValueError,
)  # fmt: skip


def main() -> None:
    """Read, and write what was read or why it was not."""
    _limit()
    with os.fdopen(1, "wb", buffering=_PIECE_BYTES) as to:
        try:
            for line in _lines(sys.argv[1], sys.argv[2]):
                to.write(orjson.dumps(line) + b"\n")
        except Problem as problem:
            to.write(orjson.dumps({"problem": str(problem)}) + b"\n")


def _limit() -> None:
    """Bound memory, processor time and output of this process; it gives way to others."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_SECONDS, MOST_CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_WRITTEN_BYTES, MOST_WRITTEN_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(10)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def _lines(path: str, wanted: str) -> Iterator[Any]:
    try:
        archive = zipfile.ZipFile(path)
        refuse_other_formats(archive)
        sheets = sheets_of(archive)
        workbook = python_calamine.CalamineWorkbook.from_path(path)
        sheet, extent, grid = _chosen(archive, workbook, candidates(sheets, wanted))
    except _BROKEN as error:
        raise Problem("This is no whole Excel workbook (.xlsx): save it again, or upload CSV.") from error
    yield {
        "sheet": sheet.name,
        "other_sheets": [one.name for one in sheets if one.is_shown and one.is_table and one is not sheet],
        "hidden_sheets": [one.name for one in sheets if not one.is_shown and one is not sheet],
    }
    yield from _rows(grid, extent)


def _chosen(
    archive: zipfile.ZipFile, workbook: python_calamine.CalamineWorkbook, among: list[Sheet]
) -> tuple[Sheet, Extent, python_calamine.CalamineSheet]:
    """Return the first candidate that holds a table, the first that holds anything where none does."""
    filled = None
    percents = percent_styles(archive)
    for sheet in among:
        extent = extent_of(archive, sheet, percents=percents)
        grid = workbook.get_sheet_by_name(sheet.name)
        if len(among) == 1 or _is_table(grid):
            return sheet, extent, grid
        if filled is None and grid.height:
            filled = sheet
    sheet = filled or among[0]
    return sheet, extent_of(archive, sheet, percents=percents), workbook.get_sheet_by_name(sheet.name)


def _is_table(grid: python_calamine.CalamineSheet) -> bool:
    """Return whether a sheet has two rows at its beginning and somebody's number: no cover, and not empty."""
    filled, numbers = 0, 0
    for cells in grid.to_python(skip_empty_area=True, nrows=_LOOKED_AT_ROWS):
        texts = [as_text(cell) for cell in cells]
        filled += any(texts)
        numbers += any(sum(map(str.isdigit, text)) >= 7 for text in texts)
    return filled > 1 and numbers > 0


def _rows(grid: python_calamine.CalamineSheet, extent: Extent) -> Iterator[Any]:
    left = grid.start[1] + 1 if grid.start else 1
    hidden = [place for place in range(grid.width) if extent.is_hidden(place + left)]
    shown = [place for place in range(grid.width) if not extent.is_hidden(place + left)]
    failed_rows = {row for row, _ in extent.errors}
    names: list[str] | None = None
    left_out = 0
    for number, values in enumerate(grid.iter_rows(), 1):
        cells = [
            percent(value) if type(value) is float and (number, place + left) in extent.percents else as_text(value)
            for place, value in enumerate(values)
        ]
        if number in failed_rows:
            # What is shown there; the row is refused unless nobody reads the column.
            cells = [FAILED if (number, place + left) in extent.errors else cell for place, cell in enumerate(cells)]
        cells = [cut(value) if has_lost_digits(value) else cell for value, cell in zip(values, cells, strict=True)]
        if not any(cells):
            continue
        if number in extent.hidden_rows:
            left_out += 1
            continue
        if names is None:
            names = [cells[place] or f"column {place + left}" for place in hidden]
        if hidden:
            cells = [cells[place] for place in shown]
        fault = fault_of(number, cells)
        yield [number, [cell[:200] for cell in cells[:50]], fault] if fault else [number, cells]
    yield {"end": {"hidden_rows": left_out, "hidden_columns": names or []}}
