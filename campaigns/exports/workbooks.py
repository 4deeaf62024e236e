"""Exports as Excel workbooks, sent while their rows are read, in constant memory.

XlsxWriter makes the frame: every part of the archive, and each sheet around its rows. The rows are put in between, as a
zip stream has them: its sizes follow the data, and the list of sheets may come last. Cells have the kinds of their
columns and nothing is read as a formula or a link, so numbers and references stay as they are.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain
from typing import IO, Any
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

from campaigns.exports.columns import Column
from campaigns.exports.sent import Sent
from dialer.json_limits import dumped

#: Excel's own limits.
MOST_ROWS = 1_048_576
MOST_CHARACTERS = 32_767
#: A sheet is named with its size in 32 bits, which older programs read as signed: a fuller one is followed by another.
MOST_SHEET_BYTES = 2_000_000_000
#: Said at the end of a text that is longer than a cell can be.
CUT = " … (cut: a cell holds no more; JSON lines and Parquet have all of it)"
PIECE_BYTES = 64 * 1024
#: Instants are shown without their offset, which Excel does not know; the sheet of facts names the zone.
_INSTANT, _INSTANT_WIDTH = "yyyy-mm-dd hh:mm:ss", 19
_EXCELS_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001, as Excel knows no zones
#: Programs that know a file by its beginning look for this name.
_FIRST = "_rels/.rels"
_ROWS_END = b"</sheetData>"
# A reader takes for all there is what the frame, which has no rows, says of its size.
_DIMENSION = re.compile(rb"<dimension [^>]*/>")
# What XML cannot hold, as the format writes it, and what would be taken for that.
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_x(?=[0-9A-Fa-f]{4}_)")

_Row = tuple[Any, ...]


def xlsx(columns: Mapping[str, Column], rows: Iterable[_Row], *, about: Mapping[str, Any]) -> Iterator[bytes]:
    """Give the bytes of a workbook: the rows, further sheets where one is full, and a sheet of facts about it.

    The list of what is in the archive comes last, so one that broke off cannot be opened.
    """
    sent, given, number, total = Sent(), iter(rows), 0, 0
    with ZipFile(sent, "w", ZIP_DEFLATED) as archive:
        archive.writestr(_FIRST, _frame(columns, sheets=1)[_FIRST])
        while True:
            number += 1
            name = f"xl/worksheets/sheet{number}.xml"
            frame = _DIMENSION.sub(b"", _frame(columns, sheets=number)[name])
            before, after = frame.split(_ROWS_END)
            with archive.open(name, "w") as sheet:
                sheet.write(before)
                yield sent.taken()
                total += yield from _fill(sheet, sent, given, _writer(columns, before))
                sheet.write(_ROWS_END + after)
            following = next(given, None)
            if following is None:
                break
            given = chain([following], given)
        for part, content in _frame(columns, sheets=number, about={**about, "rows": total}).items():
            if part not in archive.namelist():
                archive.writestr(part, content)
    yield sent.taken()


def _frame(columns: Mapping[str, Column], *, sheets: int, about: Mapping[str, Any] | None = None) -> dict[str, bytes]:
    """Return the parts of a workbook with so many sheets without rows and, last, one of facts."""
    import xlsxwriter

    made = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(made, options) as book:
        bold, instant = book.add_format({"bold": True}), book.add_format({"num_format": _INSTANT})
        for number in range(1, sheets + 1):
            sheet = book.add_worksheet("Rows" if number == 1 else f"Rows ({number})")
            sheet.freeze_panes(1, 0)
            for place, (name, column) in enumerate(columns.items()):
                if column.kind == "instant":
                    sheet.set_column(place, place, _INSTANT_WIDTH, instant)
                sheet.write_string(0, place, name[:MOST_CHARACTERS], bold)
        facts = book.add_worksheet("About")
        for line, (name, value) in enumerate((about or {}).items()):
            facts.write_string(line, 0, name, bold)
            facts.write_string(line, 1, _whole_or_said("" if value is None else value))
    with ZipFile(made) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _fill(
    sheet: IO[bytes], sent: Sent, given: Iterator[_Row], row_xml: Callable[[int, _Row], str]
) -> Generator[bytes, None, int]:
    """Write rows until there are no more, or the sheet is full; return how many."""
    count, size_bytes, held, held_bytes = 0, 0, list[bytes](), 0
    for row in given:
        count += 1
        held.append(row_xml(count + 1, row).encode())
        held_bytes += len(held[-1])
        is_full = count + 1 == MOST_ROWS or size_bytes + held_bytes >= MOST_SHEET_BYTES
        if held_bytes >= PIECE_BYTES or is_full:
            sheet.write(b"".join(held))
            size_bytes, held, held_bytes = size_bytes + held_bytes, [], 0
            if piece := sent.taken():
                yield piece
        if is_full:
            break
    sheet.write(b"".join(held))
    return count


def _writer(columns: Mapping[str, Column], before: bytes) -> Callable[[int, _Row], str]:
    """Return what writes a row of a sheet whose frame begins so: its columns say by which format instants are shown."""
    from xlsxwriter.utility import xl_col_to_name

    letters = [xl_col_to_name(place) for place in range(len(columns))]
    found = re.search(rb'<col [^>]*style="(\d+)"', before)
    instant = found[1].decode() if found else "0"

    def row_xml(line: int, row: _Row) -> str:
        cells = [_cell(f"{letter}{line}", value, instant) for letter, value in zip(letters, row, strict=True)]
        return f'<row r="{line}">{"".join(cells)}</row>'

    return row_xml


def _cell(at: str, value: Any, instant: str) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return f'<c r="{at}" t="b"><v>{value:d}</v></c>'
    if isinstance(value, datetime):
        days = (value.replace(tzinfo=None) - _EXCELS_ZERO).total_seconds() / 86_400
        return f'<c r="{at}" s="{instant}"><v>{days!r}</v></c>'
    # Excel keeps 15 digits: what is longer is a text, whole.
    if isinstance(value, int | float) and math.isfinite(value) and abs(value) < 10**15:
        return f'<c r="{at}"><v>{value!r}</v></c>'
    text = escape(_UNWRITABLE.sub(_escaped, _whole_or_said(value)))
    return f'<c r="{at}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _escaped(found: re.Match[str]) -> str:
    return "_x005F_x" if len(found[0]) > 1 else f"_x{ord(found[0]):04X}_"


def _whole_or_said(value: Any) -> str:
    text = dumped(value).decode() if isinstance(value, dict | list) else str(value)
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - len(CUT)] + CUT
