"""Days as the clocks of a zone show them, changes of clocks included, and instants in the words of its people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.rules.walls import DAY, BrokenRule, stretches, zone_of
from dialer.wall_clocks import at_clock
from tests.rules.strategies import instants, zones


@given(zones, instants())
def test_the_stretches_of_a_day_cover_it_and_show_the_clock_at_every_instant(zone: str, at: datetime) -> None:
    instant = at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    found = stretches(zone, instant.date())
    assert found[0].starts == datetime.combine(instant.date(), datetime.min.time())
    assert found[-1].ends == found[0].starts + DAY
    assert [one.ends for one in found[:-1]] == [one.starts for one in found[1:]]
    (here,) = [one for one in found if one.starts <= instant < one.ends]
    assert instant + here.offset == instant.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@pytest.mark.parametrize("name", ["Nowhere/Land", "", "../etc/passwd", "UTC\0", "/etc/passwd"])
def test_what_is_no_zone_is_a_broken_rule(name: str) -> None:
    with pytest.raises(BrokenRule):
        zone_of(name)


NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("later", "zone", "said"),
    [
        (timedelta(hours=1), "Asia/Kolkata", "18:30 IST"),
        (timedelta(hours=7), "Asia/Kolkata", "Tue 03 Mar 00:30 IST"),
        (timedelta(days=400), "Asia/Kolkata", "06 Apr 2027 17:30 IST"),
        (timedelta(hours=1), "Nowhere/Land", "13:00 UTC"),
    ],
)
def test_an_instant_is_said_as_people_of_the_zone_say_it(later: timedelta, zone: str, said: str) -> None:
    assert at_clock(NOW + later, zone=zone, now=NOW) == said


@given(st.data())
def test_the_day_is_left_out_only_where_it_is_today(data: st.DataObject) -> None:
    zone, instant, now = data.draw(zones), data.draw(instants()), data.draw(instants())
    is_today = instant.astimezone(ZoneInfo(zone)).date() == now.astimezone(ZoneInfo(zone)).date()
    said = at_clock(instant, zone=zone, now=now)
    assert (said[2] == ":") == is_today
