"""Begins, tests and restores subscriptions."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from campaigns.results.feed import last_position, place_entries
from dialer.fetching import guarded_client
from webhooks.models import Delivery, DeliveryState, Subscription, new_secret
from webhooks.telling.sending import TIMEOUT_SECONDS, keep, post


def begin(subscription: Subscription) -> Subscription:
    """Let a subscription begin at the end of the feed: what happened before is not told."""
    place_entries()
    Subscription.objects.filter(pk=subscription.pk).update(position=last_position(), failing_since=None, problem="")
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


def renew_secret(subscription: Subscription) -> Subscription:
    """Give a subscription another secret."""
    subscription.secret = new_secret()
    subscription.save(update_fields=["secret"])
    return subscription


def test(*, subscription: Subscription, now: datetime) -> Delivery:
    """Send a test now, once; return its delivery with what came of it."""
    delivery = Delivery.objects.create(
        subscription=subscription, entry=None, tries=1, next_try_at=now, created_at=now, state=DeliveryState.WAITING
    )
    with guarded_client(timeout_seconds=TIMEOUT_SECONDS) as client:
        reply = post(delivery=delivery, client=client, now=now)
    if reply.problem:
        delivery.state, delivery.problem = DeliveryState.GIVEN_UP, reply.problem
        delivery.status_code = reply.status_code
        delivery.save(update_fields=["state", "problem", "status_code"])
    else:
        keep(delivery=delivery, reply=reply, now=now)
        delivery.refresh_from_db()
    return delivery
