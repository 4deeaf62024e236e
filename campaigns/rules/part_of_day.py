"""Another part of the day for the next attempt: who is not there in the morning may be in the evening. Pure."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta

from campaigns.rules.deciding import LeadFacts, contact_zones
from campaigns.rules.ruleset import CampaignRules
from campaigns.rules.walls import BrokenRule, zone_of

#: Where morning, afternoon and evening begin; the evening ends with the day.
PARTS = (time(0), time(12), time(17))
#: A permitted instant in another part is looked for so many days ahead; beyond, any permitted one does.
DAYS = 4


def part_of_day(at: datetime, zone: zoneinfo.ZoneInfo) -> int:
    """Return 0 for the morning, 1 for the afternoon, 2 for the evening."""
    wall = at.astimezone(zone).time()
    return sum(wall >= begins for begins in PARTS) - 1


def at_another_time(
    *, rules: CampaignRules, lead: LeadFacts, calls: Sequence[datetime], dialed_at: datetime, due_at: datetime
) -> datetime | None:
    """Return the first permitted instant from ``due_at`` on in another part of the contact's day than ``dialed_at``.

    Where hours leave no other part within some days, the first permitted instant; None where no instant ever is.
    """
    first = rules.decide(lead=lead, at=due_at, calls=calls).next_allowed_at
    try:
        zone = zone_of(next(iter(contact_zones(lead)), rules.schedule.time_zone or "UTC"))
    except BrokenRule:
        return first
    part = part_of_day(dialed_at, zone)
    for candidate in _candidates(due_at, zone):
        found = rules.decide(lead=lead, at=candidate, calls=calls).next_allowed_at
        if found is None:
            break
        if part_of_day(found, zone) != part:
            return found
    return first


def _candidates(due_at: datetime, zone: zoneinfo.ZoneInfo) -> Iterator[datetime]:
    """Yield the due time, then the beginnings of the parts of the days after it."""
    yield due_at
    day = due_at.astimezone(zone).date()
    for offset in range(DAYS):
        for begins in PARTS:
            instant = datetime.combine(day + timedelta(days=offset), begins, tzinfo=zone).astimezone(UTC)
            if instant > due_at:
                yield instant
