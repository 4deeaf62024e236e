"""Entries of the audit as a page shows them: who, what, from what to what."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from dialer.models import AuditEntry

FACES = {"ADMIN": "admin", "REST": "REST", "COMMAND": "command", "JOB": "job"}
THE_DIALER = "The dialer itself"
#: What was added has many fields: so many are in sight, the others a click away.
IN_SIGHT = 6
#: How the values of a column are said that is stored as JSON, by the kind of object and the column.
_WORDS: dict[tuple[str, str], Callable[[Any], str]] = {}


def say(subject: str, column: str, words: Callable[[Any], str]) -> None:
    """Have a value in a column of ``subject`` ("campaigns.campaign"), or in a part of it, said by ``words``."""
    _WORDS[subject, column] = words


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownEntry:
    """An entry in words; ``link``: the page of what it was on, empty where there is none."""

    entry: AuditEntry
    who: str
    on: str
    link: str
    changes: list[tuple[str, str, str]]
    details: str

    @property
    def lines(self) -> SafeString:
        """Each change on a line."""
        return lines(self.changes, is_new=self.entry.what == "Added", most=IN_SIGHT)


def shown(entry: AuditEntry) -> ShownEntry:
    """Return an entry in words."""
    return ShownEntry(
        entry=entry, who=who(entry), on=on(entry), link=link(entry), changes=changes(entry), details=details(entry)
    )


def who(entry: AuditEntry) -> str:
    """Return who did it; and by what, where it was not by hand on these pages."""
    if not entry.by:
        return THE_DIALER
    if entry.key:
        return f"{entry.by}, key {entry.key}"
    return entry.by if entry.face == "ADMIN" else f"{entry.by}, {FACES.get(entry.face, entry.face)}"


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
    found = []
    for name, (before, after) in entry.changes.items():
        words = _WORDS.get((entry.subject, name.partition(".")[0]), as_text)
        label = re.sub(r"^Did(s?)\b", r"DID\1", name.replace("_", " ").replace(".", ", ").capitalize())
        found.append((label, said(before, words), said(after, words)))
    return found


def said(value: Any, words: Callable[[Any], str]) -> str:
    """Return a value in words, each of a list by itself."""
    if value in (None, "", [], {}):
        return "–"
    return "; ".join(words(one) for one in value) if isinstance(value, list) and words is not as_text else words(value)


def lines(changes: list[tuple[str, str, str]], *, is_new: bool, most: int | None = None) -> SafeString:
    """Return each change on a line, those beyond ``most`` folded. What is new has nothing before."""
    shape = '<div class="d-change"><b>{0}</b> {2}</div>' if is_new else '<div class="d-change"><b>{}</b> {} → {}</div>'
    shown, more = changes[:most], changes[len(changes[:most]) :]
    first = format_html_join("", shape, shown)
    folded = SafeString()
    if more:
        rest = format_html_join("", shape, more)
        folded = format_html('<details class="d-change"><summary>{} more</summary>{}</details>', len(more), rest)
    return format_html("<div>{}{}</div>", first, folded) if changes else first


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
    if isinstance(value, dict):
        return ", ".join(f"{str(name).replace('_', ' ')} {as_text(one)}" for name, one in value.items())
    return str(value)
