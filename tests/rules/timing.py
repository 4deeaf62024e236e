"""The time function against the reference, minute by minute."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from hypothesis import strategies as st

from campaigns.rules.deciding import CapFacts, LeadFacts, Schedule, decide
from tests.rules import reference, strategies

#: How far the reference looks. What opens later is only shown not to open before.
LOOK_MINUTES = 36 * 60
NOBODY = LeadFacts(number="")


@st.composite
def one_zone(draw: st.DrawFn) -> tuple[datetime, list[tuple[reference.PlainHours, str]]]:
    """Return an instant with hours in one zone."""
    at = draw(strategies.instants())
    return at, [(draw(strategies.plain_hours(near=at)), draw(strategies.zones))]


@st.composite
def with_crons(draw: st.DrawFn) -> tuple[datetime, list[tuple[reference.PlainHours, str]]]:
    """Return an instant with hours some of which are cron expressions."""
    at = draw(strategies.instants())
    return at, [(draw(strategies.plain_hours(near=at, crons=True)), draw(strategies.zones))]


def judge(case: tuple[datetime, list[tuple[reference.PlainHours, str]]], *, look_minutes: int = LOOK_MINUTES) -> None:
    """Assert that the time function and the reference agree on one case."""
    at, [(plain, zone)] = case
    found = decide(
        lead=NOBODY,
        did=None,
        schedule=Schedule(hours=strategies.hours(plain), time_zone=zone),
        profile=None,
        caps=CapFacts(),
        at=at,
    )
    assert found.allowed == reference.is_open([(plain, zone)], at)
    agree(found.next_allowed_at, [(plain, zone)], at, look_minutes)


def agree(
    found: datetime | None, requirements: list[tuple[reference.PlainHours, str]], at: datetime, look_minutes: int
) -> None:
    """Assert that ``found`` is the first open instant from ``at`` on, as far as the reference looks."""
    expected = reference.next_open(requirements, at, minutes=look_minutes)
    if expected is not None:
        assert found == expected, (found, expected)
    elif found is not None:
        assert found > at + timedelta(minutes=look_minutes - 1), found
        assert reference.is_open(requirements, found), found


Judge = Callable[[], int]
