"""Late words of calls that were taken as none, as the log did not have them: what stands in their way is put right.

A retry that waits, or that is reserved and has not left, is called off: the lead follows the outcome that is told, as
if it had come in time. Where the retry has been sent already, somebody may have been rung twice: that is a notice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from campaigns.models import NoticeKind
from campaigns.results.notices import named, notify
from campaigns.settling.endings import Locked
from campaigns.settling.facts import Facts
from campaigns.settling.late_dispositions import new_disposition, open_rules
from campaigns.settling.outcomes import after_call, after_nothing
from campaigns.states.ends import AttemptEnd, end_attempts
from campaigns.states.leads import Rejudged, rejudge
from dialer.providers.base import Outcome

log = structlog.get_logger(__name__)

REOPENED = "Running again, as a call that the log did not have was one after all"


# The lead is locked; who holds a reservation of it is about to send it, or to give it back: not waited for.
_RESERVED = """
SELECT id, lead_id, account_id FROM campaigns_attempt
 WHERE lead_id = ANY(%s) AND ended_at IS NULL AND state = 'RESERVED' ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
"""
_SENT_AGAIN = """
SELECT a.id, a.campaign_id FROM campaigns_attempt a
 WHERE a.id = ANY(%s) AND EXISTS (SELECT FROM campaigns_attempt o
                                   WHERE o.lead_id = a.lead_id AND o.id > a.id AND o.placing_at IS NOT NULL)
 ORDER BY a.id
"""
_COUNT = """
SELECT count(*), count(*) FILTER (WHERE NOT may_be_absent) FROM campaigns_attempt
 WHERE campaign_id = %s AND absent_at IS NOT NULL
"""


def put_right(
    cursor: Any, *, attempts: Sequence[Locked], facts: Sequence[Facts], told: Mapping[int, Outcome], now: datetime
) -> tuple[dict[int, str], set[int]]:
    """Let the leads of ended, locked attempts, taken as no calls, follow the outcomes that were just ``told``.

    Of what was heard of without an outcome it is known only that it was a call.

    Return the campaigns in which a lead waits by this, each with why it runs again if it had completed, and the
    accounts of which a reservation was called off.
    """
    if not attempts:
        return {}, set()
    freed = _call_off(cursor, attempts, now)
    said = {fact.attempt_id: fact for fact in facts}
    leads = [
        found for one in attempts if (found := _rejudged(one, told.get(one.id), said.get(one.id), now)) is not None
    ]
    waiting = rejudge(cursor, leads=leads, now=now) if leads else set()
    _tell(cursor, attempts, now)
    return dict.fromkeys(waiting, REOPENED), freed


def _call_off(cursor: Any, attempts: Sequence[Locked], now: datetime) -> set[int]:
    """End reservations of these leads that have not left; return the accounts whose slots are free by this."""
    by_lead = {attempt.lead_id: attempt for attempt in attempts}
    cursor.execute(_RESERVED, [list(by_lead)])
    reserved = cursor.fetchall()
    ends = []
    for attempt_id, lead_id, _ in reserved:
        following = after_nothing(rules=by_lead[lead_id].rules, due_at=now)
        ends.append(
            AttemptEnd(
                attempt_id=attempt_id,
                outcome=Outcome.CANCELED,
                is_burned=False,
                lead_state=following.state,
                lead_reason=following.reason,
                next_attempt_at=following.next_attempt_at,
                detail="The call before it was one after all",
                ended_at=now,
            )
        )
    if ends:
        end_attempts(cursor, ends=ends)
    return {account_id for _, _, account_id in reserved}


def _rejudged(attempt: Locked, outcome: Outcome | None, fact: Facts | None, now: datetime) -> Rejudged | None:
    """Return what follows the attempt by what is told of it, in place of what followed its absence."""
    rules = open_rules(attempt.rules, now)
    if rules is None:
        return None
    counted = int(attempt.counted)
    known = outcome or Outcome(attempt.outcome or "")
    end = attempt.ended(outcome=known, disposition=new_disposition(attempt, fact) or attempt.disposition)
    end = replace(end, attempts_before=attempt.attempts_made - counted, absence="")
    following = after_call(end=end, rules=rules, now=now)
    return Rejudged(attempt_id=attempt.id, following=following, more_made=int(following.counts) - counted)


def _tell(cursor: Any, attempts: Sequence[Locked], now: datetime) -> None:
    """Say of which leads the next call had left already; how many so far, of how many that were taken as no calls."""
    cursor.execute(_SENT_AGAIN, [[attempt.id for attempt in attempts]])
    by_campaign: dict[int, list[int]] = {}
    for attempt_id, campaign_id in cursor.fetchall():
        by_campaign.setdefault(campaign_id, []).append(attempt_id)
    for campaign_id, attempt_ids in sorted(by_campaign.items()):
        cursor.execute(_COUNT, [campaign_id])
        absent, were_calls = cursor.fetchone()
        text = (
            f"Told of only after the next call had left: {named(attempt_ids)}. The log had not had them, so they were "
            f"taken as no calls: somebody may have been rung twice. So far {were_calls} of {absent} such calls of this "
            "campaign were calls after all."
        )
        notify(campaign_id=campaign_id, kind=NoticeKind.ABSENT_CALL_FOUND, text=text, attempt_ids=attempt_ids, now=now)
        log.warning("calls that a log did not have were calls", campaign_id=campaign_id, attempt_ids=attempt_ids)
