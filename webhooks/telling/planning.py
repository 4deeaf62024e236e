"""Goes through the feed for a subscription, and writes a delivery for each entry that it wants. Safe to repeat.

No further than what is sent soon: for a subscriber that is down, nothing piles up here; the feed has it. What it asked
to be told again goes before: it is older.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from campaigns.models import Campaign, FeedEntry
from webhooks.models import Subscription

#: Entries gone through for a subscription in one transaction.
ENTRIES_AT_ONCE = 500
#: Whose an entry is: one of these.
_CAMPAIGNS = ("attempt__campaign_id", "lead__campaign_id", "notice__campaign_id")
#: The same entry has the same event id for the same subscription, also if the row were written again.
_NAMESPACE = uuid.UUID("6a2f6a5e-6c0c-4c55-9a52-0d1a3c3f5f10")

_NEW = """
INSERT INTO webhooks_delivery (subscription_id, entry_id, event_id, state, tries, next_try_at, problem, reply,
                               created_at)
SELECT %(subscription)s, v.entry_id, v.event_id, 'WAITING', 0, %(now)s, '', '', %(now)s
  FROM unnest(%(entries)s::bigint[], %(events)s::uuid[]) WITH ORDINALITY AS v (entry_id, event_id, place)
 ORDER BY v.place
    ON CONFLICT (subscription_id, entry_id) DO NOTHING
"""
# After the one above: what was there already waits again.
_AGAIN = """
UPDATE webhooks_delivery SET state = 'WAITING', next_try_at = %(now)s, delivered_at = NULL
 WHERE subscription_id = %(subscription)s AND entry_id = ANY(%(entries)s) AND state <> 'WAITING'
"""


def plan(*, subscription_id: int, now: datetime) -> bool:
    """Go through the next entries of the feed; return whether there were any."""
    with transaction.atomic():
        rows = Subscription.objects.select_for_update(no_key=True, skip_locked=True)
        subscription = rows.filter(pk=subscription_id, is_active=True).first()
        if subscription is None:
            return False
        return _plan_again(subscription, now) or _plan_new(subscription, now)


def _plan_new(subscription: Subscription, now: datetime) -> bool:
    entries = _entries(Q(position__gt=subscription.position))
    if not entries:
        return False
    _add(subscription, entries, now)
    _set(subscription, position=entries[-1][1])
    return True


def _plan_again(subscription: Subscription, now: datetime) -> bool:
    """Go on with what is told again, if anything is."""
    if subscription.replay_after is None:
        return False
    wanted = Q(position__gt=subscription.replay_after, position__lte=subscription.replay_until)
    entries = _entries(wanted)
    if not entries:
        _set(subscription, replay_after=None, replay_until=None)
        return False
    _add(subscription, entries, now, again=True)
    _set(subscription, replay_after=entries[-1][1])
    return True


def _entries(which: Q) -> list[tuple[Any, ...]]:
    rows = FeedEntry.objects.filter(which).order_by("position")
    return list(rows.values_list("id", "position", "kind", *_CAMPAIGNS)[:ENTRIES_AT_ONCE])


def _add(subscription: Subscription, entries: Sequence[tuple[Any, ...]], now: datetime, *, again: bool = False) -> None:
    only = _campaigns(subscription)
    wanted = [
        entry_id
        for entry_id, _, kind, *campaigns in entries
        if kind in subscription.kinds and (only is None or not only.isdisjoint(campaigns))
    ]
    if not wanted:
        return
    values: dict[str, Any] = {
        "subscription": subscription.pk,
        "now": now,
        "entries": wanted,
        "events": [uuid.uuid5(_NAMESPACE, f"{subscription.pk}:{entry_id}") for entry_id in wanted],
    }
    with connection.cursor() as cursor:
        cursor.execute(_NEW, values)
        if again:
            cursor.execute(_AGAIN, values)


def _set(subscription: Subscription, **values: Any) -> None:
    Subscription.objects.filter(pk=subscription.pk).update(**values)


def _campaigns(subscription: Subscription) -> set[int] | None:
    """Return the campaigns that it is told of, with their runs; None stands for all."""
    named = list(subscription.campaigns.values_list("id", flat=True))
    if not named:
        return None
    return set(Campaign.objects.filter(Q(pk__in=named) | Q(parent_id__in=named)).values_list("id", flat=True))
