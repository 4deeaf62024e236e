"""Waiting leads of a contact whose numbers were corrected: no statement here leaves one that rings the wrong one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from campaigns.states.told import TELL_ENDED

#: Why a lead is over that would have rung a number twice.
ALREADY_THERE = "The contact's number was corrected to one that the campaign has already"

# A campaign has one lead a number: who has the right one already calls it there.
_END_DOUBLE = f"""
WITH ended AS (
    UPDATE campaigns_lead l SET state = 'CANCELED', state_reason = %(reason)s, ended_at = %(now)s, callback_at = NULL
     WHERE l.id = ANY(%(leads)s) AND l.state || '' = 'PENDING'
       AND EXISTS (SELECT 1 FROM campaigns_lead o
                    WHERE o.number = %(number)s AND o.campaign_id = l.campaign_id AND o.id <> l.id)
    RETURNING l.id, l.state
), {TELL_ENDED} SELECT id FROM ended
"""  # noqa: S608
# What a rule put off for the old number is judged anew for the right one, as its zone or suppression may be another.
_FOLLOW = """
UPDATE campaigns_lead
   SET number = %(number)s, other_number = NULLIF(other_number, %(number)s),
       next_attempt_at = CASE WHEN last_attempt_at IS NULL AND callback_at IS NULL AND state_reason <> ''
                              THEN LEAST(next_attempt_at, %(now)s) ELSE next_attempt_at END,
       state_reason = CASE WHEN last_attempt_at IS NULL AND callback_at IS NULL THEN '' ELSE state_reason END
 WHERE id = ANY(%(leads)s) AND state || '' = 'PENDING'
"""
_FORGET_FURTHER = """
UPDATE campaigns_lead SET other_number = NULL
 WHERE id = ANY(ARRAY(SELECT id FROM campaigns_lead
                       WHERE contact_id = %(contact)s AND state || '' = 'PENDING' AND other_number = ANY(%(numbers)s)
                       ORDER BY id FOR NO KEY UPDATE))
"""


def follow_number(cursor: Any, *, lead_ids: Sequence[int], number: str, now: datetime) -> int:
    """Have PENDING leads ring ``number`` instead of theirs; PENDING → CANCELED where the campaign has it already.

    Return how many do or are. The caller has locked the leads, and keeps others from enrolling in their campaigns.
    """
    values = {"leads": list(lead_ids), "number": number, "now": now, "reason": ALREADY_THERE}
    cursor.execute(_END_DOUBLE, values)
    ended = int(cursor.rowcount)
    cursor.execute(_FOLLOW, values)
    return ended + int(cursor.rowcount)


def forget_further_numbers(cursor: Any, *, contact_id: int, numbers: Sequence[str]) -> int:
    """Have PENDING leads of the contact that would ring one of these further numbers ring its own; return how many."""
    cursor.execute(_FORGET_FURTHER, {"contact": contact_id, "numbers": list(numbers)})
    return int(cursor.rowcount)
