"""Keeps, for every running campaign, what holds it back: a span a limit, seen every few seconds by each worker.

The cost grows with accounts and campaigns, not with their product, nor with leads: an account is read once for all its
campaigns, leads are counted no further than the narrowest room, and not at all where no call may leave.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Count, DateTimeField, DurationField, ExpressionWrapper, F, Sum, Value
from django.db.models.functions import Coalesce, Greatest, Least

from campaigns.explaining.campaigns import binding_limit, due_leads, narrowest_room, standing_limit
from campaigns.explaining.checks import Check
from campaigns.explaining.limits import House, Limits, read_limits
from campaigns.models import Campaign, CampaignState, LimitSpan
from campaigns.rules.campaign import read_rules
from dialer.sql import hot_cursor


def note_limits(*, now: datetime) -> int:
    """Keep what holds running campaigns back where that has changed; return how many have."""
    running = Campaign.objects.filter(state=CampaignState.RUNNING).select_related("account", "fallback_account")
    with hot_cursor() as cursor:
        found = _binding(cursor, campaigns={campaign.pk: campaign for campaign in running.order_by("pk")}, now=now)
    spans = LimitSpan.objects.filter(until_at=None)
    # A span also ends with its campaign.
    same, over = set[int](), []
    for span in spans:
        if span.campaign_id in found and found[span.campaign_id].limit == span.limit:
            same.add(span.campaign_id)
        else:
            over.append(span.pk)
    if over:
        spans.filter(pk__in=over).update(until_at=now)
    changed = [
        LimitSpan(campaign_id=campaign_id, limit=check.limit, said=check.said[:300], since_at=now)
        for campaign_id, check in found.items()
        if campaign_id not in same
    ]
    if changed:
        # Two workers may look at once: the first one's row stands.
        LimitSpan.objects.bulk_create(changed, ignore_conflicts=True)
    return len(changed)


def _binding(cursor: Any, *, campaigns: Mapping[int, Campaign], now: datetime) -> dict[int, Check]:
    """Return the limit that binds each campaign."""
    if not campaigns:
        return {}
    rules = read_rules(cursor, campaign_ids=list(campaigns))
    # Who holds the lines changes while a limit holds.
    house = House(cursor, now=now, names_holders=False)
    limits = {pk: read_limits(house=house, campaign=campaign, rules=rules[pk]) for pk, campaign in campaigns.items()}
    # One more than the narrowest room takes is as good as any number more.
    most = {pk: _narrowest(one) + 1 for pk, one in limits.items() if standing_limit(one) is None}
    due = due_leads(most=most, now=now)
    return {pk: binding_limit(one, due=due[pk][0], next_due_at=due[pk][1]) for pk, one in limits.items()}


def _narrowest(limits: Limits) -> int:
    check = narrowest_room(limits)
    return (check.room or 0) if check is not None else 0


def limit_totals(*, campaign_id: int, after: datetime | None, before: datetime) -> list[dict[str, Any]]:
    """Return limit, seconds and spans: how long each held a campaign back within two instants, the longest first."""
    spans = LimitSpan.objects.filter(campaign=campaign_id, since_at__lt=before)
    if after is not None:
        spans = spans.exclude(until_at__lte=after)
    ends = Value(before, output_field=DateTimeField())
    begins = Greatest("since_at", Value(after, output_field=DateTimeField())) if after is not None else F("since_at")
    lasted = ExpressionWrapper(Least(Coalesce("until_at", ends), ends) - begins, output_field=DurationField())
    rows = spans.order_by().values("limit").annotate(lasted=Sum(lasted), spans=Count("id"))
    found = [{"limit": row["limit"], "seconds": row["lasted"].total_seconds(), "spans": row["spans"]} for row in rows]
    return sorted(found, key=lambda row: -row["seconds"])
