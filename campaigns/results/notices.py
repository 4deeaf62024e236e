"""Writes notices: what a campaign did by itself, with the calls that showed it. Those who tell others read the feed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from campaigns.models import CampaignNotice, FeedEntry, FeedKind, NoticeKind

#: So many calls are named in a notice, and so many in a campaign's reason.
MOST_ATTEMPTS = 50
MOST_NAMED = 8


def notify(
    *, campaign_id: int | None, kind: NoticeKind, text: str, now: datetime, attempt_ids: Sequence[int] = ()
) -> CampaignNotice:
    """Add a notice to the feed; in the transaction of what it tells of, so that neither is without the other.

    ``campaign_id`` None: it is of the whole house.
    """
    with transaction.atomic():
        notice = CampaignNotice.objects.create(
            campaign_id=campaign_id,
            kind=kind,
            text=text[:500],
            attempt_ids=list(attempt_ids)[:MOST_ATTEMPTS],
            created_at=now,
        )
        FeedEntry.objects.create(kind=FeedKind.NOTICE, notice=notice)
    return notice


def named(attempt_ids: Sequence[int]) -> str:
    """Return attempts by their numbers, the first few."""
    shown = ", ".join(f"#{attempt_id}" for attempt_id in attempt_ids[:MOST_NAMED])
    return f"{shown}, …" if len(attempt_ids) > MOST_NAMED else shown
