"""After rules were eased: retries and callbacks that wait longer than they would have to by now are brought forward.

Nothing comes before the delay that was asked for: what follows the last call is worked out again, as at its end. What
is made stricter needs nothing here, as claiming judges each lead when it is due.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import connection, transaction

from campaigns.doorbells import ring_campaign
from campaigns.leads.due_times import first_permitted
from campaigns.models import Callback, Campaign, Lead
from campaigns.settling.endings import Locked, lock
from campaigns.settling.outcomes import after_call
from campaigns.states.leads import bring_forward
from dialer.providers.base import Outcome

#: Leads in one transaction: each is judged by itself.
PIECE = 1_000

_LAST_CALLS = """
SELECT DISTINCT ON (lead_id) id FROM campaigns_attempt
 WHERE lead_id = ANY(%s) AND is_burned ORDER BY lead_id, id DESC
"""


def judge_waiting_again(*, campaign_id: int, now: datetime) -> int:
    """Bring retries and callbacks of a campaign forward to when they may be called by now; return how many.

    Once the edit is committed, and not inside another transaction, as for all leads that wait.
    """
    campaign = Campaign.objects.get(pk=campaign_id)
    waiting = Lead.objects.filter(campaign=campaign, state="PENDING", next_attempt_at__gt=now)
    retries = waiting.filter(last_attempt_at__isnull=False, callback_at=None)
    found = sum(_retries(piece, now) for piece in _pieces(retries))
    found += sum(_callbacks(campaign, piece, now) for piece in _pieces(waiting.filter(callback_at__isnull=False)))
    if found:
        ring_campaign(campaign)
    return found


def _pieces(leads: Any) -> Iterator[list[int]]:
    ids = leads.order_by().values_list("pk", flat=True).iterator(chunk_size=PIECE)
    while piece := list(islice(ids, PIECE)):
        yield sorted(piece)


@transaction.atomic(durable=True)
def _retries(lead_ids: list[int], now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_LAST_CALLS, [lead_ids])
        calls = lock(cursor, attempt_ids=[row[0] for row in cursor.fetchall()], now=now)
        due = {call.lead_id: at for call in calls.values() if (at := _due(call, now)) is not None}
        return bring_forward(cursor, due=due)


def _due(call: Locked, now: datetime) -> datetime | None:
    """Return when the retry after a call would be due had it ended under the rules of now; None where none follows."""
    end = call.ended(outcome=Outcome(call.outcome or ""), disposition=call.disposition)
    following = after_call(
        end=replace(end, attempts_before=call.attempts_made - int(call.counted)), rules=call.rules, now=now
    )
    return following.next_attempt_at if following.state == "PENDING" else None


@transaction.atomic(durable=True)
def _callbacks(campaign: Campaign, lead_ids: list[int], now: datetime) -> int:
    asked = Callback.objects.filter(lead__in=lead_ids, called_off_at=None).order_by("id")
    latest = {callback.lead_id: callback for callback in asked}
    due = {}
    for lead_id, callback in latest.items():
        found = first_permitted(campaign=campaign, lead_id=lead_id, at=max(callback.at, now), now=now)
        if found is not None:
            due[lead_id] = found
    with connection.cursor() as cursor:
        moved = bring_forward(cursor, due=due)
    # A callback is told by its instant from the one before it that is over.
    for lead_id, at in due.items():
        if latest[lead_id].due_at != at:
            Callback.objects.filter(pk=latest[lead_id].pk, lead__callback_at=at).update(due_at=at)
    return moved
