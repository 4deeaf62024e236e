"""Nothing leaves late: not after its second, not after its turn in the rate, not after the hours."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from campaigns.placing.departures import RATE_LATENESS_SECONDS
from campaigns.placing.fence import SEND_WITHIN_SECONDS, Fence


def ago(seconds: float) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=seconds)


def test_a_request_in_time_may_leave() -> None:
    fence = Fence(opened_at_seconds=time.monotonic(), leaves_at_seconds=time.monotonic(), leave_before=ago(-60))
    assert fence()
    assert not fence.refused


def test_what_was_committed_too_long_ago_may_have_been_given_back_and_stays() -> None:
    fence = Fence(opened_at_seconds=time.monotonic() - SEND_WITHIN_SECONDS)
    assert not fence()
    assert fence.refused, "it is our choice, and no sign of a provider that is down"


def test_a_request_that_missed_its_turn_in_the_rate_gives_it_up() -> None:
    missed = time.monotonic() - 2 * RATE_LATENESS_SECONDS
    assert not Fence(opened_at_seconds=time.monotonic(), leaves_at_seconds=missed)()


def test_nothing_leaves_when_the_hours_may_have_closed() -> None:
    assert not Fence(opened_at_seconds=time.monotonic(), leave_before=ago(0))()
