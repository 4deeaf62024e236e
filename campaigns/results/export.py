"""Results as CSV or JSON lines: each call of a campaign with its lead, row by row, however many there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import orjson

from campaigns.acts import EXPORT
from campaigns.models import Attempt, Lead
from campaigns.results.addresses import hidden_facts, recording_path
from campaigns.rows.spreadsheet import csv_lines
from dialer.accesses import Reader, counted, note_access
from dialer.models import AccessKind

What = Literal["attempts", "leads"]
Form = Literal["csv", "jsonl"]
CHUNK_ROWS = 2_000

_ATTEMPT: dict[str, str] = {
    "attempt_id": "id", "campaign_id": "campaign_id", "lead_id": "lead_id", "number": "number",
    "external_reference": "lead__contact__external_reference", "name": "lead__contact__name", "outcome": "outcome",
    "disposition": "disposition", "reserved_at": "reserved_at", "answered_at": "answered_at", "ended_at": "ended_at",
    "talk_seconds": "talk_seconds", "duration_seconds": "duration_seconds", "digits": "digits", "cost": "cost",
    "detail": "detail", "from_number": "did__number", "external_id": "external_id", "recording_url": "recording_url",
    "lead_state": "lead__state", "absent_once_at": "absent_once_at", "absent_at": "absent_at",
}  # fmt: skip
_LEAD: dict[str, str] = {
    "lead_id": "id", "campaign_id": "campaign_id", "number": "number",
    "external_reference": "contact__external_reference", "name": "contact__name", "state": "state",
    "state_reason": "state_reason", "attempts_made": "attempts_made", "last_outcome": "last_outcome",
    "last_attempt_at": "last_attempt_at", "next_attempt_at": "next_attempt_at", "ended_at": "ended_at",
}  # fmt: skip


def export(
    *,
    campaign_id: int,
    what: What,
    form: Form,
    reader: Reader,
    now: datetime,
    since: datetime | None = None,
    until: datetime | None = None,
    lead_ids: Sequence[int] | None = None,
) -> Iterator[bytes]:
    """Give the lines of the file. ``since`` (inclusive) and ``until`` (exclusive) are of the end of a call or lead.

    ``lead_ids``: of these leads alone.

    Who exports is written down at once, and how many rows left us once they ended.
    """
    columns = _ATTEMPT if what == "attempts" else _LEAD
    rows: Any = (Attempt if what == "attempts" else Lead).objects.filter(campaign_id=campaign_id).order_by("id")
    if lead_ids is not None:
        rows = rows.filter(**{"lead_id__in" if what == "attempts" else "pk__in": lead_ids})
    if since is not None:
        rows = rows.filter(ended_at__gte=since)
    if until is not None:
        rows = rows.filter(ended_at__lt=until)
    found: Iterator[tuple[Any, ...]] = rows.values_list(*columns.values()).iterator(chunk_size=CHUNK_ROWS)
    if what == "attempts":
        found = (_hidden(row) for row in found)
    access = note_access(
        kind=AccessKind.EXPORT,
        reader=reader,
        subject="campaign",
        subject_id=campaign_id,
        now=now,
        act=EXPORT.name,
        details={
            "what": what,
            "form": form,
            "since": since.isoformat() if since else None,
            "until": until.isoformat() if until else None,
            "leads_chosen": len(lead_ids) if lead_ids is not None else None,
        },
    )
    found = counted(found, access=access)
    return _csv(list(columns), found) if form == "csv" else _jsonl(list(columns), found)


def _hidden(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a call with our path for its recording, in place of the provider's address."""
    call = dict(zip(_ATTEMPT, row, strict=True))
    attempt_id, url = call["attempt_id"], call["recording_url"]
    call["detail"] = hidden_facts(call["detail"], attempt_id=attempt_id, recording_url=url)
    call["recording_url"] = recording_path(attempt_id) if url else url
    return tuple(call.values())


def write(path: Path, lines: Iterable[bytes]) -> int:
    """Write a file, which is there under its name once it is whole; return its size in bytes."""
    part = path.with_name(path.name + ".part")
    with part.open("wb") as stream:
        for line in lines:
            stream.write(line)
        size_bytes = stream.tell()
    part.replace(path)
    return size_bytes


def _jsonl(columns: list[str], rows: Iterable[tuple[Any, ...]]) -> Iterator[bytes]:
    for row in rows:
        yield orjson.dumps(dict(zip(columns, row, strict=True))) + b"\n"


def _csv(columns: list[str], rows: Iterable[tuple[Any, ...]]) -> Iterator[bytes]:
    return (line.encode() for line in csv_lines(columns=columns, rows=rows))
