"""What reports say of a call besides its state: ids, times, recording, transcript, analysis.

Facts of the end win over facts from before, in whatever order the reports come: every order gives the same. Of two
reports of equal weight the fuller one counts: the longer time, the longer text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

import orjson
import structlog

from campaigns.states.facts import BITS, JSON, NUMBERS
from dialer.providers.base import CallReport, Phase

log = structlog.get_logger(__name__)

#: The facts of BITS that a report tells, all at once.
_told = attrgetter(*BITS)
_MOST_CHARS = {"external_id": 200, "disposition": 100, "disconnected_by": 40, "digits": 100, "cost": 60}
# "0", "0.00", "0 s", "INR 0": a cost that is told while the call goes on.
_NO_COST = re.compile(r"[^0-9]*0*(?:[.,]0*)?[^0-9]*")


class Facts(NamedTuple):
    """What reports say of a call besides its state. None or empty: not said. ``of_end``: bits of what its end says."""

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
    of_end: int

    @classmethod
    def merged(cls, attempt_id: int, reports: Sequence[CallReport]) -> Facts | None:
        """Return what several reports of one call say together; None if they say nothing."""
        if len(reports) == 1:
            return cls._of_one(attempt_id, reports[0])
        external_id = next((report.external_id for report in reports if report.external_id), None)
        values: dict[str, Any] = dict.fromkeys(BITS)
        of_end = 0
        for report in reports:
            is_end = is_of_end(report)
            for name, bit in BITS.items():
                value = _said(name, getattr(report, name), is_end=is_end)
                if value is None:
                    continue
                known = values[name]
                if known is None or (is_end and not of_end & bit):
                    values[name] = value
                elif is_end or not of_end & bit:
                    values[name] = _fuller(name, known, value)
                of_end |= bit if is_end else 0
        if external_id is None and all(value is None for value in values.values()):
            return None
        return cls(attempt_id=attempt_id, external_id=_cut("external_id", external_id), of_end=of_end, **values)

    @classmethod
    def _of_one(cls, attempt_id: int, report: CallReport) -> Facts | None:
        """Return what one report says: the usual case, and the one that has to be quick."""
        is_end = is_of_end(report)
        values: list[Any] = []
        of_end = 0
        for (name, bit), told in zip(BITS.items(), _told(report), strict=True):
            value = None if told is None else _said(name, told, is_end=is_end)
            values.append(value)
            of_end |= 0 if value is None else bit
        external_id = report.external_id or None
        if not of_end and external_id is None:
            return None
        return cls._make((attempt_id, _cut("external_id", external_id), *values, of_end if is_end else 0))

    def overrules(self, name: str, *, known: Any, end_facts: int) -> bool:
        """Return whether what is said here of ``name`` takes the place of what is ``known``, with its bits."""
        bit = BITS[name]
        return bool(getattr(self, name)) and (not known or bool(self.of_end & ~end_facts & bit))


assert Facts._fields == ("attempt_id", "external_id", *BITS, "of_end")


def is_of_end(report: CallReport) -> bool:
    """Return whether a report tells the end of its call, or is the word of a person who knows it."""
    return (report.phase is Phase.ENDED and report.outcome is not None) or report.source == "NOTE"


def _said(name: str, value: Any, *, is_end: bool) -> Any:
    """Return a fact as it is stored; None where nothing is said. While a call goes on, zero says nothing."""
    if value is None or value == "":
        return None
    if name in JSON:
        return jsonb(value)
    if not is_end and (value == 0 if name in NUMBERS else name == "cost" and _NO_COST.fullmatch(value)):
        return None
    return _cut(name, value)


def _cut(name: str, value: Any) -> Any:
    return value[: _MOST_CHARS[name]] if value is not None and name in _MOST_CHARS else value


def _fuller(name: str, known: Any, said: Any) -> Any:
    """Return which of two values of equal weight counts. A disposition stays: what follows the call went by it."""
    if name == "disposition":
        return known
    if name in NUMBERS:
        return max(known, said)
    return min(known, said) if name == "answered_at" else max(known, said, key=lambda text: (len(text), text))


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


def note_disagreements(cursor: Any, *, texts: Mapping[int, str]) -> None:
    """Write beside an end what another source says otherwise; no state changes."""
    cursor.execute(
        """UPDATE campaigns_attempt a
              SET disagreement = left(concat_ws('; ', NULLIF(a.disagreement, ''), v.said), 300)
             FROM unnest(%s::bigint[], %s::text[]) AS v(id, said)
            WHERE a.id = v.id AND position(v.said IN a.disagreement) = 0""",
        [list(texts), list(texts.values())],
    )
