"""The calls of a day are found by where their ids lie: all of them, in each zone, and hardly any other."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from campaigns.explaining.calls_of_day import ids_around
from campaigns.models import Attempt, Campaign, Lead
from campaigns.states.ends import AttemptEnd, end_attempts
from dialer.providers.base import Outcome
from dialer.sql import hot_cursor
from tests.benchmarks.growth.queues import queue
from tests.campaigns.world import account, campaign, claimed, did

pytestmark = pytest.mark.django_db(transaction=True)

ZONES = ("Pacific/Kiritimati", "Asia/Kolkata", "UTC", "America/New_York", "Etc/GMT+12")
FIRST = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize("seed", range(3))
def test_the_calls_of_each_day_are_found_by_the_clock_of_each_campaign(seed: int) -> None:
    chance = Random(seed)
    owner = account(provider="astradial", fleet=None)
    for zone in ZONES:
        campaign(owner, leads=0, dids=[did(owner, limit=1000)], time_zone=zone)
    queue(list(Campaign.objects.all()), leads=400)
    Lead.objects.update(next_attempt_at=FIRST)
    at = FIRST
    for _ in range(70):
        claimed(owner, now=at, room=5)
        at += timedelta(hours=chance.choice([0.2, 1, 3]))
        _end_some(chance, at)
    by_day: dict[date, set[int]] = {}
    for pk, day, reserved_at, zone in Attempt.objects.values_list(
        "pk", "called_on", "reserved_at", "campaign__time_zone"
    ):
        assert day == reserved_at.astimezone(ZoneInfo(zone)).date()
        by_day.setdefault(day, set()).add(pk)
    assert len(by_day) > 3
    for day, ids in by_day.items():
        found = Attempt.objects.filter(ids_around(day))
        assert set(found.filter(called_on=day).values_list("pk", flat=True)) == ids
    middle = FIRST.date() + timedelta(days=len(by_day) // 2)
    assert Attempt.objects.filter(ids_around(middle)).count() < Attempt.objects.count()


@pytest.mark.parametrize("day", [date.min, date.max])
def test_days_at_the_ends_of_the_calendar_have_no_calls(day: date) -> None:
    assert not Attempt.objects.filter(ids_around(day)).exists()


def _end_some(chance: Random, at: datetime) -> None:
    live = list(Attempt.objects.filter(ended_at=None).order_by("pk").values_list("pk", flat=True))
    ends = [
        AttemptEnd(attempt_id=pk, outcome=Outcome.BUSY, is_burned=True, lead_state="EXHAUSTED", ended_at=at)
        for pk in chance.sample(live, len(live) * 3 // 4)
    ]
    if ends:
        with hot_cursor() as cursor:
            end_attempts(cursor, ends=ends)
