"""Entries of the audit as a page shows them: who, what, from what to what."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.urls import NoReverseMatch, reverse

from dialer.models import AuditEntry

FACES = {"ADMIN": "admin", "REST": "REST", "COMMAND": "command", "JOB": "job"}
THE_DIALER = "The dialer itself"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownEntry:
    """An entry in words; ``link``: the page of what it was on, empty where there is none."""

    entry: AuditEntry
    who: str
    on: str
    link: str
    changes: list[tuple[str, str, str]]
    details: str


def shown(entry: AuditEntry) -> ShownEntry:
    """Return an entry in words."""
    return ShownEntry(
        entry=entry, who=who(entry), on=on(entry), link=link(entry), changes=changes(entry), details=details(entry)
    )


def who(entry: AuditEntry) -> str:
    """Return who did it, and by what."""
    if not entry.by:
        return THE_DIALER
    return f"{entry.by}, key {entry.key}" if entry.key else f"{entry.by}, {FACES.get(entry.face, entry.face)}"


def on(entry: AuditEntry) -> str:
    """Return what it was on: the kind of object, and its name then."""
    kind = kind_of(entry.subject)
    if entry.subject_name.lower().startswith(f"{kind.lower()} #"):
        return entry.subject_name
    if entry.subject_name:
        return f"{kind} {entry.subject_name}"
    return f"{kind} #{entry.subject_id}" if entry.subject_id is not None else kind


def kind_of(subject: str) -> str:
    """Return the name of a kind of object, as "Campaign"."""
    try:
        name = str(apps.get_model(subject)._meta.verbose_name)
    except (LookupError, ValueError):
        name = subject
    return name[:1].upper() + name[1:]


def link(entry: AuditEntry) -> str:
    """Return the address of the page of what it was on; where that is deleted, the page says so."""
    if entry.subject_id is None or entry.what == "Deleted":
        return ""
    try:
        return reverse(f"admin:{entry.subject.replace('.', '_')}_change", args=[entry.subject_id])
    except NoReverseMatch:
        return ""


def changes(entry: AuditEntry) -> list[tuple[str, str, str]]:
    """Return for each field that changed its name, the value before, and the value after."""
    return [
        (name.replace("_", " ").capitalize(), as_text(pair[0]), as_text(pair[1]))
        for name, pair in entry.changes.items()
    ]


def details(entry: AuditEntry) -> str:
    """Return what else is known of it."""
    found = [f"{name.replace('_', ' ')}: {as_text(value)}" for name, value in entry.details.items()]
    if entry.rows is not None:
        found.insert(0, f"{entry.rows:,} {'row' if entry.rows == 1 else 'rows'}")
    return ", ".join(found)


def as_text(value: Any) -> str:
    """Return a value of an entry as a person reads it."""
    if value in (None, "", [], {}):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(as_text(one) for one in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
