"""Rows of an Excel workbook (.xlsx): its first sheet, every value as the text a person would have typed."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

import python_calamine

from campaigns.importing.problems import ImportProblem

#: A workbook is unpacked in memory: larger tables belong into CSV.
MOST_BYTES = 30 * 1024 * 1024
MOST_UNPACKED_BYTES = 300 * 1024 * 1024


def is_workbook(start: bytes) -> bool:
    """Return whether a file that starts so is a zip archive, as .xlsx is."""
    return start.startswith(b"PK\x03\x04")


def workbook_rows(pieces: Iterable[bytes]) -> Iterator[tuple[int, list[str]]]:
    """Give each row with its number in the sheet. Raises ImportProblem when it is no workbook or too large."""
    content = bytearray()
    for piece in pieces:
        content += piece
        if len(content) > MOST_BYTES:
            raise ImportProblem("The workbook is larger than 30 MB: save it as CSV and upload that.")
    stream = io.BytesIO(content)
    try:
        if sum(entry.file_size for entry in zipfile.ZipFile(stream).infolist()) > MOST_UNPACKED_BYTES:
            raise ImportProblem("The workbook is too large when unpacked: save it as CSV and upload that.")
        stream.seek(0)
        sheet = python_calamine.load_workbook(stream).get_sheet_by_index(0)
    except (zipfile.BadZipFile, python_calamine.CalamineError, IndexError) as error:
        raise ImportProblem("This is not a text file and no Excel workbook (.xlsx) either: upload CSV.") from error
    first = sheet.start[0] if sheet.start else 0
    for number, values in enumerate(sheet.to_python(skip_empty_area=True), first + 1):
        cells = [as_text(value) for value in values]
        if any(cells):
            yield number, cells


def as_text(value: Any) -> str:
    """Return a value as text: whole numbers without a decimal point, dates as ISO 8601, nothing as ""."""
    if isinstance(value, str):
        return value.replace("\0", "").strip()
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    return str(value)
