"""Fetches the file of an import source, from an address or a folder, and imports it: the same file never twice."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from django.conf import settings

from campaigns.acts import FETCH
from campaigns.importing.reading import Choices
from campaigns.importing.receiving import PIECE_BYTES, create_import
from campaigns.importing.running import run_import
from campaigns.models import ContactImport, ImportSource, ImportState
from campaigns.rows.problems import ImportProblem
from dialer.audit import record
from dialer.fetching import Limits, Unfetched, opened

IN_MEMORY_BYTES = 2 * 1024 * 1024


class UnableToFetch(Exception):
    """The file could not be fetched or read; the message says why."""


def import_source(*, source: ImportSource, now: datetime) -> ContactImport | None:
    """Fetch a source's file and import it; None when it is the one that was imported before.

    Raises UnableToFetch, with the reason kept at the source.
    """
    try:
        return _import(source, now)
    except (UnableToFetch, ImportProblem, Unfetched, OSError) as error:
        said = str(error)
        ImportSource.objects.filter(pk=source.pk).update(last_problem=said[:300], fetched_at=now)
        raise UnableToFetch(said) from error


def _import(source: ImportSource, now: datetime) -> ContactImport | None:
    seen = ImportSource.objects.filter(pk=source.pk)
    with _file(source) as (file, headers):
        if file is None:
            seen.update(last_problem="", fetched_at=now)
            return None
        digest = _spooled_sha256(file)
        marks = {
            "etag": headers.get("etag", "")[:300],
            "last_modified": headers.get("last-modified", "")[:100],
            "fetched_at": now,
            "last_problem": "",
        }
        if digest == source.content_sha256:
            seen.update(**marks)
            return None
        # The key makes two who fetch the same file at one time import it once.
        made, _ = create_import(
            contact_list=source.contact_list,
            stream=file,
            file_name=Path(urlsplit(source.location).path).name or source.name,
            idempotency_key=f"source-{source.pk}-{digest[:64]}",
            choices=Choices(**{choice.name: getattr(source, choice.name) for choice in fields(Choices)}),
            if_duplicate=source.if_duplicate.lower(),
        )
    done = run_import(import_id=made.pk)
    if done.state == ImportState.FAILED:
        raise UnableToFetch(f"Nothing was imported: {done.problem}")
    if done.state == ImportState.DONE:
        record(act=FETCH.name, what="Fetched and imported", subject=source, rows=done.rows_accepted, now=now)
        seen.update(**marks, content_sha256=digest, last_import=done)
    return done


@contextmanager
def _file(source: ImportSource) -> Iterator[tuple[IO[bytes] | None, Mapping[str, str]]]:
    """Give the file, and the reply's headers; no file where the address says that it is the same as before."""
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as spool:
        if urlsplit(source.location).scheme == "file":
            with _path(source.location).open("rb") as stream:
                _copy(iter(lambda: stream.read(PIECE_BYTES), b""), spool)
            yield spool, {}
            return
        known = {"if-none-match": source.etag, "if-modified-since": source.last_modified}
        headers = {name: value for name, value in known.items() if value and source.content_sha256}
        limits = Limits(seconds=float(settings.DIALER_FETCH_SECONDS), body_bytes=int(settings.DIALER_UPLOAD_MAX_BYTES))
        with opened(url=source.location, headers=headers, limits=limits) as answer:
            if answer.status == 304:
                yield None, {}
                return
            if answer.status != 200:
                raise UnableToFetch(f"The address answers {answer.status}.")
            _copy(answer.pieces(), spool)
        yield spool, answer.headers


def _path(location: str) -> Path:
    """Return the file below the folder of imports, never outside it by a link."""
    if not settings.DIALER_IMPORT_FOLDER:
        raise UnableToFetch("DIALER_IMPORT_FOLDER is not set: files are read from below that folder only.")
    folder = Path(settings.DIALER_IMPORT_FOLDER).resolve()
    path = (folder / urlsplit(location).path.lstrip("/")).resolve()
    if not path.is_relative_to(folder):
        raise UnableToFetch("This file is not below DIALER_IMPORT_FOLDER.")
    return path


def _copy(pieces: Iterator[bytes], spool: Any) -> None:
    size_bytes = 0
    for piece in pieces:
        size_bytes += len(piece)
        if size_bytes > settings.DIALER_UPLOAD_MAX_BYTES:
            raise UnableToFetch(f"The file is larger than {settings.DIALER_UPLOAD_MAX_BYTES // 1024**2} MB.")
        spool.write(piece)
    spool.seek(0)


def _spooled_sha256(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while piece := file.read(PIECE_BYTES):
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()
