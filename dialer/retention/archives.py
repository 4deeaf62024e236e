"""The files: JSON lines, packed, one row a line, whole or not there under their name; a manifest beside each.

JSON lines and not CSV: each line is a row as PostgreSQL writes it (``to_jsonb``), lists and empty texts included, which
``jsonb_populate_record`` reads back; and one line is one row, so that the file can be compared with the table.
"""

from __future__ import annotations

import gzip
import hashlib
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

#: Level of gzip: 9 takes twice as long and saves three percent.
LEVEL = 6


class Damaged(Exception):
    """A file is gone, or is not what was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A whole file."""

    rows: int
    size_bytes: int
    sha256: str


def line(*, table: str, of: int, row: str) -> bytes:
    """Return a line: a row of ``table`` that is, or belongs to, the row ``of`` of the archive's kind."""
    return f'{{"table":"{table}","of":{of},"row":{row}}}\n'.encode()


def write(path: Path, lines: Iterable[bytes]) -> Written:
    """Write a file whole: it has its name when all is on the disk and was read again. Raises OSError, Damaged."""
    partial = path.with_name(path.name + ".partial")
    content, rows = hashlib.sha256(), 0
    with partial.open("wb") as raw:
        with gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=LEVEL, mtime=0, filename="") as packed:
            for one in lines:
                packed.write(one)
                content.update(one)
                rows += 1
        raw.flush()
        os.fsync(raw.fileno())
    again = hashlib.sha256()
    for one in _lines(partial):
        again.update(one)
    if again.digest() != content.digest():
        raise Damaged(f"{partial} does not hold what was written to it: look after the disk.")
    written = Written(rows=rows, size_bytes=partial.stat().st_size, sha256=sha256_of(partial))
    _to_name(partial, path)
    return written


def write_manifest(path: Path, about: Mapping[str, Any]) -> None:
    """Write what a file holds beside it, in the same way."""
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as raw:
        raw.write(orjson.dumps(about, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE))
        raw.flush()
        os.fsync(raw.fileno())
    _to_name(partial, path)


def _to_name(partial: Path, path: Path) -> None:
    os.replace(partial, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def forget(path: Path) -> None:
    """Remove a file that was never whole, with what stands beside it."""
    for one in (path, manifest_of(path)):
        one.unlink(missing_ok=True)
        one.with_name(one.name + ".partial").unlink(missing_ok=True)


def manifest_of(path: Path) -> Path:
    """Return where a file's manifest is."""
    return path.with_name(path.name.removesuffix(".jsonl.gz") + ".manifest.json")


def sha256_of(path: Path) -> str:
    """Return the hash of a file, as ``sha256sum`` shows it."""
    with path.open("rb") as raw:
        return hashlib.file_digest(raw, "sha256").hexdigest()


def digests(path: Path, *, sha256: str) -> dict[int, bytes]:
    """Return of each row of the kind what stands for it and its parts in a file. Raises Damaged."""
    try:
        if sha256_of(path) != sha256:
            raise Damaged(f"{path} is not the file that was written: put it back out of a backup.")
        return digests_of((orjson.loads(one)["of"], one) for one in _lines(path))
    except OSError as error:
        raise Damaged(f"{path} cannot be read: {error.strerror}. Put it back.") from error


class Digests:
    """Of each row of the kind what stands for its lines, whatever their order: the lines themselves may be large."""

    def __init__(self) -> None:
        self._lines: defaultdict[int, list[bytes]] = defaultdict(list)

    def add(self, of: int, one: bytes) -> None:
        """Add a line of the row ``of``."""
        self._lines[of].append(_digest(one))

    def all(self) -> dict[int, bytes]:
        """Return them by the rows' ids."""
        return {of: _digest(b"".join(sorted(found))) for of, found in self._lines.items()}


def digests_of(rows: Iterable[tuple[int, bytes]]) -> dict[int, bytes]:
    """Return what stands for each row. ``rows``: id and line."""
    made = Digests()
    for of, one in rows:
        made.add(of, one)
    return made.all()


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16).digest()


def _lines(path: Path) -> Iterator[bytes]:
    with gzip.open(path, "rb") as packed:
        yield from packed
