"""Files that came packed: gzip, or a zip archive of one file. A cut or damaged one is refused as a whole."""

from __future__ import annotations

import lzma
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO

from django.conf import settings

from campaigns.importing.decoding import Pieces
from campaigns.rows.problems import ImportProblem
from campaigns.rows.read_as import ReadAs

_PIECE_BYTES = 1024 * 1024
_IN_MEMORY_BYTES = 2 * 1024 * 1024
_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
#: What the archives of office programs hold first; their reader is another one.
_OF_WORKBOOKS = ("[content_types].xml", "_rels/", "xl/", "docprops/", "mimetype", "content.xml", "word/", "ppt/")
#: What file managers put into archives beside the file.
_BESIDE = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")

#: What the reader of archives raises at damaged ones: each part of it something else.
_BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error,
    EOFError, OSError, OverflowError, RuntimeError, ValueError,
)  # fmt: skip


@contextmanager
def unpacked(pieces: Pieces, *, told: ReadAs) -> Iterator[Pieces]:
    """Give the pieces of a file as it was before it was packed; itself where it was not. Raises ImportProblem."""
    start = next((piece for piece in pieces() if piece), b"")
    if start.startswith(_GZIP):
        told.archive = "gzip"
        with unpacked(lambda: _gunzipped(pieces()), told=told) as inner:
            yield inner
    elif start.startswith(_ZIP):
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as spool:
            for piece in pieces():
                spool.write(piece)
            member = _member(spool)
            told.archive = told.archive if member is None else "zip"
            yield pieces if member is None else (lambda: _unzipped(spool, member))
    else:
        yield pieces


def _gunzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Give what gzip members hold, one behind the other."""
    limit = _Limit()
    found = zlib.decompressobj(wbits=31)
    try:
        for piece in pieces:
            left = piece
            while left:
                if found.eof:
                    found = zlib.decompressobj(wbits=31)
                part = found.decompress(left, _PIECE_BYTES)
                left = found.unused_data if found.eof else found.unconsumed_tail
                yield limit.checked(part)
    except zlib.error as error:
        raise ImportProblem("The gzip file is damaged: pack it again and upload that.") from error
    if not found.eof:
        raise ImportProblem("The gzip file is cut: its end is missing. Upload it again.")


def _member(spool: IO[bytes]) -> zipfile.ZipInfo | None:
    """Return the file in an archive, None for a workbook. Raises ImportProblem for several, or none that is whole."""
    try:
        with zipfile.ZipFile(spool) as archive:
            entries = archive.infolist()
    except _BROKEN as error:
        spool.seek(0)
        head = spool.read(1024)[30:].lower()
        names = tuple(name.encode() for name in _OF_WORKBOOKS)
        # Not told apart where the first name is none of either: the reader of workbooks says what to do.
        if head.startswith(names) or b".csv" not in head[:200]:
            return None
        raise ImportProblem("The zip archive is cut or damaged: pack it again and upload that.") from error
    if any(entry.filename.lower().startswith(_OF_WORKBOOKS) for entry in entries):
        return None
    # Not is_dir(): it fails where a damaged archive has a file without a name.
    files = [entry for entry in entries if not entry.filename.endswith("/") and not _is_beside(entry.filename)]
    if len(files) != 1:
        names_of = ", ".join(repr(entry.filename[-40:]) for entry in files[:5]) or "none"
        raise ImportProblem(f"The zip archive must hold one file; it holds {len(files)}: {names_of}.")
    if files[0].flag_bits & 1:
        raise ImportProblem("The zip archive has a password: pack the file without one and upload that.")
    return files[0]


def _is_beside(name: str) -> bool:
    return name.startswith(_BESIDE[0]) or name.rpartition("/")[2] in _BESIDE or name.rpartition("/")[2].startswith("._")


def _unzipped(spool: IO[bytes], member: zipfile.ZipInfo) -> Iterator[bytes]:
    limit = _Limit()
    try:
        with zipfile.ZipFile(spool) as archive, archive.open(member) as file:
            while piece := file.read(_PIECE_BYTES):
                yield limit.checked(piece)
    except _BROKEN as error:
        raise ImportProblem("The zip archive is damaged: pack it again and upload that.") from error


class _Limit:
    """Lets no archive unpack beyond the limit of files."""

    def __init__(self) -> None:
        self._bytes = 0

    def checked(self, piece: bytes) -> bytes:
        """Return the piece. Raises ImportProblem."""
        self._bytes += len(piece)
        if self._bytes > settings.DIALER_UPLOAD_MAX_BYTES:
            most_mb = settings.DIALER_UPLOAD_MAX_BYTES // 1024**2
            raise ImportProblem(f"Unpacked, the file is larger than {most_mb} MB: split it.")
        return piece
