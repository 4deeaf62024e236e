"""The picture of the next seven days beside the week grid: what the rules say, by the clock of the zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.admin.inputs.picture import DAYS, picture_of
from campaigns.rules.hours import is_open
from campaigns.rules.stored import hours_of
from tests.rules.strategies import instants, times, zones

NOON = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)  # Monday, 12:00 in India
WEEKDAYS = [
    {"days": "12345", "opens": "09:00", "closes": "12:30"},
    {"days": "12345", "opens": "14:00", "closes": "18:00"},
]
windows = st.builds(
    lambda days, opens, closes: {"days": days, "opens": opens.isoformat(), "closes": closes.isoformat()},
    st.text("1234567", min_size=1, max_size=7),
    times,
    times,
).filter(lambda window: window["opens"] != window["closes"])


def test_it_says_when_it_closes_and_when_it_opens_next() -> None:
    hours = hours_of(WEEKDAYS, country="IN", own=["2026-03-05"])
    now = picture_of(hours=hours, profile=None, zone_name="Asia/Kolkata", at=NOON)
    assert (now.is_open, now.badge, now.now_left) == (True, "Open until 12:30 IST", 50.0)
    said = [(day.name, day.said) for day in now.days]
    assert said[0] == ("Mon 2 Mar", "09:00–12:30, 14:00–18:00")
    assert said[3] == ("Thu 5 Mar", "day without calls")
    assert said[5] == ("Sat 7 Mar", "no calls")
    later = picture_of(hours=hours, profile=None, zone_name="Asia/Kolkata", at=NOON + timedelta(days=2, hours=8))
    assert later.badge == "Closed: opens Fri 09:00 IST"


def test_the_profiles_hours_cut_off_what_is_outside() -> None:
    profile = hours_of([{"opens": "10:00", "closes": "16:00"}])
    found = picture_of(hours=hours_of(WEEKDAYS), profile=profile, zone_name="Asia/Kolkata", at=NOON)
    assert found.days[0].said == "10:00–12:30, 14:00–16:00"


@given(stored=st.lists(windows, min_size=1, max_size=3), zone_name=zones, at=instants(), minute=st.integers(0, 1439))
@settings(max_examples=60, deadline=None)
def test_what_it_draws_is_what_the_rules_allow(
    stored: list[dict[str, str]], zone_name: str, at: datetime, minute: int
) -> None:
    hours = hours_of(stored)
    found = picture_of(hours=hours, profile=None, zone_name=zone_name, at=at)
    requirements = ((hours, zone_name),)
    assert found.is_open == is_open(requirements=requirements, at=at)
    zone = ZoneInfo(zone_name)
    for count in range(DAYS):
        wall = datetime.combine(at.astimezone(zone).date() + timedelta(days=count), datetime.min.time())
        local = (wall + timedelta(minutes=minute, seconds=30)).replace(tzinfo=zone)
        offsets = {(wall + timedelta(hours=hour)).replace(tzinfo=zone).utcoffset() for hour in range(25)}
        if len(offsets) > 1:
            continue  # a day on which clocks change is drawn on a plain clock
        place = 100 * (minute * 60 + 30) / 86400
        drawn = any(bar.left <= place < bar.left + bar.width for bar in found.days[count].bars)
        assert drawn == is_open(requirements=requirements, at=local), (found.days[count], local)


@pytest.mark.parametrize(
    ("now", "badge"),
    [
        (NOON, "Open until 18:00 IST"),
        (NOON - timedelta(hours=11, minutes=55), "Closed: opens 09:30 IST"),
        (NOON - timedelta(hours=12, minutes=5), "Closed: opens Mon 09:30 IST"),
        (NOON + timedelta(hours=6), "Closed: opens Mon 09 Mar 2026 09:30 IST"),
    ],
)
def test_the_form_that_is_sent_is_drawn_and_what_cannot_be_is_said(owner: Client, now: datetime, badge: str) -> None:
    address = reverse("admin:campaigns_hours_picture")
    form = {"picture_of": "windows", "time_zone": "Asia/Kolkata", "holiday_country": "in"}
    hours = {"windows-0-opens_cron": "30 9 * * MON", "windows-0-closes_cron": "0 18 * * MON"}
    with time_machine.travel(now):
        said = owner.post(address, form | hours).content.decode()
    assert badge in said
    assert said.count(" 09:30") >= 5
    wrong = {"windows-0-days": ["1"], "windows-0-opens": "9 o'clock", "windows-0-closes": "18:00"}
    assert "Row 1, from:" in owner.post(address, form | wrong).content.decode()
    assert "Not known" in owner.post(address, form | hours | {"holiday_country": "XX"}).content.decode()
