"""How many calls an account may start now: its rate, its back-off, and the fleet's room. Pure: claiming reads.

Who gets them, on which DID and agent, is the business of ``claiming.seating``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

#: A capacity reading older than this proves nothing: no call is placed on it.
READING_VALID_SECONDS = 30.0
#: So many refusals in a row for lack of capacity start the back-off. Single ones are the provider's noise.
REFUSALS_BEFORE_BACKOFF = 5
FIRST_BACKOFF_SECONDS = 0.25
LONGEST_BACKOFF_SECONDS = 30.0
#: Requests are spaced a little wider than the limit asks, so that jitter on the way cannot bunch them past it.
RATE_MARGIN = 1.15
#: No request is reserved further ahead than this.
RATE_HORIZON_SECONDS = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetReading:
    """A capacity reading: free room when the poll was sent, and how many of our calls it already contained."""

    available: int
    own_live: int
    measured_at: datetime


def is_stale(*, reading: FleetReading, now: datetime) -> bool:
    """Return whether the reading is too old to place a call on."""
    return now - reading.measured_at > timedelta(seconds=READING_VALID_SECONDS)


def fleet_room(*, reading: FleetReading | None, live_now: int, now: datetime) -> int:
    """Return how many calls the fleet takes: what it said, less what we placed since, plus what of ours has ended."""
    if reading is None or is_stale(reading=reading, now=now):
        return 0
    return max(0, reading.available + reading.own_live - live_now)


def refusals_in_row(*, before: int, refused: int, is_resting: bool) -> int:
    """Return how many refusals in a row there are once ``refused`` more were told.

    Calls that were in flight together are one sign, however many are turned away: they bring on the first rest and no
    longer one, and those whose answers come while the account rests no longer count. After it, each probe does.
    """
    if before < REFUSALS_BEFORE_BACKOFF:
        return min(before + refused, REFUSALS_BEFORE_BACKOFF)
    return before if is_resting else before + min(refused, 1)


def backoff_seconds(*, refusals_in_row: int) -> float | None:
    """Return how long an account rests after so many refusals in a row, or None while they may be chance."""
    beyond = refusals_in_row - REFUSALS_BEFORE_BACKOFF
    if beyond < 0:
        return None
    return min(FIRST_BACKOFF_SECONDS * 2.0 ** min(beyond, 20), LONGEST_BACKOFF_SECONDS)


def send_times(
    *,
    next_send_at: datetime | None,
    calls_per_second: float | None,
    wanted: int,
    now: datetime,
    lead_seconds: float = 0.0,
    horizon_seconds: float = RATE_HORIZON_SECONDS,
) -> list[datetime]:
    """Return the instants at which up to ``wanted`` requests may leave, none beyond the horizon.

    ``lead_seconds``: so long it takes until the first of them can leave.
    """
    if calls_per_second is None:
        return [now] * wanted
    gap = timedelta(seconds=RATE_MARGIN / calls_per_second)
    horizon = now + timedelta(seconds=horizon_seconds)
    earliest = now + timedelta(seconds=min(lead_seconds, horizon_seconds))
    start = max(earliest, next_send_at or earliest)
    times: list[datetime] = []
    while len(times) < wanted and start <= horizon:
        times.append(start)
        start += gap
    return times


def after_sends(*, times: Sequence[datetime], calls_per_second: float) -> datetime:
    """Return the gate's next ``next_send_at`` once ``times`` (not empty) are given out."""
    return times[-1] + timedelta(seconds=RATE_MARGIN / calls_per_second)
