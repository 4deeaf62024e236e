"""After rules or suppressions were edited: leads that the old ones had put off are looked at by the new ones.

What is made stricter needs nothing: claiming judges each lead when it is due. What is eased brings leads forward.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from campaigns.claiming.suppressed import HELD, HELD_REASON, SUPPRESSED_UNTIL, SUPPRESSION
from campaigns.doorbells import ring_campaign
from campaigns.models import Campaign, Lead
from campaigns.states.locks import in_pieces

#: How the reason of a lead begins that was put off by this rule.
REASONS = {SUPPRESSION: SUPPRESSED_UNTIL, HELD: HELD_REASON}


def rules_edited(*, campaign_id: int, now: datetime) -> int:
    """Have leads of a campaign that wait because of a rule judged again at once; return how many.

    Once the edit is committed, and not inside another transaction: who edits holds the campaign, and there may be a
    million leads. Retries and callbacks are left to `settling.eased`, as an earlier one may come before the delay that
    was asked for, unless it was a suppression that put them off when they were due.
    """
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(_AFTER_CLAIMS)
    never_called = Q(last_attempt_at=None, callback_at=None) & ~Q(state_reason="")
    waiting = Lead.objects.filter(campaign_id=campaign_id, state="PENDING", next_attempt_at__gt=now)
    put_off = waiting.filter(never_called | Q(state_reason__startswith=SUPPRESSED_UNTIL))
    found = sum(_judge_piece_again(put_off.filter(pk__in=piece), now) for piece in in_pieces(put_off))
    if found:
        _ring({campaign_id})
    return found


@transaction.atomic(durable=True)
def _judge_piece_again(leads: QuerySet[Lead], now: datetime) -> int:
    locked = leads.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True)
    return Lead.objects.filter(pk__in=list(locked)).update(next_attempt_at=now, state_reason="")


# Claims read rules and lists under the lock of a gate: those under way have put their leads off before this goes on,
# those that come after it see what was edited. Else a lead that is just being put off would wait for what is gone.
_AFTER_CLAIMS = "SELECT 1 FROM dialer_accountgate ORDER BY account_id FOR NO KEY UPDATE"
# A lead waits for the end of a suppression, or for a decision, while its reason is the one that it was passed over for.
# One that waits for a decision is looked at again each hour, and adds no skip as its reason stays.
_WAITING = """
SELECT l.id FROM campaigns_lead l
 WHERE l.state = 'PENDING' AND l.next_attempt_at > %(now)s
   AND (l.id, l.state_reason) IN (
       SELECT lead_id, detail FROM campaigns_skip
        WHERE number = ANY(%(numbers)s) AND rule = %(rule)s AND (until > %(now)s OR rule = 'HELD'))
UNION
-- A person with several numbers was put off for one that was rung before, and is not the next.
SELECT l.id FROM campaigns_lead l
 WHERE l.state = 'PENDING' AND l.next_attempt_at > %(now)s AND starts_with(l.state_reason, %(reason)s)
   AND l.id IN (SELECT lead_id FROM campaigns_attempt WHERE number = ANY(%(numbers)s))
"""
_FORWARD = """
UPDATE campaigns_lead SET next_attempt_at = %(now)s, state_reason = ''
 WHERE id IN (
       SELECT l.id FROM campaigns_lead l
        WHERE l.id = ANY(%(leads)s) AND l.state = 'PENDING' AND starts_with(l.state_reason, %(reason)s)
        ORDER BY l.id FOR NO KEY UPDATE)
RETURNING campaign_id
"""


def suppression_eased(*, numbers: Collection[str], now: datetime) -> int:
    """Have leads that wait for the end of a suppression of these numbers judged again at once; return how many.

    In the transaction that takes numbers off a list or ends their suppression earlier; no call is claimed until that is
    committed. Retries and callbacks too: they were due when they were put off.
    """
    with connection.cursor() as cursor:
        cursor.execute(_AFTER_CLAIMS)
        return _forward(cursor, _waiting(cursor, numbers, SUPPRESSION, now), SUPPRESSION, now)


def hold_lifted(*, numbers: Collection[str], now: datetime) -> int:
    """Have leads that waited for a decision on these numbers judged again at once; return how many.

    After the transaction that decides: settling may lock a lead before it hears of its number.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_AFTER_CLAIMS)
        return _forward(cursor, _waiting(cursor, numbers, HELD, now), HELD, now)


def _waiting(cursor: Any, numbers: Collection[str], rule: str, now: datetime) -> list[int]:
    values = {"now": now, "numbers": list(numbers), "rule": rule, "reason": REASONS[rule]}
    cursor.execute(_WAITING, values)
    return [row[0] for row in cursor.fetchall()]


def _forward(cursor: Any, lead_ids: Collection[int], rule: str, now: datetime) -> int:
    cursor.execute(_FORWARD, {"now": now, "leads": list(lead_ids), "reason": REASONS[rule]})
    campaign_ids = [row[0] for row in cursor.fetchall()]
    _ring(set(campaign_ids))
    return len(campaign_ids)


def _ring(campaign_ids: Collection[int]) -> None:
    for campaign in Campaign.objects.filter(pk__in=campaign_ids):
        ring_campaign(campaign)
