"""Switches a subscription off that wants nothing any more or has taken nothing for days, and says so."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Min

from campaigns.models import NoticeKind
from campaigns.results.notices import notify
from dialer.audit import record
from webhooks.acts import CHANGE_SUBSCRIPTIONS
from webhooks.models import DeliveryState, Subscription

log = structlog.get_logger(__name__)

#: A subscription that took nothing for so long is switched off.
GIVE_UP_AFTER = timedelta(days=3)


def give_up(*, subscription_id: int, now: datetime) -> None:
    """Switch the subscription off if it has taken nothing for too long."""
    dead = Subscription.objects.filter(pk=subscription_id, failing_since__lte=now - GIVE_UP_AFTER)
    problem = dead.values_list("problem", flat=True).first()
    if problem is not None:
        why = f"Switched off, as it took nothing for {GIVE_UP_AFTER.days} days: {problem}"
        switch_off(subscription_id=subscription_id, why=why, now=now)


def switch_off(*, subscription_id: int, why: str, now: datetime) -> None:
    """Switch an active subscription off, give up what waits for it, and say so in a notice of the house."""
    with transaction.atomic():
        rows = Subscription.objects.filter(pk=subscription_id, is_active=True)
        subscription = rows.select_for_update(no_key=True).first()
        if subscription is None:
            return
        waiting = subscription.deliveries.filter(state=DeliveryState.WAITING)
        first = waiting.aggregate(first=Min("entry__position"))["first"]
        missed_after = subscription.position if first is None else min(subscription.position, first - 1)
        waiting.update(state=DeliveryState.GIVEN_UP)
        rows.update(
            is_active=False,
            problem=why[:300],
            switched_off_at=now,
            missed_after=missed_after,
            replay_after=None,
            replay_until=None,
        )
        text = f"Subscription {subscription.name}: {why}. What it misses: GET /results/?after={missed_after}"
        notify(campaign_id=None, kind=NoticeKind.SUBSCRIPTION_OFF, text=text, now=now)
        changes = {"is_active": [True, False]}
        act = CHANGE_SUBSCRIPTIONS.name
        record(act=act, what="Switched off", subject=subscription, changes=changes, reason=why, now=now)
    log.warning("subscription switched off", subscription_id=subscription_id)
