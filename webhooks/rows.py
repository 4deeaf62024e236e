"""Rows of call logs in the inbox: each once for each state that it is seen in, with what it says in our words."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

import orjson

from campaigns.settling.facts import jsonb
from dialer.providers.base import CallReport, Outcome, Phase
from dialer.sql import hot_cursor

_KEPT = tuple(field.name for field in fields(CallReport) if field.name not in {"raw", "source", "dedupe_key"})
_INSTANTS = ("started_at", "answered_at", "ended_at")

_STORE = """
INSERT INTO webhooks_providerevent (account_id, source, headers, body, report, dedupe_key)
SELECT %s, 'LOG', '{}'::jsonb, v.body, v.report::jsonb, v.dedupe_key
  FROM unnest(%s::bytea[], %s::text[], %s::text[]) AS v(body, report, dedupe_key)
    ON CONFLICT (account_id, dedupe_key) WHERE dedupe_key IS NOT NULL DO NOTHING
"""


_KEEP_PAGE = """
INSERT INTO webhooks_providerevent (account_id, source, headers, body, state, problem)
VALUES (%s, 'LOG', '{}'::jsonb, %s, 'IGNORED', 'A page of the log that was no clean JSON, as it came: see its rows')
"""


def store_rows(*, account_id: int, reports: Sequence[CallReport], damaged: Sequence[bytes] = ()) -> int:
    """Store rows of an account's log as NEW events, those that are not there yet; return how many were new.

    ``damaged``: pages that were no clean JSON; where they brought something new, their bytes are kept beside it.
    """
    rows = {row_key(report): report for report in reports}
    if not rows:
        return 0
    with hot_cursor() as cursor:
        bodies = [_raw(report) for report in rows.values()]
        cursor.execute(_STORE, [account_id, bodies, [as_json(report) for report in rows.values()], list(rows)])
        new = int(cursor.rowcount)
        for body in damaged if new else ():
            cursor.execute(_KEEP_PAGE, [account_id, body])
        return new


def row_key(report: CallReport) -> str:
    """Return what repeats of a row share. A row that has changed its state since, or says more of its end, is news."""
    state = report.outcome or report.phase
    key = report.dedupe_key or hashlib.sha256(_raw(report)).hexdigest()
    return f"{key[:250]}:{state}{_of_end(report)}".replace("\x00", "")[:300]


def _of_end(report: CallReport) -> str:
    """Return a mark of what an ended row says: some are written as their call ends, and filled in afterwards."""
    if report.outcome is None:
        return ""
    # Of a recording's address only that there is one: a signed address is another at each look.
    said = (report.duration_seconds, report.talk_seconds, report.digits, report.disposition, report.cost)
    return ":" + hashlib.sha256(repr((*said, bool(report.recording_url))).encode()).hexdigest()[:8]


def as_json(report: CallReport) -> str:
    """Return what a row says as JSON text that PostgreSQL stores."""
    said = {name: getattr(report, name) for name in _KEPT}
    said = {name: value for name, value in said.items() if value is not None}
    return jsonb(said) or jsonb({**said, "transcript": None, "analysis": None}) or "{}"


def from_json(said: dict[str, Any]) -> CallReport:
    """Return the report that ``as_json`` wrote. Raises ValueError, TypeError or KeyError when it is none."""
    known = {name: value for name, value in said.items() if name in _KEPT}
    outcome = known.pop("outcome", None)
    found = CallReport(phase=Phase(known.pop("phase")), outcome=Outcome(outcome) if outcome else None, source="LOG")
    known |= {name: datetime.fromisoformat(known[name]) for name in _INSTANTS if known.get(name)}
    return replace(found, **known)


def as_stored(reports: Sequence[CallReport]) -> str | None:
    """Return what a push says as JSON text, so that it is not parsed again; None where that cannot be stored."""
    texts = [as_json(report) for report in reports]
    return None if "{}" in texts else f"[{','.join(texts)}]"


def _raw(report: CallReport) -> bytes:
    try:
        return orjson.dumps(report.raw)
    except (orjson.JSONEncodeError, RecursionError):  # nested deeper than a row of a log is
        return b"(nested too deeply to be kept)"
