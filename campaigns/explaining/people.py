"""The evidence of why a person is not called: on which lists, by which words, in which call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns.claiming.suppressed import HOLDING, REHEARSED, SUPPRESSED, Unavailable
from campaigns.settling.absences import read_log_by


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """By number: entries of suppression lists, opt-outs said in calls, doubts to decide on, and the live call.

    ``log_by``: until when the account's log has to be read for the end of a call without a result, where it waits so.
    """

    entries: Mapping[str, list[dict[str, Any]]]
    opt_outs: Mapping[str, list[dict[str, Any]]]
    doubts: Mapping[str, list[dict[str, Any]]]
    live: Mapping[str, dict[str, Any]]
    log_by: Mapping[str, datetime]


_ENTRIES = f"""
SELECT s.number, sl.name, s.reason, s.until, s.created_at FROM {SUPPRESSED}
 WHERE s.number = ANY(%(numbers)s) ORDER BY s.id
"""  # noqa: S608
_OPT_OUTS = """
SELECT number, words, attempt_id, event_id, created_at FROM campaigns_optout WHERE number = ANY(%s) ORDER BY id
"""
_DOUBTS = f"""
SELECT h.number, h.id, h.heard_in, h.said, h.why, h.attempt_id, h.heard_at FROM {HOLDING} AND h.number = ANY(%s)
 ORDER BY h.id
"""  # noqa: S608
_LIVE = f"""
SELECT number, id, campaign_id, lead_id, state, reserved_at FROM campaigns_attempt
 WHERE number = ANY(%(numbers)s) AND ended_at IS NULL AND is_rehearsal = {REHEARSED}
"""  # noqa: S608


def read_people(cursor: Any, *, campaign_id: int, unavailable: Unavailable, now: datetime) -> People:
    """Return what shows that these numbers are suppressed for a campaign, held for a decision, or on the line."""
    suppressed, on_the_line, held = (
        unavailable.numbers_of(numbers)
        for numbers in (unavailable.suppressed, unavailable.on_the_line, unavailable.held)
    )
    entries: dict[str, list[dict[str, Any]]] = {}
    opt_outs: dict[str, list[dict[str, Any]]] = {}
    doubts: dict[str, list[dict[str, Any]]] = {}
    live: dict[str, dict[str, Any]] = {}
    log_by: dict[str, datetime] = {}
    if suppressed:
        cursor.execute(_ENTRIES, {"campaign": campaign_id, "now": now, "numbers": suppressed})
        for number, *values in cursor.fetchall():
            entry = dict(zip(("list", "reason", "until", "added_at"), values, strict=True))
            entries.setdefault(number, []).append(entry)
        cursor.execute(_OPT_OUTS, [suppressed])
        for number, *values in cursor.fetchall():
            said = dict(zip(("words", "attempt", "event", "at"), values, strict=True))
            opt_outs.setdefault(number, []).append(said)
    if held:
        cursor.execute(_DOUBTS, [held])
        for number, *values in cursor.fetchall():
            doubt = dict(zip(("possible_opt_out", "heard_in", "said", "why", "attempt", "at"), values, strict=True))
            doubts.setdefault(number, []).append(doubt)
    if on_the_line:
        cursor.execute(_LIVE, {"numbers": on_the_line, "campaign": campaign_id})
        for number, *values in cursor.fetchall():
            live[number] = dict(zip(("attempt", "campaign", "lead", "state", "since"), values, strict=True))
        log_by = read_log_by(cursor, numbers=on_the_line, now=now)
    _show_to_person(unavailable, entries, opt_outs, doubts)
    for number, theirs in unavailable.of_person.items():
        if call := next((live[other] for other in theirs if other in live), None):
            live[number] = call
        if by := next((log_by[other] for other in theirs if other in log_by), None):
            log_by[number] = by
    return People(entries=entries, opt_outs=opt_outs, doubts=doubts, live=live, log_by=log_by)


def _show_to_person(unavailable: Unavailable, *found: dict[str, list[dict[str, Any]]]) -> None:
    """Put what is known of a person's other numbers to the number that is rung now."""
    for rows in found:
        theirs = {
            number: [row for other in numbers for row in rows.get(other, ())]
            for number, numbers in unavailable.of_person.items()
        }
        rows.update({number: known for number, known in theirs.items() if known})
