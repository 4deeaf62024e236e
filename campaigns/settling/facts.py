"""What reports say of a call besides its state: ids, times, recording, transcript, analysis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import structlog

from dialer.providers.base import CallReport

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What reports say of a call besides its state. None or empty: not said."""

    attempt_id: int
    external_id: str | None
    disposition: str | None
    talk_seconds: float | None
    duration_seconds: float | None
    disconnected_by: str | None
    recording_url: str | None
    answered_at: datetime | None
    digits: str | None
    cost: str | None
    transcript: str | None
    analysis: str | None

    @classmethod
    def merged(cls, attempt_id: int, reports: Sequence[CallReport]) -> Facts | None:
        """Return what several reports of one call say together, the last word winning; None if they say nothing."""

        def last(name: str) -> Any:
            values = [getattr(report, name) for report in reports]
            return next((value for value in reversed(values) if value not in (None, "")), None)

        values: dict[str, Any] = {name: last(name) for name in _PLAIN_FACTS}
        for name in ("transcript", "analysis"):
            values[name] = jsonb(last(name))
        if not any(value is not None for value in values.values()):
            return None
        return cls(attempt_id=attempt_id, **values)


_PLAIN_FACTS = (
    "external_id",
    "disposition",
    "talk_seconds",
    "duration_seconds",
    "disconnected_by",
    "recording_url",
    "answered_at",
    "digits",
    "cost",
)


def jsonb(value: Any) -> str | None:
    """Return ``value`` as JSON text that PostgreSQL stores: without NUL, which it refuses. None for what cannot be."""
    if value is None:
        return None
    try:
        return orjson.dumps(_without_nul(value)).decode()
    except (orjson.JSONEncodeError, RecursionError):
        # Nested deeper than anybody talks: the event keeps it as it came.
        log.warning("a transcript or analysis is not stored: it is nested too deeply")
        return None


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, dict):
        return {str(key).replace("\x00", ""): _without_nul(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nul(item) for item in value]
    return value


# What is known already is kept: a repeated or late report adds, it never takes away.
_ADD_FACTS = """
UPDATE campaigns_attempt a
   SET external_id = COALESCE(a.external_id, left(v.external_id, 200)),
       disposition = COALESCE(NULLIF(a.disposition, ''), left(v.disposition, 100), ''),
       talk_seconds = COALESCE(a.talk_seconds, v.talk_seconds),
       duration_seconds = COALESCE(a.duration_seconds, v.duration_seconds),
       disconnected_by = COALESCE(NULLIF(a.disconnected_by, ''), left(v.disconnected_by, 40), ''),
       recording_url = COALESCE(NULLIF(a.recording_url, ''), v.recording_url, ''),
       answered_at = COALESCE(a.answered_at, v.answered_at),
       digits = COALESCE(NULLIF(a.digits, ''), left(v.digits, 100), ''),
       cost = COALESCE(NULLIF(a.cost, ''), left(v.cost, 60), ''),
       transcript = COALESCE(a.transcript, v.transcript::jsonb),
       analysis = COALESCE(a.analysis, v.analysis::jsonb)
  FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::float8[], %s::float8[], %s::text[], %s::text[],
              %s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::text[])
       AS v(id, external_id, disposition, talk_seconds, duration_seconds, disconnected_by, recording_url,
            answered_at, digits, cost, transcript, analysis)
 WHERE a.id = v.id
"""


def add_facts(cursor: Any, *, facts: Sequence[Facts]) -> None:
    """Fill in what reports say of calls; no state changes."""
    names = ("attempt_id", *_PLAIN_FACTS, "transcript", "analysis")
    cursor.execute(_ADD_FACTS, [[getattr(fact, name) for fact in facts] for name in names])


def note_disagreements(cursor: Any, *, texts: Mapping[int, str]) -> None:
    """Write beside an end what another source says otherwise; no state changes."""
    cursor.execute(
        """UPDATE campaigns_attempt a
              SET disagreement = left(concat_ws('; ', NULLIF(a.disagreement, ''), v.said), 300)
             FROM unnest(%s::bigint[], %s::text[]) AS v(id, said)
            WHERE a.id = v.id AND position(v.said IN a.disagreement) = 0""",
        [list(texts), list(texts.values())],
    )
