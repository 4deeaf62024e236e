"""Writes entries of the audit: in the caller's transaction, so that an act and its entry are there both or neither."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Model

from dialer.audit.acting import DIALER, THE_DIALER, Actor, current
from dialer.audit.parts import whole_of
from dialer.models import AuditEntry, EntryKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What an act was on, where it is no row, or its row is not at hand. ``of``: the label of its kind."""

    of: str
    id: int | None = None
    name: str = ""
    within: str = ""
    within_id: int | None = None


def record(
    *,
    act: str,
    what: str,
    subject: Model | Subject,
    changes: Mapping[str, Sequence[Any]] | None = None,
    reason: str = "",
    rows: int | None = None,
    details: Mapping[str, Any] | None = None,
    kind: EntryKind | None = None,
    actor: Actor | None = None,
    now: datetime | None = None,
) -> AuditEntry:
    """Write that ``act``, ``what`` in words, was done to ``subject``, by who acts here unless ``actor`` is given.

    ``changes``: by field the value before and after, fit for JSON and without secrets. ``now``: UTC.
    """
    entry = _entry(act, what, subject, actor)
    entry.at = now or datetime.now(UTC)
    entry.changes, entry.reason, entry.rows = {k: list(v) for k, v in (changes or {}).items()}, reason[:500], rows
    entry.details = {name: value for name, value in (details or {}).items() if value not in (None, "", [], {})}
    entry.kind = kind or (EntryKind.ITSELF if entry.face == DIALER else EntryKind.ACT)
    entry.save(force_insert=True)
    return entry


def record_many(
    *,
    act: str,
    what: str,
    subjects: Iterable[Model | Subject],
    reason: str = "",
    now: datetime | None = None,
    **extra: Any,
) -> None:
    """Write an entry for each of ``subjects``, in one statement."""
    entries = []
    for subject in subjects:
        entry = _entry(act, what, subject, None)
        entry.at, entry.reason = now or datetime.now(UTC), reason[:500]
        entry.kind = EntryKind.ITSELF if entry.face == DIALER else EntryKind.ACT
        for name, value in extra.items():
            setattr(entry, name, value)
        entries.append(entry)
    AuditEntry.objects.bulk_create(entries)


def unchanged() -> None:
    """Say that what was asked for changed nothing, so that no entry is due."""
    if (under_way := current()) is not None:
        under_way.is_told = True


def _entry(act: str, what: str, subject: Model | Subject, actor: Actor | None) -> AuditEntry:
    under_way = current()
    if under_way is not None:
        under_way.is_told = True
    who = actor or (under_way.actor if under_way is not None else THE_DIALER)
    on = subject if isinstance(subject, Subject) else subject_of(subject)
    return AuditEntry(
        by=who.by[:150], key=who.key[:120], face=who.face, act=act[:60], what=what[:200],
        subject=on.of[:60], subject_id=on.id, subject_name=on.name[:200], within=on.within, within_id=on.within_id,
    )  # fmt: skip


def subject_of(row: Model) -> Subject:
    """Return what a row is called in entries."""
    within, within_id = whole_of(row)
    pk = row.pk if isinstance(row.pk, int) else None
    return Subject(of=row._meta.label_lower, id=pk, name=str(row), within=within, within_id=within_id)
