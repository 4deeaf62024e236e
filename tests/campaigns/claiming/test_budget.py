"""Rates, back-off and the fleet's room: what may start now never passes a limit."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from campaigns.claiming import budget
from campaigns.claiming.budget import FleetReading

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@given(available=st.integers(0, 50), own=st.integers(0, 50), live=st.integers(0, 60), age=st.floats(0, 90))
def test_the_fleet_is_believed_while_its_reading_is_fresh_and_never_beyond_it(
    available: int, own: int, live: int, age: float
) -> None:
    reading = FleetReading(available=available, own_live=own, measured_at=NOW - timedelta(seconds=age))
    room = budget.fleet_room(reading=reading, live_now=live, now=NOW)
    assert room >= 0
    if age > budget.READING_VALID_SECONDS + 1:
        assert room == 0
    else:
        assert live + room <= max(live, available + own)


def test_a_fleet_that_was_never_read_gets_no_call() -> None:
    assert budget.fleet_room(reading=None, live_now=0, now=NOW) == 0


@given(
    rate=st.floats(0.1, 200),
    turns=st.lists(st.tuples(st.integers(0, 50), st.floats(0, 2)), min_size=1, max_size=20),
)
def test_no_second_has_more_requests_than_the_rate(rate: float, turns: list[tuple[int, float]]) -> None:
    now, gate, sent = NOW, None, []
    for wanted, pause in turns:
        times = budget.send_times(next_send_at=gate, calls_per_second=rate, wanted=wanted, now=now)
        assert all(now <= at <= now + timedelta(seconds=budget.RATE_HORIZON_SECONDS) for at in times)
        if times:
            gate = budget.after_sends(times=times, calls_per_second=rate)
            sent += times
        now += timedelta(seconds=pause)
    assert sent == sorted(sent)
    for start in sent:
        in_one_second = sum(start <= at < start + timedelta(seconds=1) for at in sent)
        assert in_one_second <= math.ceil(rate)


@given(st.integers(0, 200))
def test_back_off_begins_after_a_few_refusals_and_stays_bounded(refusals: int) -> None:
    seconds = budget.backoff_seconds(refusals_in_row=refusals)
    if refusals < budget.REFUSALS_BEFORE_BACKOFF:
        assert seconds is None
    else:
        assert seconds is not None
        assert budget.FIRST_BACKOFF_SECONDS <= seconds <= budget.LONGEST_BACKOFF_SECONDS
