"""Hears what results ask for: never to be called again, or to be called back. Runs in the transaction that settles.

Idempotent: an attempt is heard once for either, so that a repeated event suppresses nobody whom a manager has lifted
since, and sets no second callback. What is doubtful holds the number until somebody decides.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, NamedTuple

from campaigns.leads.due_times import first_permitted
from campaigns.models import Campaign
from campaigns.rules.refusal import Verdict
from campaigns.rules.refusal.lexicon import lexicon
from campaigns.rules.refusal_places import Refusal, refusal_in
from campaigns.rules.words import callback_time, found_word
from campaigns.settling.endings import Locked
from campaigns.settling.opt_out_rows import record_doubt, record_opt_out
from campaigns.states import leads as lead_states
from dialer.providers.base import CallReport


class Said(NamedTuple):
    """What one report says of an attempt, and the event that brought it (None: polled); or what somebody typed."""

    attempt_id: int
    report: CallReport
    event_id: int | None
    note: str = ""

    @property
    def tells(self) -> bool:
        """Whether it holds any words."""
        report = self.report
        return bool(report.disposition or report.digits or report.analysis or report.transcript or self.note)


# A later report of the same call may only add the time that an earlier one left out.
_CALLBACK = """
INSERT INTO campaigns_callback (lead_id, attempt_id, at, due_at, note, set_by, is_time_given, created_at)
VALUES (%s, %s, %s, %s, '', %s, %s, %s)
ON CONFLICT (attempt_id) WHERE attempt_id IS NOT NULL
   DO UPDATE SET at = EXCLUDED.at, due_at = EXCLUDED.due_at, set_by = EXCLUDED.set_by, is_time_given = TRUE
       WHERE EXCLUDED.is_time_given AND NOT campaigns_callback.is_time_given
"""


def get_ready() -> None:
    """Read the phrases of all languages, once in a process: before locks are taken, as it takes a moment."""
    lexicon()


def hear(cursor: Any, *, said: Sequence[Said], called: Mapping[int, Locked], now: datetime) -> dict[int, str]:
    """Suppress who opts out, hold who may, and set callbacks; the caller has locked the attempts, and ended them.

    ``called``: those attempts. What is said in a rehearsal nobody has said. Return the campaigns in which a lead waits
    to be called back, each with why it runs again if it had completed.
    """
    heard = {attempt_id for attempt_id, attempt in called.items() if not attempt.is_rehearsal}
    telling = [one for one in said if one.attempt_id in heard and one.tells]
    refusals = sorted(_refusals(telling, called), key=lambda found: called[found[0].attempt_id].number)
    gone = {one.attempt_id for one, refusal in refusals if refusal.heard.verdict == Verdict.REFUSES}
    for one, refusal in refusals:
        _refuse(cursor, one, called[one.attempt_id], refusal, gone, now)
    waited_for: dict[int, str] = {}
    for one in telling:
        found = called[one.attempt_id]
        if one.attempt_id not in gone and _call_back(cursor, one, found, now):
            waited_for[found.campaign_id] = f"Running again for the callback of lead #{found.lead_id}"
    return waited_for


def _refusals(telling: Sequence[Said], called: Mapping[int, Locked]) -> Iterator[tuple[Said, Refusal]]:
    for one in telling:
        listens, report = called[one.attempt_id].listens, one.report
        refusal = refusal_in(
            disposition=report.disposition,
            digits=report.digits,
            analysis=report.analysis,
            transcript=report.transcript,
            note=one.note,
            words=listens.opt_out_words,
            in_sentences=listens.hears_refusals,
        )
        if refusal is not None:
            yield one, refusal


def _refuse(cursor: Any, one: Said, called: Locked, refusal: Refusal, gone: set[int], now: datetime) -> None:
    if refusal.heard.verdict == Verdict.REFUSES:
        record_opt_out(
            cursor,
            attempt_id=one.attempt_id,
            number=called.number,
            words=refusal.words,
            event_id=one.event_id,
            now=now,
        )
    elif one.attempt_id not in gone:
        record_doubt(
            cursor,
            attempt_id=one.attempt_id,
            campaign_id=called.campaign_id,
            number=called.number,
            refusal=refusal,
            event_id=one.event_id,
            now=now,
        )


def _call_back(cursor: Any, one: Said, called: Locked, now: datetime) -> bool:
    """Return whether a report asks for a callback, and this has set it."""
    report = one.report
    words = found_word(
        words=called.listens.callback_words,
        disposition=report.disposition,
        digits=report.digits,
        analysis=report.analysis,
    )
    if words is None:
        return False
    named = callback_time(analysis=one.report.analysis, zone=_zone(called.rules.zone), now=now)
    at = named or now + timedelta(seconds=called.listens.callback_after_seconds)
    campaign = Campaign.objects.get(pk=called.campaign_id)
    due_at = first_permitted(campaign=campaign, lead_id=called.lead_id, at=at, now=now)
    if due_at is None:
        return False
    cursor.execute(
        _CALLBACK, [called.lead_id, one.attempt_id, at, due_at, f"result, {words}"[:150], named is not None, now]
    )
    if not cursor.rowcount:
        return False
    reason = lead_states.callback_reason("the result", words)
    return lead_states.call_back(cursor, lead_id=called.lead_id, due_at=due_at, reason=reason, asked_on=called.number)


def _zone(name: str) -> tzinfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
