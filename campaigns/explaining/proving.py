"""The record of one number: each call and each time it was passed over, with the rule and the rules' version."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import orjson
from django.db.models import QuerySet

from campaigns.models import Attempt, Lead, OptOut, PossibleOptOut, RulesVersion, Skip, SuppressedNumber
from campaigns.rows.spreadsheet import csv_lines
from dialer.json_limits import dumped
from dialer.models import Archive

#: What claiming has checked of every call before it reserved it.
CHECKED = "campaign state, kill switch, hours, profile, caps, suppression, live calls of the person"
COLUMNS = (
    "kind", "at", "number", "campaign", "lead", "attempt", "rule", "detail", "until", "rules_version", "profile",
    "zones", "calls_before", "did", "outcome", "ended_at",
)  # fmt: skip


def record_of(*, number: str) -> Iterator[dict[str, Any]]:
    """Yield what is known of a number (E.164), oldest first: CALL, SKIP, SUPPRESSED, OPT_OUT,
    POSSIBLE_OPT_OUT, LEAD, REMOVED; then the RULES.

    Instants are aware. RULES rows hold each version of the rules in full to which others refer.
    """
    attempts = list(
        Attempt.objects.filter(number=number, is_rehearsal=False)
        .select_related("did", "rules_version", "profile")
        .order_by("id")
    )
    skips = list(_of_calls(Skip.objects.filter(number=number)).select_related("rules_version").order_by("id"))
    rows = [
        *(_call(attempt, attempts) for attempt in attempts),
        *(_skip(skip) for skip in skips),
        *_others(number),
        *_removed(number),
    ]
    yield from sorted(rows, key=lambda row: row["at"])
    made_by = [*(attempt.rules_version for attempt in attempts), *(skip.rules_version for skip in skips)]
    versions = {version for version in made_by if version is not None}
    for version in sorted(versions, key=lambda version: version.pk):
        yield _rules(version, number)


def _of_calls(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Leave out what was rehearsed: nobody was called, and nobody was to be."""
    return rows.filter(campaign__account__is_sandbox=False)


def _removed(number: str) -> Iterator[dict[str, Any]]:
    """Say what the record may lack: old calls, anyone's, that were archived and removed."""
    archive = Archive.objects.filter(kind="calls", removed__gt=0).order_by("-old_before").first()
    if archive is not None:
        detail = (
            f"Calls that ended before {archive.old_before:%Y-%m-%d %H:%M} UTC may be archived and removed: look for "
            "the number in the archives of calls. They count in no calls_before."
        )
        yield {"kind": "REMOVED", "at": archive.old_before, "number": number, "detail": detail}


def _call(attempt: Attempt, attempts: Sequence[Attempt]) -> dict[str, Any]:
    version = attempt.rules_version
    return {
        "kind": "CALL",
        "at": attempt.reserved_at,
        "number": attempt.number,
        "campaign": attempt.campaign_id,
        "lead": attempt.lead_id,
        "attempt": attempt.pk,
        "rule": "ALLOWED",
        "detail": _detail(attempt),
        "rules_version": str(version) if version else "",
        "profile": f"{attempt.profile.slug} v{attempt.profile.version}" if attempt.profile else "",
        "zones": (attempt.grounds or {}).get("zones", []),
        "calls_before": _calls_before(attempt, attempts) if version else {},
        "did": attempt.did.number if attempt.did else "",
        "outcome": attempt.outcome or "",
        "ended_at": attempt.ended_at,
    }


def _detail(attempt: Attempt) -> str:
    said = f"Checked before it was reserved: {CHECKED}."
    if attempt.rules_version is None:
        said = "No rules were kept with this call."
    return f"{said} {attempt.absence}." if attempt.absence else said


def _calls_before(attempt: Attempt, attempts: Sequence[Attempt]) -> dict[str, int]:
    """Return how many dials each cap of the rules had seen."""
    rules = attempt.rules_version.rules if attempt.rules_version else {}
    caps = [*(rules.get("caps") or []), *((rules.get("profile") or {}).get("rules") or {}).get("caps", [])]
    dials = [
        other.placing_at or other.reserved_at
        for other in attempts
        if other.pk < attempt.pk and other.is_burned is not False
    ]
    at = attempt.reserved_at
    return {
        f"{cap['calls']} per {cap['hours']:g} h": sum(at - timedelta(hours=cap["hours"]) < dial <= at for dial in dials)
        for cap in caps
    }


def _skip(skip: Skip) -> dict[str, Any]:
    return {
        "kind": "SKIP",
        "at": skip.at,
        "number": skip.number,
        "campaign": skip.campaign_id,
        "lead": skip.lead_id,
        "rule": skip.rule,
        "detail": skip.detail,
        "until": skip.until,
        "rules_version": str(skip.rules_version),
    }


def _others(number: str) -> Iterator[dict[str, Any]]:
    for entry in SuppressedNumber.objects.filter(number=number).select_related("suppression_list"):
        detail = f"{entry.suppression_list.name}: {entry.reason}"
        yield {"kind": "SUPPRESSED", "at": entry.created_at, "number": number, "detail": detail, "until": entry.until}
    for said in OptOut.objects.filter(number=number):
        yield {
            "kind": "OPT_OUT",
            "at": said.created_at,
            "number": number,
            "attempt": said.attempt_id,
            "detail": said.words,
        }
    yield from map(_doubt, PossibleOptOut.objects.filter(number=number))
    for lead in _of_calls(Lead.objects.filter(number=number)):
        detail = f"{lead.state}: {lead.state_reason}" if lead.state_reason else lead.state
        row = {"kind": "LEAD", "at": lead.created_at, "number": number, "campaign": lead.campaign_id, "lead": lead.pk}
        yield row | {"detail": detail, "ended_at": lead.ended_at}


def _doubt(doubt: PossibleOptOut) -> dict[str, Any]:
    decided = "to be decided"
    if doubt.decided_at is not None:
        decided = (
            f"{doubt.get_decision_display()}, decided by {doubt.decided_by} at {doubt.decided_at:%Y-%m-%d %H:%M} UTC"
        )
    return {
        "kind": "POSSIBLE_OPT_OUT",
        "at": doubt.heard_at,
        "number": doubt.number,
        "campaign": doubt.campaign_id,
        "attempt": doubt.attempt_id,
        "detail": f"{doubt.heard_in}: {doubt.said} ({doubt.get_why_display()}). {decided[0].upper()}{decided[1:]}.",
        "until": doubt.until,
    }


def _rules(version: RulesVersion, number: str) -> dict[str, Any]:
    return {
        "kind": "RULES",
        "at": version.made_at,
        "number": number,
        "campaign": version.campaign_id,
        "rules_version": str(version),
        "detail": dumped(version.rules).decode(),
    }


def as_jsonl(*, number: str) -> Iterator[bytes]:
    """Yield the record as JSON, one object a line."""
    for row in record_of(number=number):
        yield dumped(row, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE)


def as_csv(*, number: str) -> Iterator[str]:
    """Yield the lines of the record as CSV, its header first; every column in every row."""
    rows = ([row.get(name) for name in COLUMNS] for row in record_of(number=number))
    return csv_lines(columns=COLUMNS, rows=rows)
