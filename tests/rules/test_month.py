"""A campaign of 30 days on a virtual clock, over five time zones, claimed for on a real PostgreSQL.

March and April 2026: the clocks of New York, London and Sydney change. What is claimed is compared with what a person
with a calendar and a clock of each zone would have done.
"""

from __future__ import annotations

import zoneinfo
from collections import defaultdict
from datetime import UTC, datetime, time, timedelta

import pytest

from campaigns.models import Attempt, CallingWindow, Contact
from campaigns.settling.reports import settle
from dialer.providers.base import CallReport, Outcome, Phase
from tests.campaigns.world import account, campaign, claimed, did, enrol_campaign, numbers, set_fleet
from tests.rules.tally import TRIED, is_whole

ZONES = ("Asia/Kolkata", "America/New_York", "Europe/London", "Australia/Sydney", "America/Sao_Paulo")
BEGINS = datetime(2026, 3, 7, tzinfo=UTC)
STEP = timedelta(minutes=30)
DELAY = timedelta(hours=3)
BLACKOUT = "2026-03-25"
MOST = 200


def is_open(zone: str, at: datetime) -> bool:
    """Return whether a person in ``zone`` may be called: weekdays 9–12 and 14–18, Saturdays 22–01, no day off."""
    wall = at.astimezone(zoneinfo.ZoneInfo(zone))
    if str(wall.date()) == BLACKOUT:
        return False
    if wall.isoweekday() <= 5 and (time(9) <= wall.time() < time(12) or time(14) <= wall.time() < time(18)):
        return True
    late = wall.isoweekday() == 6 and wall.time() >= time(22)
    return late or (wall.isoweekday() == 7 and wall.time() < time(1))


def expected_calls(zone: str, steps: int) -> list[datetime]:
    """Return when a lead of ``zone`` has to be called: at the first step at which it is due and open, each time."""
    calls: list[datetime] = []
    due = BEGINS
    for step in range(steps):
        at = BEGINS + step * STEP
        if at >= due and is_open(zone, at) and len(calls) < MOST:
            calls.append(at)
            due = at + DELAY
    return calls


@pytest.mark.django_db
def test_a_month_over_five_zones_calls_nobody_outside_hours_and_misses_nobody() -> None:
    steps = (30 if is_whole() else 4) * 48
    owner = account()
    made = campaign(
        owner,
        leads=0,
        dids=[did(owner, 500)],
        hours_follow="CONTACT",
        blackout_dates=[BLACKOUT],
        max_attempts=MOST,
        retry_rules={"NO_ANSWER": int(DELAY.total_seconds())},
    )
    for days, opens, closes in (("12345", time(9), time(12)), ("12345", time(14), time(18)), ("6", time(22), time(1))):
        CallingWindow.objects.create(campaign=made, days=days, opens=opens, closes=closes)
    zone_of: dict[str, str] = {}
    contacts = made.contact_lists.get()
    for zone in ZONES:
        for number in numbers(3 if is_whole() else 1):
            zone_of[number] = zone
            Contact.objects.create(contact_list=contacts, number=number, time_zone=zone)
    enrol_campaign(campaign_id=made.pk, now=BEGINS)
    for step in range(steps):
        at = BEGINS + step * STEP
        set_fleet(owner, available=1000, at=at)
        calls = claimed(owner, now=at).reserved
        reports = [(call.attempt_id, CallReport(phase=Phase.ENDED, outcome=Outcome.NO_ANSWER)) for call in calls]
        if reports:
            settle(reports=reports, now=at + timedelta(minutes=1))
    rung = defaultdict(list)
    for number, reserved_at in Attempt.objects.order_by("id").values_list("number", "reserved_at"):
        rung[number].append(reserved_at)
        assert is_open(zone_of[number], reserved_at)
    for number, zone in zone_of.items():
        expected = expected_calls(zone, steps)
        assert rung[number] == expected, zone
        TRIED["calls of the month"] += len(expected)
    assert len(rung) == len(zone_of)
