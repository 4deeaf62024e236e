"""From the bytes of an upload to lines of text: UTF-8, UTF-16 or Windows-1252, with or without a byte order mark."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterable, Iterator

from campaigns.importing.problems import ImportProblem

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_LOOKED_AT_BYTES = 64 * 1024
_NOT_TEXT = "This is not a text file: upload CSV, or an Excel workbook (.xlsx)."


def encoding_of(pieces: Iterable[bytes]) -> str:
    """Return the encoding of a file. Reads all of it unless its start tells. Raises ImportProblem for binary files."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8, is_first = True, True
    for piece in pieces:
        if is_first:
            marked = next((name for mark, name in _MARKS if piece.startswith(mark)), None)
            if marked is None:
                _refuse_known_formats(piece)
                marked = _utf16_without_mark(piece)
            if marked is not None:
                return marked
            _refuse_controls(piece)
            is_first = False
        try:
            decoder.decode(piece)
        except UnicodeDecodeError:
            is_utf8 = False
            break
    return "utf-8" if is_utf8 else "cp1252"


def _utf16_without_mark(piece: bytes) -> str | None:
    """Return which UTF-16 it is when nearly every second byte is zero, as in text that is mostly Latin."""
    start = piece[:_LOOKED_AT_BYTES]
    if len(start) < 4:
        return None
    half = len(start) / 2
    if start[1::2].count(0) > half * 0.7:
        return "utf-16-le"
    return "utf-16-be" if start[0::2].count(0) > half * 0.7 else None


def _refuse_known_formats(start: bytes) -> None:
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise ImportProblem("This is an old Excel file (.xls): save it as .xlsx or CSV and upload that.")
    if start.startswith((b"%PDF", b"\x89PNG", b"\x1f\x8b", b"PK\x03\x04")):
        raise ImportProblem(_NOT_TEXT)


def _refuse_controls(piece: bytes) -> None:
    start = piece[:_LOOKED_AT_BYTES]
    controls = sum(start.count(code) for code in range(32) if code not in (9, 10, 12, 13))
    if controls > 4 + len(start) / 50:  # a stray one may be in any text
        raise ImportProblem(_NOT_TEXT)


class _Bytes(io.RawIOBase):
    """The pieces as one readable stream."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = memoryview(piece)
        taken = min(len(buffer), len(self._left))
        buffer[:taken] = self._left[:taken]
        self._left = self._left[taken:]
        return taken


class Lines:
    """The lines of a file with their ends kept; ``is_exhausted`` once somebody has asked for one after the last."""

    def __init__(self, pieces: Iterable[bytes], *, encoding: str) -> None:
        stream = io.BufferedReader(_Bytes(pieces), buffer_size=256 * 1024)
        self._text = io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline="")
        self.is_exhausted = False

    def __iter__(self) -> Iterator[str]:
        for line in self._text:
            # PostgreSQL's text cannot hold NUL; it stands for nothing in a CSV.
            yield line.replace("\0", "") if "\0" in line else line
        self.is_exhausted = True
