"""Goes through the feed for a subscription, and writes a delivery for each entry that it wants. Safe to repeat.

No further than what is sent soon: for a subscriber that is down, nothing piles up here; the feed has it.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from campaigns.models import Campaign, FeedEntry
from webhooks.models import Delivery, Subscription

#: Entries gone through for a subscription in one transaction.
ENTRIES_AT_ONCE = 500
#: The same entry has the same event id for the same subscription, also if the row were written again.
_NAMESPACE = uuid.UUID("6a2f6a5e-6c0c-4c55-9a52-0d1a3c3f5f10")


def plan(*, subscription_id: int, now: datetime) -> bool:
    """Go through the next entries of the feed; return whether there were any."""
    with transaction.atomic():
        rows = Subscription.objects.select_for_update(no_key=True, skip_locked=True)
        subscription = rows.filter(pk=subscription_id, is_active=True).first()
        if subscription is None:
            return False
        entries = list(
            FeedEntry.objects.filter(position__gt=subscription.position)
            .order_by("position")
            .values_list("id", "position", "kind", "attempt__campaign_id", "notice__campaign_id")[:ENTRIES_AT_ONCE]
        )
        if not entries:
            return False
        only = _campaigns(subscription)
        wanted = [
            entry_id
            for entry_id, _, kind, of_attempt, of_notice in entries
            if kind in subscription.kinds and (only is None or (of_attempt or of_notice) in only)
        ]
        Delivery.objects.bulk_create(
            [
                Delivery(
                    subscription=subscription,
                    entry_id=entry_id,
                    event_id=uuid.uuid5(_NAMESPACE, f"{subscription.pk}:{entry_id}"),
                    next_try_at=now,
                    created_at=now,
                )
                for entry_id in wanted
            ],
            ignore_conflicts=True,
        )
        Subscription.objects.filter(pk=subscription.pk).update(position=entries[-1][1] or 0)
        return True


def _campaigns(subscription: Subscription) -> set[int] | None:
    """Return the campaigns that it is told of, with their runs; None stands for all."""
    named = list(subscription.campaigns.values_list("id", flat=True))
    if not named:
        return None
    return set(Campaign.objects.filter(Q(pk__in=named) | Q(parent_id__in=named)).values_list("id", flat=True))
