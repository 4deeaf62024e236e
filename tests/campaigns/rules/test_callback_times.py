"""The times that are offered for a callback, and how instants are said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from campaigns.rules.callback_times import at_wall, callback_choices
from dialer.wall_clocks import at_clock, from_now

FRIDAY = datetime(2026, 11, 27, 7, 5, tzinfo=UTC)  # 12:35 in India


def test_usual_times_are_by_the_clock_of_the_zone() -> None:
    labels = [one.label for one in callback_choices(zone="Asia/Kolkata", now=FRIDAY)]
    assert labels == [
        "In 1 h: 13:35 IST",
        "In 3 h: 15:35 IST",
        "Tomorrow: Sat 28 Nov 10:00 IST",
        "Next Monday: Mon 30 Nov 10:00 IST",
    ]


@pytest.mark.parametrize(("days", "offered"), [(2, 3), (3, 4)])
def test_no_time_is_offered_twice(days: int, offered: int) -> None:
    """On a Sunday tomorrow is the next Monday; on a Monday the next one is in a week."""
    choices = callback_choices(zone="Asia/Kolkata", now=FRIDAY + timedelta(days=days))
    assert len(choices) == offered
    assert len({one.at for one in choices}) == offered
    assert all(one.at > FRIDAY for one in choices)


def test_a_wall_clock_is_that_of_its_zone_in_summer_and_winter() -> None:
    summer, winter = datetime.fromisoformat("2026-07-01T10:00"), datetime.fromisoformat("2026-12-01T10:00")
    assert at_wall(summer, "Europe/London") == datetime(2026, 7, 1, 9, tzinfo=UTC)
    assert at_wall(winter, "Europe/London") == datetime(2026, 12, 1, 10, tzinfo=UTC)


def test_an_instant_names_its_zone_even_where_it_has_no_letters() -> None:
    assert at_clock(FRIDAY, zone="Asia/Dubai", now=FRIDAY) == "11:05 UTC+04"
    assert at_clock(FRIDAY, zone="Asia/Kolkata", now=FRIDAY, seconds=True) == "12:35:00 IST"
    assert at_clock(FRIDAY, zone="Nowhere/Land", now=FRIDAY) == "07:05 UTC"


@pytest.mark.parametrize(
    ("seconds", "said"), [(300, "in 5 min"), (-20, "20 s ago"), (3600, ""), (-7200, ""), (59, "in 59 s")]
)
def test_what_is_near_says_how_far_it_is(seconds: int, said: str) -> None:
    assert from_now(FRIDAY + timedelta(seconds=seconds), now=FRIDAY) == said
