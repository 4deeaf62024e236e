"""When a provider's own dialer shall be on, and since which edge: everybody who asks gets the same answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.rules.hosted import Circumstances, clock_hours, wish
from tests.rules.strategies import instants, zones

ZONE = "Asia/Kolkata"


def ist(hour: int, minute: int = 0, *, day: int = 2) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=ZoneInfo(ZONE))


GIVEN = Circumstances(
    state="RUNNING",
    state_changed_at=ist(8),
    dialing_allowed=True,
    dialing_changed_at=ist(7),
    account_is_active=True,
    account_changed_at=ist(6),
    starts_at=None,
    ends_at=None,
    time_zone=ZONE,
    hours=(time(9), time(18)),
)


@pytest.mark.parametrize(
    ("changed", "now", "is_on", "edge_at"),
    [
        ({}, ist(8, 59), False, ist(18, day=1)),
        ({}, ist(9), True, ist(9)),
        ({}, ist(17, 59), True, ist(9)),
        ({}, ist(18), False, ist(18)),
        ({"state_changed_at": ist(11)}, ist(12), True, ist(11)),
        ({"state": "PAUSED", "state_changed_at": ist(11)}, ist(12), False, ist(11)),
        ({"dialing_allowed": False, "dialing_changed_at": ist(11)}, ist(12), False, ist(11)),
        ({"account_is_active": False, "account_changed_at": ist(11)}, ist(12), False, ist(11)),
        ({"account_changed_at": ist(11)}, ist(12), True, ist(9)),  # a new name of the account switches nothing
        ({"starts_at": ist(13)}, ist(12), False, ist(8)),
        ({"starts_at": ist(13)}, ist(13), True, ist(13)),
        ({"ends_at": ist(12)}, ist(12), False, ist(12)),
        ({"hours": None}, ist(12), False, ist(8)),
    ],
)
def test_the_wish_and_its_edge(changed: dict[str, Any], now: datetime, is_on: bool, edge_at: datetime) -> None:
    found = wish(given=replace(GIVEN, **changed), now=now)
    assert (found.is_on, found.edge_at) == (is_on, edge_at)
    assert found.reason


@settings(deadline=None)
@given(zones, instants(), st.integers(0, 22), st.integers(1, 23), st.integers(0, 3600))
def test_between_two_edges_everybody_gets_the_same_one(
    zone: str, now: datetime, opens: int, closes: int, later: int
) -> None:
    if closes <= opens:
        return
    long_ago = now - timedelta(days=30)
    given_here = replace(
        GIVEN,
        time_zone=zone,
        hours=(time(opens), time(closes)),
        state_changed_at=long_ago,
        dialing_changed_at=long_ago,
        account_changed_at=long_ago,
    )
    first, second = wish(given=given_here, now=now), wish(given=given_here, now=now + timedelta(seconds=later))
    assert first.edge_at <= now
    assert first == second or now < second.edge_at <= now + timedelta(seconds=later)


#: Clocks that are turned within the window's hours, and clocks that are not.
TURNED = (
    ("America/New_York", "2027-03-14T06:00"),
    ("America/New_York", "2027-11-07T05:00"),
    ("Europe/London", "2027-03-28T00:00"),
    ("Europe/London", "2027-10-31T00:00"),
    ("Europe/Berlin", "2027-03-28T00:00"),
    ("Europe/Berlin", "2027-10-31T00:00"),
    (ZONE, "2027-03-28T00:00"),
)


@pytest.mark.parametrize(("zone", "begins"), TURNED)
@pytest.mark.parametrize("hours", [(time(0, 30), time(1, 15)), (time(1, 15), time(2, 30)), (time(2, 30), time(5))])
def test_it_is_never_on_while_the_zones_clock_shows_another_time(
    zone: str, begins: str, hours: tuple[time, time]
) -> None:
    first = datetime.fromisoformat(begins).replace(tzinfo=ZoneInfo("UTC"))
    long_ago = first - timedelta(days=30)
    here = replace(GIVEN, time_zone=zone, hours=hours)
    here = replace(here, state_changed_at=long_ago, dialing_changed_at=long_ago, account_changed_at=long_ago)
    minutes = [first + timedelta(minutes=count) for count in range(-180, 1440)]
    is_on = {at: wish(given=here, now=at).is_on for at in minutes}
    late = [at for at in minutes if is_on[at] and not hours[0] <= at.astimezone(ZoneInfo(zone)).time() < hours[1]]
    assert late == []
    assert True in is_on.values()


class Window:
    """The calling window of a campaign."""

    def __init__(self, opens: time, closes: time) -> None:
        self.window_opens, self.window_closes = opens, closes


@given(st.times(), st.times())
def test_the_provider_is_told_whole_minutes_that_lie_within_the_window(opens: time, closes: time) -> None:
    told = clock_hours(Window(opens, closes))
    if told is None:
        return
    assert opens <= told[0] < told[1] <= closes
    assert (told[1].second, told[1].microsecond) == (0, 0)
    assert (told[0].second, told[0].microsecond) == (0, 0)
