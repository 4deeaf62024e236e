"""The hours that the carrier judges calls by: opening included, closing not, over midnight, on the zone's clock."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from dialer.sandbox.hours import parse_hours

ZONES = st.sampled_from(["Asia/Kolkata", "Asia/Kathmandu", "America/New_York", "UTC"])
MINUTES = st.integers(0, 24 * 60 - 1)


def clock(minute: int) -> time:
    """Return the time of a day's minute."""
    return time(*divmod(minute, 60))


@given(zone=ZONES, opens=MINUTES, closes=MINUTES, minute=MINUTES)
def test_a_minute_is_inside_if_counting_on_from_the_opening_meets_it_before_the_closing(
    zone: str, opens: int, closes: int, minute: int
) -> None:
    found = parse_hours({"time_zone": zone, "opens": f"{clock(opens)}", "closes": f"{clock(closes)}"})
    assert found is not None
    at = datetime.combine(date(2026, 7, 1), clock(minute), ZoneInfo(zone))
    is_inside = (minute - opens) % 1440 < (closes - opens) % 1440
    assert found.contain(at.timestamp()) is is_inside
    assert found.contain((at + timedelta(seconds=59.9)).timestamp()) is is_inside
