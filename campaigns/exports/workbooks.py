"""Exports as Excel workbooks: written to a temporary file in constant memory, then sent from there.

A workbook's archive cannot be begun before its sheets are written. Cells have the kinds of their columns and nothing is
read as a formula or a link, so numbers and references stay as they are.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from campaigns.exports.columns import Column

#: Excel's own limits.
MOST_ROWS = 1_048_576
MOST_CHARACTERS = 32_767
#: Said at the end of a text that is longer than a cell can be.
CUT = " … (cut: a cell holds no more; JSON lines and Parquet have all of it)"
PIECE_BYTES = 256 * 1024
#: Instants are shown without their offset, which Excel does not know; the sheet of facts names the zone.
_INSTANT = "yyyy-mm-dd hh:mm:ss"


def xlsx(
    columns: Mapping[str, Column], rows: Iterable[tuple[Any, ...]], *, about: Mapping[str, Any]
) -> Iterator[bytes]:
    """Give the bytes of a workbook: the rows, further sheets where one is full, and a sheet of facts about it."""
    with tempfile.TemporaryDirectory(prefix="dialer-export-") as folder:
        path = Path(folder) / "export.xlsx"
        _write(path, columns, rows, about)
        with path.open("rb") as stream:
            yield from iter(lambda: stream.read(PIECE_BYTES), b"")


def _write(
    path: Path, columns: Mapping[str, Column], rows: Iterable[tuple[Any, ...]], about: Mapping[str, Any]
) -> None:
    import xlsxwriter

    options = {
        "constant_memory": True,
        "tmpdir": str(path.parent),
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": True,
        "remove_timezone": True,
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        instant = book.add_format({"num_format": _INSTANT})
        bold = book.add_format({"bold": True})
        sheet, line, total = None, MOST_ROWS, 0
        for row in rows:
            if line == MOST_ROWS:
                sheet, line = _sheet(book, columns, bold), 1
            for place, value in enumerate(row):
                _cell(sheet, line, place, value, instant)
            line, total = line + 1, total + 1
        if sheet is None:
            _sheet(book, columns, bold)
        _facts(book, {**about, "rows": total}, bold)


def _sheet(book: Any, columns: Mapping[str, Column], bold: Any) -> Any:
    number = len(book.worksheets()) + 1
    sheet = book.add_worksheet("Rows" if number == 1 else f"Rows ({number})")
    sheet.freeze_panes(1, 0)
    for place, name in enumerate(columns):
        sheet.write_string(0, place, name[:MOST_CHARACTERS], bold)
    return sheet


def _cell(sheet: Any, line: int, place: int, value: Any, instant: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, bool):
        sheet.write_boolean(line, place, value)
    elif isinstance(value, datetime):
        sheet.write_datetime(line, place, value, instant)
    # Excel keeps 15 digits: what is longer is a text, whole.
    elif isinstance(value, int | float) and abs(value) < 10**15:
        sheet.write_number(line, place, value)
    else:
        sheet.write_string(line, place, _whole_or_said(value))


def _whole_or_said(value: Any) -> str:
    text = orjson.dumps(value).decode() if isinstance(value, dict | list) else str(value)
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - len(CUT)] + CUT


def _facts(book: Any, about: Mapping[str, Any], bold: Any) -> None:
    sheet = book.add_worksheet("About")
    for line, (name, value) in enumerate(about.items()):
        sheet.write_string(line, 0, name, bold)
        sheet.write_string(line, 1, _whole_or_said("" if value is None else value))
