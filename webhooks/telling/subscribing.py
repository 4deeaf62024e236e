"""Begins, tests and restores subscriptions."""

from __future__ import annotations

import asyncio
from datetime import datetime

from django.db import transaction

from campaigns.results.feed import last_position, place_entries
from webhooks.models import Delivery, DeliveryState, Subscription, new_secret
from webhooks.telling.payload import Told, secret_of, told
from webhooks.telling.sending import Line, Reply


def begin(subscription: Subscription) -> Subscription:
    """Let a subscription begin at the end of the feed: what happened before is not told."""
    place_entries()
    Subscription.objects.filter(pk=subscription.pk).update(
        position=last_position(), failing_since=None, problem="", failures=0, next_try_at=None
    )
    subscription.refresh_from_db()
    return subscription


def revive(subscription: Subscription) -> Subscription:
    """Switch a subscription on again: told from now on. What it missed follows ``missed_after`` in the feed."""
    with transaction.atomic():
        locked = Subscription.objects.select_for_update(no_key=True).get(pk=subscription.pk)
        if not locked.is_active:
            # Where it died that was noted; where somebody switched it off, what was planned by then waits still.
            missed_after = locked.missed_after if locked.switched_off_at else locked.position
            Subscription.objects.filter(pk=locked.pk).update(
                is_active=True, switched_off_at=None, missed_after=missed_after
            )
            begin(locked)
    subscription.refresh_from_db()
    return subscription


def try_now(subscription: Subscription) -> None:
    """End the wait after failures: somebody has changed where it leads."""
    Subscription.objects.filter(pk=subscription.pk).update(next_try_at=None)
    subscription.refresh_from_db()


def renew_secret(subscription: Subscription) -> Subscription:
    """Give a subscription another secret."""
    subscription.secret = new_secret()
    subscription.save(update_fields=["secret"])
    return subscription


def test(*, subscription: Subscription, now: datetime) -> Delivery:
    """Send a test now, once; return its delivery with what came of it. Taken, it ends the wait after failures."""
    delivery = Delivery(subscription=subscription, entry=None, tries=1, next_try_at=now, created_at=now)
    reply = asyncio.run(_post(subscription, told(delivery)))
    delivery.status_code, delivery.problem = reply.status_code, reply.problem[:300]
    delivery.state = DeliveryState.GIVEN_UP if reply.problem else DeliveryState.DELIVERED
    delivery.delivered_at = None if reply.problem else now
    delivery.save()
    if not reply.problem:
        rows = Subscription.objects.filter(pk=subscription.pk)
        rows.update(failing_since=None, problem="", failures=0, next_try_at=None, told_at=now)
    return delivery


async def _post(subscription: Subscription, test: Told) -> Reply:
    line = Line(url=subscription.url, secret=secret_of(subscription))
    try:
        return await line.post(test)
    finally:
        await line.aclose()
