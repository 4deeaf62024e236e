"""Every write of a lead's state but those that go with a reservation or the end of its attempt.

Each function is one conditional statement that says what it changed. Of several leads each is found by its id: see
``states.ends`` for why ``state || ''``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns.rules.lead_next import LeadNext
from campaigns.rules.order import Lane, rank
from campaigns.states.told import TELL_ENDED

# A lead on the line keeps its state: what ends its attempt puts it into the queue for the callback.
_CALL_BACK = """
UPDATE campaigns_lead
   SET callback_at = %(due)s,
       state = CASE WHEN state = 'DIALING' THEN state ELSE 'PENDING' END,
       state_reason = %(reason)s,
       next_attempt_at = CASE WHEN state = 'DIALING' THEN next_attempt_at ELSE %(due)s END,
       rank = CASE WHEN state = 'DIALING' THEN rank ELSE rank %% 10 END,
       ended_at = CASE WHEN state = 'DIALING' THEN ended_at ELSE NULL END,
       -- Somebody who asks for it in a call is called back on the number of that call.
       other_number = CASE WHEN %(asked_on)s::text IS NULL OR state = 'DIALING' THEN other_number
                           ELSE NULLIF(%(asked_on)s::text, number) END
 WHERE id = %(lead)s AND state IN ('PENDING', 'DIALING', 'COMPLETED', 'EXHAUSTED')
"""
assert rank(lane=Lane.CALLBACK, priority=0) == 0  # so that the rank of a callback is the priority, rank % 10


def call_back(cursor: Any, *, lead_id: int, due_at: datetime, reason: str, asked_on: str | None = None) -> bool:
    """PENDING, COMPLETED, EXHAUSTED → PENDING as a callback; a DIALING lead becomes one when its call ends.

    ``asked_on``: the number of the call in which it was asked for, which is called back.
    """
    values = {"lead": lead_id, "due": due_at, "reason": reason[:200], "asked_on": asked_on}
    cursor.execute(_CALL_BACK, values)
    return bool(cursor.rowcount)


# What has no time of its own waits from now on: claiming judges it.
_CALL_OFF = f"""
WITH ended AS (
    UPDATE campaigns_lead
       SET callback_at = NULL, state = %(state)s::text, state_reason = %(reason)s, rank = %(rank)s,
           next_attempt_at = COALESCE(%(next)s::timestamptz, %(now)s::timestamptz),
           ended_at = CASE WHEN %(state)s::text = 'PENDING' THEN NULL ELSE %(now)s::timestamptz END
     WHERE id = %(lead)s AND state = 'PENDING' AND callback_at IS NOT NULL
    RETURNING id, state
), {TELL_ENDED} SELECT id FROM ended
"""  # noqa: S608
_CALL_OFF_LATER = """
UPDATE campaigns_lead SET callback_at = NULL, state_reason = %s
 WHERE id = %s AND state = 'DIALING' AND callback_at IS NOT NULL
"""


def call_off(cursor: Any, *, lead_id: int, following: LeadNext, now: datetime) -> bool:
    """PENDING as a callback → what would have followed without it; a DIALING lead has none when its call ends.

    ``following`` has a rank where it waits.
    """
    given = {
        "lead": lead_id,
        "state": following.state,
        "reason": following.reason[:200],
        "rank": following.rank if following.rank is not None else rank(lane=Lane.FIRST_PASS),
        "next": following.next_attempt_at,
        "now": now,
    }
    cursor.execute(_CALL_OFF, given)
    if cursor.rowcount:
        return True
    cursor.execute(_CALL_OFF_LATER, [following.reason[:200], lead_id])
    return bool(cursor.rowcount)


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOff:
    """A lead that a rule keeps from being called now: until an instant, or for ever, with the state that this is."""

    lead_id: int
    state: str
    until: datetime | None
    reason: str
    rule: str = ""
    #: The contact's own number is rung next, and no other one.
    rings_own_number: bool = False


_PUT_OFF = f"""
WITH ended AS (
    UPDATE campaigns_lead l
       SET state = v.state, state_reason = v.reason, next_attempt_at = COALESCE(v.until, l.next_attempt_at),
           ended_at = CASE WHEN v.state = 'PENDING' THEN NULL ELSE %s::timestamptz END,
           callback_at = CASE WHEN v.state = 'PENDING' THEN l.callback_at END,
           other_number = CASE WHEN NOT v.own THEN l.other_number END
      FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::text[], %s::bool[])
           AS v(id, state, until, reason, own)
     WHERE l.id = v.id AND l.state || '' = 'PENDING'
    RETURNING l.id, l.state
), {TELL_ENDED} SELECT id FROM ended
"""  # noqa: S608


def put_off(cursor: Any, *, leads: Sequence[PutOff], now: datetime) -> int:
    """Leave PENDING leads due at the instant at which they may be called; PENDING → EXPIRED, SUPPRESSED for never."""
    cursor.execute(
        _PUT_OFF,
        [
            now,
            [lead.lead_id for lead in leads],
            [lead.state for lead in leads],
            [lead.until for lead in leads],
            [lead.reason[:200] for lead in leads],
            [lead.rings_own_number for lead in leads],
        ],
    )
    return int(cursor.rowcount)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejudged:
    """What follows a call after all. ``more_made``: how many more attempts count now than when it ended, -1 to 1."""

    attempt_id: int
    following: LeadNext
    more_made: int


# The lead's last call only, and only while nobody has dialed it since or ended it otherwise. A callback that waits
# goes before what the call would lead to else.
_REJUDGE = """
WITH v AS (
    SELECT * FROM unnest(%(attempts)s::bigint[], %(states)s::text[], %(reasons)s::text[], %(next)s::timestamptz[],
                         %(ranks)s::int[], %(more)s::int[], %(other_did)s::bool[], %(other_numbers)s::text[])
        AS v(attempt_id, state, reason, next_attempt_at, rank, more_made, other_did, other_number)
), latest AS (
    SELECT a.lead_id, a.did_id, v.* FROM v JOIN campaigns_attempt a ON a.id = v.attempt_id
     WHERE a.is_burned
       AND NOT EXISTS (SELECT 1 FROM campaigns_attempt o
                        WHERE o.lead_id = a.lead_id AND o.id > a.id AND o.is_burned IS NOT FALSE)
)
UPDATE campaigns_lead l
   SET attempts_made = l.attempts_made + n.more_made,
       avoid_did_id = CASE WHEN n.other_did THEN n.did_id END,
       other_number = CASE WHEN l.callback_at IS NULL THEN n.other_number ELSE l.other_number END,
       state = CASE WHEN l.callback_at IS NULL THEN n.state ELSE l.state END,
       state_reason = CASE WHEN l.callback_at IS NULL THEN n.reason ELSE l.state_reason END,
       next_attempt_at = CASE WHEN l.callback_at IS NULL THEN COALESCE(n.next_attempt_at, l.next_attempt_at)
                              ELSE l.next_attempt_at END,
       rank = CASE WHEN l.callback_at IS NULL THEN COALESCE(n.rank, l.rank) ELSE l.rank END,
       ended_at = CASE WHEN n.state = 'PENDING' OR l.callback_at IS NOT NULL THEN NULL
                       ELSE COALESCE(l.ended_at, %(now)s) END
  FROM latest n
 WHERE l.id = n.lead_id AND l.state || '' IN ('PENDING', 'COMPLETED', 'EXHAUSTED')
RETURNING l.campaign_id, l.state
"""


def rejudge(cursor: Any, *, leads: Sequence[Rejudged], now: datetime) -> set[int]:
    """PENDING, COMPLETED, EXHAUSTED → what follows the lead's last call by what is known of it now.

    Return the campaigns that have a lead waiting by this. The attempts are locked by the caller.
    """
    cursor.execute(
        _REJUDGE,
        {
            "now": now,
            "attempts": [lead.attempt_id for lead in leads],
            "states": [lead.following.state for lead in leads],
            "reasons": [lead.following.reason[:200] for lead in leads],
            "next": [lead.following.next_attempt_at for lead in leads],
            "ranks": [lead.following.rank for lead in leads],
            "more": [lead.more_made for lead in leads],
            "other_did": [lead.following.other_did for lead in leads],
            "other_numbers": [lead.following.number for lead in leads],
        },
    )
    return {campaign_id for campaign_id, state in cursor.fetchall() if state == "PENDING"}


def set_priority(cursor: Any, *, lead_id: int, priority: int) -> bool:
    """Move a waiting or dialing lead within its lane. Raises ValueError unless ``priority`` is from 0 to 9."""
    cursor.execute(
        """UPDATE campaigns_lead SET rank = rank / 10 * 10 + %s
            WHERE id = %s AND state IN ('PENDING', 'DIALING')""",
        [rank(lane=Lane.CALLBACK, priority=priority), lead_id],
    )
    return bool(cursor.rowcount)


def cancel(cursor: Any, *, lead_id: int, reason: str, now: datetime) -> bool:
    """PENDING → CANCELED."""
    cursor.execute(
        f"""WITH ended AS (
               UPDATE campaigns_lead SET state = 'CANCELED', state_reason = %s, ended_at = %s, callback_at = NULL
                WHERE id = %s AND state = 'PENDING' RETURNING id, state
           ), {TELL_ENDED} SELECT id FROM ended""",  # noqa: S608
        [reason[:200], now, lead_id],
    )
    return bool(cursor.rowcount)


# Leads in the order of their ids, as everybody locks them.
_CANCEL_MANY = f"""
WITH those AS (
    SELECT id FROM campaigns_lead WHERE id = ANY(%(leads)s) AND state || '' = 'PENDING' ORDER BY id FOR NO KEY UPDATE
), ended AS (
    UPDATE campaigns_lead l
       SET state = 'CANCELED', state_reason = %(reason)s, ended_at = %(now)s, callback_at = NULL
      FROM those WHERE l.id = those.id
    RETURNING l.id, l.state
), {TELL_ENDED} SELECT id FROM ended
"""  # noqa: S608
_PRIORITIES = """
WITH those AS (
    SELECT id FROM campaigns_lead WHERE id = ANY(%(leads)s) AND state || '' IN ('PENDING', 'DIALING')
     ORDER BY id FOR NO KEY UPDATE
)
UPDATE campaigns_lead l SET rank = l.rank / 10 * 10 + %(rank)s FROM those WHERE l.id = those.id
"""


def cancel_many(cursor: Any, *, lead_ids: Sequence[int], reason: str, now: datetime) -> int:
    """PENDING → CANCELED; return how many."""
    cursor.execute(_CANCEL_MANY, {"leads": list(lead_ids), "reason": reason[:200], "now": now})
    return int(cursor.rowcount)


def set_priorities(cursor: Any, *, lead_ids: Sequence[int], priority: int) -> int:
    """Move waiting and dialing leads within their lanes; return how many. Raises ValueError as ``set_priority``."""
    within = rank(lane=Lane.CALLBACK, priority=priority)
    cursor.execute(_PRIORITIES, {"leads": list(lead_ids), "rank": within})
    return int(cursor.rowcount)


_FORWARD = """
WITH v AS (SELECT * FROM unnest(%(leads)s::bigint[], %(due)s::timestamptz[]) AS v(id, due)),
those AS (
    SELECT l.id FROM campaigns_lead l JOIN v ON v.id = l.id
     WHERE l.state || '' = 'PENDING' AND l.next_attempt_at > v.due ORDER BY l.id FOR NO KEY UPDATE OF l
)
UPDATE campaigns_lead l
   SET next_attempt_at = v.due, callback_at = CASE WHEN l.callback_at IS NOT NULL THEN v.due END,
       state_reason = CASE WHEN l.callback_at IS NOT NULL THEN l.state_reason ELSE '' END
  FROM v, those WHERE l.id = those.id AND v.id = those.id
"""


def bring_forward(cursor: Any, *, due: Mapping[int, datetime]) -> int:
    """Leave PENDING leads due at an earlier instant, callbacks too; return how many. None is put back."""
    cursor.execute(_FORWARD, {"leads": list(due), "due": list(due.values())})
    return int(cursor.rowcount)


def callback_reason(by: str, note: str) -> str:
    """Return why a lead waits, for its page."""
    return f"Callback set by {by}" + (f": {note}" if note else "")
