"""Tells, once each, of API keys that expire soon: a program that stands still for it concerns people."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from campaigns.models import NoticeKind
from campaigns.results.notices import notify
from dialer.models import ApiKey

#: So long before its end a key is told of.
TOLD_BEFORE = timedelta(days=7)


def tell_expiring_keys(*, now: datetime) -> int:
    """Write a notice for each key in use that expires within a week and has no successor; return how many."""
    soon = ApiKey.objects.filter(
        expires_at__gt=now,
        expires_at__lte=now + TOLD_BEFORE,
        revoked_at=None,
        successor=None,
        last_used_at__isnull=False,
        expiry_told_at=None,
    )
    return sum(_tell(key, now) for key in soon.select_related("user").order_by("id"))


@transaction.atomic
def _tell(key: ApiKey, now: datetime) -> bool:
    if ApiKey.objects.filter(pk=key.pk, expiry_told_at=None).update(expiry_told_at=now) != 1:
        return False
    text = (
        f"The API key {key} of {key.user.get_username()} expires on {key.expires_at:%Y-%m-%d %H:%M} UTC: what uses it "
        "is refused from then on. Make its successor (API keys), and give it to the program."
    )
    notify(campaign_id=None, kind=NoticeKind.KEY_EXPIRES, text=text, now=now)
    return True
