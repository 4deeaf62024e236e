"""Writes down who heard a recording, exported rows or looked at raw events, before anything of it leaves us.

These are entries of the audit like all others, of the kinds ACCESS and LOOK.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.apps import apps

from dialer.audit import Actor, Subject, command_actor, record
from dialer.audit.acting import current
from dialer.audit.recording import subject_of
from dialer.models import AccessKind, AuditEntry, EntryKind

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who asks, and by which face: ADMIN, REST, COMMAND or JOB."""

    by: str
    face: str


def command_reader() -> Reader:
    """Return who runs a command."""
    who = command_actor()
    return Reader(by=who.by, face=who.face)


def note_access(
    *,
    kind: AccessKind,
    reader: Reader,
    subject: str,
    now: datetime,
    subject_id: int | None = None,
    rows: int | None = None,
    details: Mapping[str, Any] | None = None,
    act: str = "",
) -> AuditEntry:
    """Write it down; in a transaction of the caller's, if there is one.

    ``subject``: a model by its name, such as "campaign", or "number". ``act``: its name in the table of rights.
    """
    under_way = current()
    key = under_way.actor.key if under_way is not None else ""
    return record(
        act=act or kind.lower(),
        what=kind.label,
        kind=EntryKind.LOOK if kind == AccessKind.EVENT else EntryKind.ACCESS,
        actor=Actor(by=reader.by, face=reader.face, key=key),
        subject=_subject(subject, subject_id),
        rows=rows,
        details=details,
        now=now,
    )


def _subject(name: str, pk: int | None) -> Subject:
    model = next((one for one in apps.get_models() if one._meta.model_name == name), None)
    if model is None:
        return Subject(of=name, id=pk)
    row = model._default_manager.filter(pk=pk).first() if pk is not None else None
    return Subject(of=model._meta.label_lower, id=pk) if row is None else subject_of(row)


def counted(rows: Iterable[Row], *, access: AuditEntry) -> Iterator[Row]:
    """Give the rows, and write how many left us once they end or nobody takes more of them."""
    count = 0
    try:
        for row in rows:
            yield row
            count += 1
    finally:
        AuditEntry.objects.filter(pk=access.pk, rows=None).update(rows=count)


def sealed(pieces: Iterable[bytes], *, access: AuditEntry) -> Iterator[bytes]:
    """Give the bytes of a file as they leave us; write their length and SHA-256 down, and whether they came to the end.

    So the file's owner can prove that it is whole.
    """
    digest, size_bytes, is_whole = hashlib.sha256(), 0, False
    try:
        for piece in pieces:
            digest.update(piece)
            size_bytes += len(piece)
            yield piece
        is_whole = True
    finally:
        seal = {"bytes": size_bytes, "sha256": digest.hexdigest(), "is_whole": is_whole}
        AuditEntry.objects.filter(pk=access.pk).update(details={**access.details, **seal})
