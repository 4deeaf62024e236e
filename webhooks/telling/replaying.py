"""Tells a subscription again, with the same event ids: one delivery, a part of the feed, or all since an instant."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models.functions import Greatest, Least

from campaigns.models import FeedEntry
from campaigns.results.feed import removed_through
from webhooks.models import Delivery, DeliveryState, Subscription
from webhooks.telling.subscribing import read_again

#: Instants of entries are not quite in the order of the feed: so much before an instant is told as well.
MARGIN = timedelta(minutes=1)


class UnableToReplay(Exception):
    """Nothing is told again; the message is a sentence."""


def send_again(*, delivery_id: int, now: datetime) -> Delivery:
    """Let one delivery wait again, whatever became of it. Raises UnableToReplay."""
    with transaction.atomic():
        delivery = Delivery.objects.select_for_update(no_key=True, of=("self",)).get(pk=delivery_id)
        if delivery.entry_id is None:
            raise UnableToReplay("A test is not sent again: send another.")
        _active(delivery.subscription_id)
        delivery.state, delivery.delivered_at = DeliveryState.WAITING, None
        delivery.next_try_at = min(now, delivery.next_try_at)
        delivery.save(update_fields=["state", "next_try_at", "delivered_at"])
    return delivery


def replay(*, subscription_id: int, after: int, until: int | None = None) -> Subscription:
    """Tell again what follows ``after`` in the feed, to ``until`` (inclusive; None: to where it was told by now).

    Raises UnableToReplay.
    """
    with transaction.atomic():
        subscription = _active(subscription_id)
        if after < (gone := removed_through()):
            raise UnableToReplay(f"What follows {after} is not kept any more: the feed begins after {gone}.")
        last = subscription.position if until is None else min(until, subscription.position)
        if after >= last:
            raise UnableToReplay(f"Nothing to tell again: it was told up to {subscription.position} of the feed.")
        Subscription.objects.filter(pk=subscription_id).update(
            replay_after=Least("replay_after", after), replay_until=Greatest("replay_until", last)
        )
    return read_again(subscription)


def position_before(since: datetime) -> int:
    """Return the place in the feed that everything since an instant follows."""
    # From the end backwards: as far as is told again.
    before = FeedEntry.objects.filter(position__isnull=False, created_at__lt=since - MARGIN).order_by("-position")
    return before.values_list("position", flat=True).first() or removed_through()


def _active(subscription_id: int) -> Subscription:
    subscription = Subscription.objects.select_for_update(no_key=True).get(pk=subscription_id)
    if not subscription.is_active:
        raise UnableToReplay(f"{subscription} is switched off: switch it on again first.")
    return subscription
