"""Hears what results ask for: never to be called again, or to be called back. Runs in the transaction that settles.

Idempotent: an attempt is heard once for either, so that a repeated event suppresses nobody whom a manager has lifted
since, and sets no second callback.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import orjson
import structlog

from campaigns.leads.due_times import first_permitted
from campaigns.models import Campaign, FeedKind
from campaigns.results.feed import add_entries
from campaigns.rules.words import callback_time, found_word
from campaigns.states import leads as lead_states
from dialer.providers.base import CallReport

log = structlog.get_logger(__name__)

#: The house's list of those who asked for it in a call.
OPTED_OUT = "Opted out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one report says of an attempt, and the event that brought it (None: polled)."""

    attempt_id: int
    report: CallReport
    event_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Called:
    """An attempt, and the words that its campaign listens for."""

    lead_id: int
    campaign_id: int
    number: str
    opt_out_words: Sequence[str]
    callback_words: Sequence[str]
    callback_after_seconds: int
    time_zone: str


_CALLED = """
SELECT a.id, a.lead_id, a.campaign_id, a.number, c.opt_out_words, c.callback_words, c.callback_after_seconds,
       c.time_zone
  FROM campaigns_attempt a JOIN campaigns_campaign c ON c.id = a.campaign_id
 WHERE a.id = ANY(%s)
"""
_LIST = """
INSERT INTO campaigns_suppressionlist (name, applies_to_all, created_at) VALUES (%s, TRUE, %s)
ON CONFLICT (name) DO UPDATE SET applies_to_all = TRUE RETURNING id
"""
_EVIDENCE = """
INSERT INTO campaigns_optout (attempt_id, number, words, event_id, created_at) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (attempt_id) DO NOTHING
"""
_SUPPRESS = """
INSERT INTO campaigns_suppressednumber (suppression_list_id, number, reason, until) VALUES (%s, %s, %s, NULL)
ON CONFLICT (suppression_list_id, number) DO UPDATE SET reason = EXCLUDED.reason, until = NULL
 WHERE campaigns_suppressednumber.until IS NOT NULL
"""
# A later report of the same call may only add the time that an earlier one left out.
_CALLBACK = """
INSERT INTO campaigns_callback (lead_id, attempt_id, at, due_at, note, set_by, is_time_given, created_at)
VALUES (%s, %s, %s, %s, '', %s, %s, %s)
ON CONFLICT (attempt_id) WHERE attempt_id IS NOT NULL
   DO UPDATE SET at = EXCLUDED.at, due_at = EXCLUDED.due_at, set_by = EXCLUDED.set_by, is_time_given = TRUE
       WHERE EXCLUDED.is_time_given AND NOT campaigns_callback.is_time_given
"""


def hear(cursor: Any, *, said: Sequence[Said], now: datetime) -> None:
    """Suppress who opts out, and set callbacks; the attempts are locked, and ended if they end, by the caller."""
    telling = [one for one in said if one.report.disposition or one.report.digits or one.report.analysis]
    if not telling:
        return
    cursor.execute(_CALLED, [sorted({one.attempt_id for one in telling})])
    called = {row[0]: _called(row) for row in cursor.fetchall()}
    opt_outs = sorted(_opt_outs(telling, called), key=lambda found: called[found[0].attempt_id].number)
    for one, words in opt_outs:
        _opt_out(cursor, one, called[one.attempt_id], words, now)
    gone = {one.attempt_id for one, _ in opt_outs}
    for one in telling:
        if one.attempt_id in called and one.attempt_id not in gone:
            _call_back(cursor, one, called[one.attempt_id], now)


def _called(row: Sequence[Any]) -> _Called:
    return _Called(
        lead_id=row[1],
        campaign_id=row[2],
        number=row[3],
        opt_out_words=_loaded(row[4]),
        callback_words=_loaded(row[5]),
        callback_after_seconds=row[6],
        time_zone=row[7],
    )


def _loaded(value: Any) -> Sequence[str]:
    return list(orjson.loads(value) if isinstance(value, str | bytes) else value)


def _opt_outs(telling: Sequence[Said], called: dict[int, _Called]) -> Iterator[tuple[Said, str]]:
    for one in telling:
        if one.attempt_id in called:
            words = _word(one.report, called[one.attempt_id].opt_out_words)
            if words is not None:
                yield one, words


def _word(report: CallReport, words: Sequence[str]) -> str | None:
    return found_word(words=words, disposition=report.disposition, digits=report.digits, analysis=report.analysis)


def _opt_out(cursor: Any, one: Said, called: _Called, words: str, now: datetime) -> None:
    cursor.execute(_EVIDENCE, [one.attempt_id, called.number, words[:200], one.event_id, now])
    if not cursor.rowcount:
        return
    cursor.execute("SELECT id FROM campaigns_suppressionlist WHERE name = %s AND applies_to_all", [OPTED_OUT])
    found = cursor.fetchone()
    if found is None:
        cursor.execute(_LIST, [OPTED_OUT, now])
        found = cursor.fetchone()
    cursor.execute(_SUPPRESS, [found[0], called.number, f"Attempt #{one.attempt_id}, {words}"[:200]])
    add_entries(cursor, kind=FeedKind.OPT_OUT, attempt_ids=[one.attempt_id])
    log.info("opted out", attempt_id=one.attempt_id, campaign_id=called.campaign_id)


def _call_back(cursor: Any, one: Said, called: _Called, now: datetime) -> None:
    words = _word(one.report, called.callback_words)
    if words is None:
        return
    named = callback_time(analysis=one.report.analysis, zone=_zone(called.time_zone), now=now)
    at = named or now + timedelta(seconds=called.callback_after_seconds)
    campaign = Campaign.objects.get(pk=called.campaign_id)
    due_at = first_permitted(campaign=campaign, lead_id=called.lead_id, at=at, now=now)
    if due_at is None:
        return
    cursor.execute(
        _CALLBACK, [called.lead_id, one.attempt_id, at, due_at, f"result, {words}"[:150], named is not None, now]
    )
    if not cursor.rowcount:
        return
    reason = lead_states.callback_reason("the result", words)
    if lead_states.call_back(cursor, lead_id=called.lead_id, due_at=due_at, reason=reason):
        reason = f"Running again for the callback of lead #{called.lead_id}"
        lead_states.reopen_campaign(cursor, campaign_id=called.campaign_id, reason=reason, now=now)


def _zone(name: str) -> tzinfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
