"""Begins and restores subscriptions, and replaces their secrets."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from campaigns.results.feed import last_position, place_entries
from dialer.encryption import EncryptedField, UndecryptableError
from webhooks.models import Subscription, new_secret

#: How long the old secret signs beside the new one, unless something else is asked for; and at most.
OVERLAP = timedelta(hours=24)
MOST_OVERLAP = timedelta(days=30)


def begin(subscription: Subscription) -> Subscription:
    """Let a subscription begin at the end of the feed: what happened before is not told."""
    place_entries()
    Subscription.objects.filter(pk=subscription.pk).update(
        position=last_position(), failing_since=None, problem="", failures=0, next_try_at=None
    )
    return read_again(subscription)


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
    return read_again(subscription)


def try_now(subscription: Subscription) -> None:
    """End the wait after failures: somebody has changed where or how it is told."""
    Subscription.objects.filter(pk=subscription.pk).update(next_try_at=None)
    subscription.next_try_at = None


def renew_secret(subscription: Subscription, *, now: datetime, overlap: timedelta = OVERLAP) -> Subscription:
    """Give a subscription another secret. The old one signs beside it for ``overlap``; none: it ends at once."""
    secret = new_secret()
    try:
        old = subscription.secret.get("secret", "")
    except UndecryptableError:
        old = ""
    if overlap and old:
        secret |= {"previous": old, "previous_until": (now + overlap).isoformat()}
    subscription.secret = secret
    subscription.save(update_fields=["secret"])
    return subscription


def read_again(subscription: Subscription) -> Subscription:
    """Read it again, but for its secrets: one that no key opens is in nobody's way here."""
    open_fields = [one.attname for one in Subscription._meta.concrete_fields if not isinstance(one, EncryptedField)]
    subscription.refresh_from_db(fields=open_fields)
    return subscription
