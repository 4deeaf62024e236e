"""Goes through the feed for each subscription, and writes a delivery for each entry that it wants. Safe to repeat."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction

from campaigns.models import FeedEntry
from campaigns.results.feed import entries_after, place_entries
from webhooks.models import Delivery, Subscription

#: Entries gone through for a subscription in one transaction.
ENTRIES_AT_ONCE = 500
#: The same entry has the same event id for the same subscription, also if the row were written again.
_NAMESPACE = uuid.UUID("6a2f6a5e-6c0c-4c55-9a52-0d1a3c3f5f10")


def plan_deliveries(*, now: datetime) -> int:
    """Write deliveries for what is new in the feed; return how many."""
    place_entries()
    ids = Subscription.objects.filter(is_active=True).order_by("id").values_list("id", flat=True)
    return sum(_plan(subscription_id, now) for subscription_id in list(ids))


def _plan(subscription_id: int, now: datetime) -> int:
    planned = 0
    while True:
        with transaction.atomic():
            rows = Subscription.objects.select_for_update(no_key=True, skip_locked=True)
            subscription = rows.filter(pk=subscription_id, is_active=True).first()
            if subscription is None:
                return planned
            entries = entries_after(position=subscription.position, limit=ENTRIES_AT_ONCE)
            if not entries:
                return planned
            only = set(subscription.campaigns.values_list("id", flat=True))
            wanted = [entry for entry in entries if entry.kind in subscription.kinds and _is_of(entry, only)]
            Delivery.objects.bulk_create(
                [
                    Delivery(
                        subscription=subscription,
                        entry=entry,
                        event_id=uuid.uuid5(_NAMESPACE, f"{subscription.pk}:{entry.pk}"),
                        next_try_at=now,
                        created_at=now,
                    )
                    for entry in wanted
                ],
                ignore_conflicts=True,
            )
            Subscription.objects.filter(pk=subscription.pk).update(position=entries[-1].position or 0)
            planned += len(wanted)


def _is_of(entry: FeedEntry, only: set[int]) -> bool:
    """Return whether an entry is of one of these campaigns or of a run of one; an empty set stands for all."""
    if not only:
        return True
    about = entry.attempt or entry.notice
    campaign = about.campaign if about is not None else None
    return campaign is not None and (campaign.pk in only or campaign.parent_id in only)
