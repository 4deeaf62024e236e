"""Edges of cron expressions on the wall clocks of zones, held against a look at every minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.rules.cron import cron_problems, latest_edge, next_edge
from tests.rules.strategies import CHANGES, instants, zones

MINUTE = timedelta(minutes=1)
minutes = st.sets(st.sampled_from([0, 5, 15, 20, 30, 40, 45, 59]), min_size=1, max_size=3)
hours = st.sets(st.integers(0, 23), min_size=1, max_size=6) | st.just({0, 1, 2, 3, 4})
ACROSS = [(zone, change) for zone, changes in CHANGES.items() for change in changes]


def expression_of(minute: set[int], hour: set[int]) -> str:
    return f"{','.join(map(str, sorted(minute)))} {','.join(map(str, sorted(hour)))} * * *"


def plain_edges(minute: set[int], hour: set[int], zone: str, begins: datetime, ends: datetime) -> list[datetime]:
    """Return the edges of two instants (UTC), by a look at every minute: a wall time that is shown twice counts once.

    A wall time that the clock skips comes so long after the jump as it lies after its beginning.
    """
    info = ZoneInfo(zone)
    found: dict[datetime, datetime] = {}
    at = begins - timedelta(hours=26)
    before = at.astimezone(info).replace(tzinfo=None) - MINUTE
    while at <= ends:
        wall = at.astimezone(info).replace(tzinfo=None)
        found.setdefault(wall, at)
        skipped = before + MINUTE
        while skipped < wall:
            found.setdefault(skipped, at + (skipped - before - MINUTE))
            skipped += MINUTE
        before = max(before, wall)
        at += MINUTE
    edges = {at for wall, at in found.items() if wall.minute in minute and wall.hour in hour}
    return sorted(edge for edge in edges if begins < edge <= ends)


def edges(expression: str, zone: str, begins: datetime, ends: datetime) -> list[datetime]:
    """Return the edges one after the other, as a schedule asks for them."""
    found: list[datetime] = []
    while (edge := next_edge(expression=expression, time_zone=zone, after=found[-1] if found else begins)) is not None:
        if edge > ends:
            break
        found.append(edge)
    return found


@settings(max_examples=150, deadline=None)
@given(
    minutes,
    hours,
    st.sampled_from(ACROSS) | st.tuples(zones, instants().map(lambda at: at.replace(second=0, microsecond=0))),
    st.integers(0, 600),
)
def test_edges_are_those_of_the_wall_clock_each_once_and_in_order(
    minute: set[int], hour: set[int], place: tuple[str, datetime], back: int
) -> None:
    zone, change = place
    begins, ends = change - back * MINUTE, change + timedelta(hours=8)
    expression = expression_of(minute, hour)
    expected = plain_edges(minute, hour, zone, begins, ends)
    assert edges(expression, zone, begins, ends) == expected
    latest = latest_edge(expression=expression, time_zone=zone, after=begins, until=ends)
    assert latest == ((expected[-1], len(expected) - 1) if expected else None)


@pytest.mark.parametrize("zone", sorted(CHANGES))
def test_a_daily_run_is_one_run_on_every_day_of_the_wall(zone: str) -> None:
    begins = datetime(2026, 1, 1, tzinfo=UTC)
    found = edges("30 2 * * *", zone, begins, begins + timedelta(days=365))
    days = [edge.astimezone(ZoneInfo(zone)).date() for edge in found]
    assert len(set(days)) == len(days) >= 365


@pytest.mark.parametrize("expression", ["", "* * * *", "61 * * * *", "0 9 * * * *", "0 9 30 2 *", "tomorrow"])
def test_what_names_no_instant_is_refused_and_starts_nothing(expression: str) -> None:
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert cron_problems(expression)
    assert next_edge(expression=expression, time_zone="UTC", after=now) is None
    assert latest_edge(expression="0 9 * * *", time_zone="Nowhere/Land", after=now, until=now) is None


def test_runs_that_would_follow_each_other_too_closely_are_refused() -> None:
    assert cron_problems("*/15 * * * *") == []
    assert cron_problems("*/5 * * * *") == ["Its edges are closer than 15 minutes to each other."]
