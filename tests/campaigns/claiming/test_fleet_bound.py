"""What the fleet counts bounds our live calls: never fewer lines than are taken, however late all of it comes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.claiming.fleet_bound import Bound, Track, followed, lines_taken

START = datetime(2026, 3, 2, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@dataclass(frozen=True)
class Call:
    """A call of ours; seconds. ``taken``: the provider's answer, None if it never came; ``told``: its result."""

    asked: float
    begun: float
    taken: float | None
    ended: float
    told: float
    leaves_fleet: bool = False


@dataclass(frozen=True)
class Poll:
    """A question; ``seen``: the instant that its reading is of; ``failed``: no reading came."""

    asked: float
    seen: float
    foreign: int
    failed: bool


LAG = 5.0
tenths = st.integers(0, 300).map(lambda tenth: tenth / 10)
short = st.integers(0, 30).map(lambda tenth: tenth / 10)


@st.composite
def some_call(draw: st.DrawFn) -> Call:
    asked = draw(tenths)
    begun = asked + draw(short)
    taken = draw(st.none() | st.just(begun + draw(short)))
    ended = begun + draw(short) + draw(st.sampled_from((0.0, 40.0)))
    return Call(asked, begun, taken, ended, ended + draw(tenths), draw(st.booleans()) and draw(st.booleans()))


@st.composite
def some_polls(draw: st.DrawFn) -> list[Poll]:
    """Return polls two seconds apart; most readings are good."""
    failed = draw(st.lists(st.integers(0, 20), max_size=2))
    lags = draw(st.lists(st.floats(0, LAG), min_size=20, max_size=20))
    return [Poll(2.0 * nth, 2.0 * nth - lag, nth % 2, nth in failed) for nth, lag in enumerate(lags)]


@settings(max_examples=150, deadline=None)
@given(
    calls=st.lists(some_call(), min_size=6, max_size=16),
    polls=some_polls(),
    restarts=st.lists(tenths, max_size=2),
)
def test_the_bound_never_counts_fewer_lines_than_are_taken(
    calls: list[Call], polls: list[Poll], restarts: list[float]
) -> None:
    track: Track | None = None
    for poll in polls:
        if poll.failed:
            track = None
        else:
            # A restarted fleet counts only calls that began since; its workers are others.
            since = max((restart for restart in restarts if restart <= poll.seen), default=-1.0)
            inside = [call for call in calls if since <= call.begun <= poll.seen < call.ended and not call.leaves_fleet]
            counted = len(inside) + poll.foreign
            track = followed(track=track, asked_at=at(poll.asked), calls=counted, workers=f"since {since}")
        for later in (0.0, 0.5, 2.0, 7.0):
            now = poll.asked + later
            bound = track.bound(lag_seconds=LAG, now=at(now)) if track else None
            open_calls = [call for call in calls if call.asked <= now < call.told]
            covered = sum(
                is_covered(call, bound) for call in open_calls if call.taken is not None and call.taken <= now
            )
            live = sum(call.begun <= now < call.ended for call in calls)
            assert lines_taken(counted=len(open_calls), covered=covered, bound=bound) >= live


def is_covered(call: Call, bound: Bound | None) -> bool:
    """As the statement of ``claiming.lines`` says it."""
    if bound is None or call.taken is None or call.leaves_fleet:
        return False
    return at(call.taken) < bound.before_at and at(call.asked) >= bound.since_at


def test_other_workers_begin_anew_although_they_count_as_many() -> None:
    track: Track | None = None
    for asked, workers in ((0, "one"), (2, "one"), (4, "another")):
        track = followed(track=track, asked_at=at(asked), calls=9, workers=workers)
    assert track == Track(since_at=at(4), asked_at=at(4), calls=9, calls_before=None, workers="another")


@pytest.mark.parametrize(
    ("readings", "calls"),
    [
        ([(0, 20)], None),  # one reading proves nothing
        ([(0, 20), (2, 12)], 20),  # of two, the larger
        ([(0, 20), (2, 12), (4, 11)], 12),
        ([(0, 20), (2, 9)], None),  # to less than half at once: restarted, perhaps
        ([(0, 2), (2, 0)], None),
        ([(0, 1), (2, 0)], 1),  # one call that ended
        ([(0, 20), (31, 20)], None),  # too far apart
        ([(0, 20), (2, None), (4, 20)], None),  # a worker that cannot be reached between them
    ],
)
def test_two_readings_in_a_row_and_no_sign_of_a_restart(
    readings: list[tuple[float, int | None]], calls: int | None
) -> None:
    track: Track | None = None
    for asked, count in readings:
        track = followed(track=track, asked_at=at(asked), calls=count, workers="the same")
    bound = track.bound(lag_seconds=5, now=at(readings[-1][0])) if track else None
    assert (bound.calls if bound else None) == calls
    if track and bound:
        assert (bound.since_at, bound.before_at) == (START, at(readings[-1][0] - 5))
        assert track.bound(lag_seconds=5, now=at(readings[-1][0] + 30.1)) is None
