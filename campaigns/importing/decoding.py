"""From the bytes of an upload to lines of text: in the encoding that was chosen, or found where that is certain."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterable, Iterator

from campaigns.models.file_choices import encoding_named
from campaigns.rows.delimited import MOST_CHARACTERS
from campaigns.rows.problems import ImportProblem
from campaigns.rules.plain_text import LOST

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_LOOKED_AT_BYTES = 64 * 1024
_NOT_TEXT = "This is not a text file: upload CSV, or an Excel workbook (.xlsx)."
_OLD_EXCEL = "This is an old Excel file (.xls), or a workbook with a password: save it without one as .xlsx or CSV."
_LOCKED = "This workbook has a password: take it off (File, Info, Protect Workbook), save it and upload it again."
_WEB_PAGE = (
    "This is a web page (HTML), whatever its name says, as some programs write for Excel: open it in Excel, save it as "
    ".xlsx or CSV and upload that."
)
#: The name of the part of a compound file that holds the workbook itself.
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
#: The encodings by which somebody may know a word again.
_CANDIDATES = ("windows-1252", "windows-1250", "windows-1251", "shift_jis", "gb18030")
_WORD = re.compile(rb"[^\s,;|\"\d]*[\x80-\xff][^\s,;|\"\d]*")

Pieces = Callable[[], Iterable[bytes]]


def encoding_of(pieces: Pieces, *, chosen: str = "") -> str:
    """Return the encoding of a file. Reads all of it unless it was chosen, or the file's start tells.

    What is not UTF-8 is never guessed, as a wrong guess is a wrong name that is spoken. A few lines with bytes that are
    no UTF-8 are left to be refused one by one. Raises ImportProblem for binary files, and where it must be chosen.
    """
    start = next((piece for piece in pieces() if piece), b"")
    marked = next((name for mark, name in _MARKS if start.startswith(mark)), None)
    wanted = encoding_named(chosen)
    if wanted:
        is_marked = marked is not None and wanted.startswith(marked.removesuffix("-sig"))
        return marked if is_marked and marked is not None else wanted
    if marked is not None:
        return marked
    _refuse_known_formats(start)
    unmarked = _utf16_without_mark(start)
    if unmarked is not None:
        return unmarked
    _refuse_controls(start)
    if not _is_utf8(pieces()):
        _refuse_foreign(pieces)
    return "utf-8"


def _is_utf8(pieces: Iterable[bytes]) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for piece in pieces:
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _refuse_foreign(pieces: Pieces) -> None:
    """Raise ImportProblem where the file is in another encoding; a few bad lines in UTF-8 or ASCII are none."""
    lines = bad_lines = bad = good = 0
    first = 0
    for line in Lines(pieces(), encoding="utf-8"):
        lines += 1
        if line.isascii():
            continue
        lost = line.count(LOST)
        good += sum(character > "\x7f" for character in line) - lost
        bad += lost
        bad_lines += bool(lost)
        first = first or (lines if lost else 0)
    if bad_lines > max(1, lines // 100) and good <= bad:
        raise ImportProblem(f"Line {first} and {bad_lines - 1:,} others are not UTF-8. {_which(pieces)}")


def _which(pieces: Pieces) -> str:
    """Return how the first foreign word would be read, for somebody to choose. It has no digit, so no number."""
    word = next((found[0][:30] for piece in pieces() if (found := _WORD.search(piece)) is not None), b"")
    read = []
    for name in _CANDIDATES:
        try:
            text = word.decode(name)
        except UnicodeDecodeError:
            continue
        if text.isprintable():
            read.append(f"{name} ({text})")
    return f"Say which encoding it is (encoding): {', '.join(read) or 'none that is common'}; or save it as UTF-8."


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
        raise ImportProblem(_OLD_EXCEL if _ENCRYPTED not in start else _LOCKED)
    head = start[:2000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype html", b"<html", b"<table")):
        raise ImportProblem(_WEB_PAGE)
    if head.startswith((b"<?xml", b"{\\rtf")):
        raise ImportProblem("This is XML or RTF and no table: open it and save it as .xlsx or CSV.")
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
    """The lines of a file with their ends kept. Of a longer line ``MOST_CHARACTERS`` + 1 are given, and no end."""

    def __init__(self, pieces: Iterable[bytes], *, encoding: str) -> None:
        stream = io.BufferedReader(_Bytes(pieces), buffer_size=256 * 1024)
        self._text = io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline="")

    def __iter__(self) -> Iterator[str]:
        readline, most = self._text.readline, MOST_CHARACTERS + 1
        while line := readline(most):
            if len(line) == most:
                self._pass_over(line)
            # PostgreSQL's text cannot hold NUL; it stands for nothing in a CSV.
            yield line.replace("\0", "") if "\0" in line else line

    def _pass_over(self, part: str) -> None:
        """Read to the end of a line that is too long, which is never held as a whole."""
        while part and not part.endswith(("\n", "\r")):
            part = self._text.readline(MOST_CHARACTERS)
