"""After rules or suppressions were edited: leads that the old ones had put off are looked at by the new ones.

What is made stricter needs nothing: claiming judges each lead when it is due. What is eased brings leads forward.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from itertools import islice

from django.db import connection, transaction
from django.db.models import Q

from campaigns.claiming.suppressed import HELD, SUPPRESSED_UNTIL, SUPPRESSION
from campaigns.doorbells import ring_campaign
from campaigns.models import Campaign, Lead, SuppressedNumber

BATCH_NUMBERS = 10_000


def rules_edited(*, campaign_id: int, now: datetime) -> int:
    """Have leads of a campaign that wait because of a rule judged again at once; return how many.

    Retries and callbacks keep their due times, as an earlier one would come before the delay that was asked for, unless
    it was a suppression that put them off when they were due.
    """
    never_called = Q(last_attempt_at=None, callback_at=None) & ~Q(state_reason="")
    waiting = Lead.objects.filter(campaign_id=campaign_id, state="PENDING", next_attempt_at__gt=now)
    found = waiting.filter(never_called | Q(state_reason__startswith=SUPPRESSED_UNTIL)).update(
        next_attempt_at=now, state_reason=""
    )
    if found:
        _ring({campaign_id})
    return found


# Claims read the lists under the lock of a gate: those under way have put their leads off before this goes on, those
# that come after it see the edited lists. Else a lead that is just being put off would wait for what is gone.
_AFTER_CLAIMS = "SELECT 1 FROM dialer_accountgate ORDER BY account_id FOR NO KEY UPDATE"
# A lead waits for the end of a suppression, or for a decision, while its reason is the one that it was passed over for.
# One that waits for a decision is looked at again each hour, and adds no skip as its reason stays.
_FORWARD = """
UPDATE campaigns_lead SET next_attempt_at = %(now)s, state_reason = ''
 WHERE id IN (
       SELECT l.id FROM campaigns_lead l
        WHERE l.state = 'PENDING' AND l.next_attempt_at > %(now)s
          AND (l.id, l.state_reason) IN (
              SELECT lead_id, detail FROM campaigns_skip
               WHERE number = ANY(%(numbers)s) AND rule = %(rule)s
                 AND (until > %(now)s OR rule = 'HELD'))
        ORDER BY l.id FOR NO KEY UPDATE)
RETURNING campaign_id
"""


def suppression_eased(*, numbers: Collection[str], now: datetime) -> int:
    """Have leads that wait for the end of a suppression of these numbers judged again at once; return how many.

    In the transaction that takes numbers off a list or ends their suppression earlier; no call is claimed until that is
    committed. Retries and callbacks too: they were due when they were put off.
    """
    return _bring_forward(numbers=numbers, rule=SUPPRESSION, now=now)


def hold_lifted(*, numbers: Collection[str], now: datetime) -> int:
    """Have leads that waited for a decision on these numbers judged again at once; return how many.

    After the transaction that decides: settling may lock a lead before it hears of its number.
    """
    with transaction.atomic():
        return _bring_forward(numbers=numbers, rule=HELD, now=now)


def _bring_forward(*, numbers: Collection[str], rule: str, now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_AFTER_CLAIMS)
        cursor.execute(_FORWARD, {"now": now, "numbers": list(numbers), "rule": rule})
        campaign_ids = [row[0] for row in cursor.fetchall()]
    _ring(set(campaign_ids))
    return len(campaign_ids)


def lists_eased(*, list_ids: Collection[int], now: datetime) -> int:
    """Do as ``suppression_eased`` does for all numbers of lists, when these hold for fewer campaigns from now on."""
    held = SuppressedNumber.objects.filter(suppression_list__in=list_ids, until__gt=now).order_by("number")
    numbers = held.values_list("number", flat=True).iterator(chunk_size=BATCH_NUMBERS)
    brought = 0
    while batch := list(islice(numbers, BATCH_NUMBERS)):
        brought += suppression_eased(numbers=batch, now=now)
    return brought


def _ring(campaign_ids: Collection[int]) -> None:
    for campaign in Campaign.objects.filter(pk__in=campaign_ids):
        ring_campaign(campaign)
