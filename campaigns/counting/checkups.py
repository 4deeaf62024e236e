"""Looks whether kept counts are true, campaign by campaign, and remembers what was found for who has to know."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction
from django.db.models import Q

from campaigns.counting.checking import Difference, differences, put_right
from campaigns.models import Campaign, CampaignState, CountCheck

log = structlog.get_logger(__name__)

#: Campaigns that are over are looked at for so long after: late words come for hours, not for weeks.
LATE_WORDS = timedelta(days=7)


def check_counts(*, campaign_ids: Iterable[int], now: datetime, repair: bool = False) -> list[Difference]:
    """Hold the counts of campaigns against their rows, one after the other; return what differed.

    ``repair``: and make them what the rows come to. Reads all leads and attempts of each campaign.
    """
    return [found for campaign_id in campaign_ids for found in _check(campaign_id, now, repair=repair)]


def _check(campaign_id: int, now: datetime, *, repair: bool) -> list[Difference]:
    look = put_right if repair else differences
    with transaction.atomic(), connection.cursor() as cursor:
        found = look(cursor, campaign_ids=[campaign_id])
        left = [] if repair else [str(each) for each in found]
        CountCheck.objects.update_or_create(campaign_id=campaign_id, defaults={"checked_at": now, "differences": left})
    if found:
        log.error("kept counts differed", campaign_id=campaign_id, differences=len(found), repaired=repair)
    return found


def to_check(*, now: datetime) -> list[int]:
    """Return the campaigns whose counts may have changed of late: those under way, and those just over."""
    under_way = Q(state__in=[CampaignState.RUNNING, CampaignState.PAUSED])
    return list(
        Campaign.objects.filter(under_way | Q(state_changed_at__gte=now - LATE_WORDS))
        .order_by("pk")
        .values_list("pk", flat=True)
    )
