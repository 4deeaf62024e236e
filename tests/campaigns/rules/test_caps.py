"""Rolling caps and gaps: never more calls than they say, and the first instant that they let through is the first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from campaigns.rules.caps import NO_CAPS, Cap, Caps

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
calls = st.lists(st.integers(0, 72 * 3600).map(lambda seconds: NOW - timedelta(seconds=seconds)), max_size=8)
caps = st.builds(
    Caps,
    caps=st.lists(st.builds(Cap, calls=st.integers(1, 4), hours=st.sampled_from([0.5, 1, 24, 48])), max_size=3).map(
        lambda found: tuple(sorted(set(found)))
    ),
    minimum_gap_seconds=st.sampled_from([0, 60, 7200]),
)


def lets_through(limits: Caps, made: list[datetime], at: datetime) -> bool:
    """Count, plainly, whether one more call at ``at`` breaks nothing."""
    for cap in limits.caps:
        if sum(call > at - timedelta(hours=cap.hours) for call in made) + 1 > cap.calls:
            return False
    return not made or not limits.minimum_gap_seconds or at - max(made) >= timedelta(seconds=limits.minimum_gap_seconds)


@given(caps, calls)
def test_the_instant_that_is_named_is_the_first_that_breaks_nothing(limits: Caps, made: list[datetime]) -> None:
    free, binding = limits.free_at(calls=made, at=NOW)
    assert lets_through(limits, made, free)
    assert bool(binding) == (free > NOW)
    if free > NOW:
        assert not lets_through(limits, made, free - timedelta(microseconds=1))
        assert not lets_through(limits, made, NOW)


@given(caps, caps, calls)
def test_two_together_hold_what_each_holds(one: Caps, other: Caps, made: list[datetime]) -> None:
    both = one.with_those_of(other)
    free = both.free_at(calls=made, at=NOW)[0]
    assert free == max(one.free_at(calls=made, at=NOW)[0], other.free_at(calls=made, at=NOW)[0])
    assert both.longest_seconds == max(one.longest_seconds, other.longest_seconds)


@given(caps, calls)
def test_calls_from_before_the_longest_of_them_change_nothing(limits: Caps, made: list[datetime]) -> None:
    known = [call for call in made if call > NOW - timedelta(seconds=limits.longest_seconds)]
    assert limits.free_at(calls=known, at=NOW) == limits.free_at(calls=made, at=NOW)


def test_no_caps_hold_nothing_back_and_say_nothing() -> None:
    assert not NO_CAPS
    assert NO_CAPS.free_at(calls=[NOW], at=NOW) == (NOW, "")


def test_caps_say_how_much_of_each_is_used() -> None:
    limits = Caps(caps=(Cap(calls=3, hours=24),), minimum_gap_seconds=3600)
    made = [NOW - timedelta(hours=2), NOW - timedelta(hours=30)]
    said = limits.describe(calls=made, at=NOW)
    assert said == "1 of 3 calls in 24 h; 3600 s between two calls, the last one 2026-03-02 10:00:00 UTC"
