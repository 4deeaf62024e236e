"""One export: the bytes of its file; who takes it is written down before the first, and its manifest after the last.

The manifest is the export's entry in the audit: rows, bytes and SHA-256 of what left us, and whether all of it did.
"""

from __future__ import annotations

import glob
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db.models import QuerySet

from campaigns.acts import EXPORT, EXPORT_CONTACTS
from campaigns.exports.parquet import parquet
from campaigns.exports.reading import read, rows_of, variables_of
from campaigns.exports.text import csv, jsonl
from campaigns.exports.wanted import FORMS, Wanted
from campaigns.exports.workbooks import xlsx
from dialer.accesses import Reader, counted, note_access, sealed
from dialer.models import AccessKind, AuditEntry, EntryKind

#: What of a request a manifest repeats.
OF_REQUEST = ("what", "form", "of", "columns", "variables", "time_zone", "left", "since", "until")
_WRITERS: dict[str, Callable[..., Iterator[bytes]]] = {"csv": csv, "jsonl": jsonl, "xlsx": xlsx, "parquet": parquet}


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """An export that can begin: its bytes, and the entry that tells of it."""

    pieces: Iterator[bytes]
    access: AuditEntry
    file_name: str
    content_type: str


def export(wanted: Wanted, *, reader: Reader, now: datetime, told: Callable[[int], None] | None = None) -> Export:
    """Begin an export. ``told`` is called with the rows so far. Raises UnableToExport.

    Who exports is written down at once, and how many rows left us once they ended.
    """
    columns = wanted.chosen(variables_of(wanted))
    about = wanted.as_json() | {"made_at": now.isoformat(), "columns": list(columns)}
    access = _noted(wanted, reader, now)
    rows: Any = counted(read(wanted, columns=columns), access=access)
    pieces = _WRITERS[wanted.form](columns, _telling(rows, told) if told else rows, about=about)
    return Export(pieces=pieces, access=access, file_name=file_name(wanted), content_type=FORMS[wanted.form][0])


def rows_to_come(wanted: Wanted) -> int:
    """Return how many rows it would have, for a bar and for a dry run: they are counted one by one."""
    return rows_of(wanted, of_ids=wanted.of_ids).count()


def file_name(wanted: Wanted) -> str:
    """Return what the file is called."""
    kind = "list" if wanted.what == "contacts" else "campaign"
    ids = wanted.of_ids
    of = f"{kind}-{ids[0]}" if len(ids) == 1 else f"{len(ids)}-{kind}s"
    return f"{'calls' if wanted.what == 'attempts' else wanted.what}-of-{of}.{wanted.form}"


def _noted(wanted: Wanted, reader: Reader, now: datetime) -> AuditEntry:
    ids = wanted.of_ids
    return note_access(
        kind=AccessKind.EXPORT,
        reader=reader,
        subject="contactlist" if wanted.what == "contacts" else "campaign",
        # Of several there is no one subject: they are all in the details.
        subject_id=ids[0] if len(ids) == 1 else None,
        now=now,
        act=(EXPORT_CONTACTS if wanted.what == "contacts" else EXPORT).name,
        details=wanted.as_json(),
    )


def _telling(rows: Iterator[Any], told: Callable[[int], None]) -> Iterator[Any]:
    for number, row in enumerate(rows, 1):
        if number % 1_000 == 0:
            told(number)
        yield row


def exports(entries: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
    """Return those entries that tell of exports."""
    return entries.filter(kind=EntryKind.ACCESS, act__in=[EXPORT.name, EXPORT_CONTACTS.name], details__has_key="of")


def manifest_of(access: AuditEntry) -> dict[str, Any]:
    """Return what proves a file: it is whole where ``is_whole``, and its bytes have this length and SHA-256."""
    details: dict[str, Any] = access.details
    return {
        "export": access.pk,
        "by": access.by,
        "made_at": access.at.isoformat(),
        "is_whole": bool(details.get("is_whole")),
        "rows": access.rows,
        "bytes": details.get("bytes"),
        "sha256": details.get("sha256"),
        **{name: details.get(name) for name in OF_REQUEST},
    }


def write(path: Path, made: Export) -> dict[str, Any]:
    """Write an export to a file that is there under its name once it is whole; return its manifest, written beside it.

    What a killed writer of the same file has left behind is removed. Raises OSError where it could not be written.
    """
    for left_over in path.parent.glob(f"{glob.escape(path.name)}.*.part"):
        left_over.unlink(missing_ok=True)
    # Of its own: should two write the same file after all, neither writes into the other's.
    part = path.with_name(f"{path.name}.{made.access.pk}.part")
    with part.open("wb") as stream:
        for piece in sealed(made.pieces, access=made.access):
            stream.write(piece)
    made.access.refresh_from_db()
    manifest = manifest_of(made.access)
    path.with_name(path.name + ".manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    part.replace(path)
    return manifest
