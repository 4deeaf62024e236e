"""How many of our calls can be live by what the provider's fleet counts, when their results are late or lost. Pure.

A fleet counts the calls of all its customers. So what it counts is an upper bound of our own calls, of those that it
must have counted: they were taken so long before it was asked that no reading lags behind them, and they stay in the
fleet until they end. All others count until their end is told: what is reserved, what has no answer (it may begin at
any time), what was taken a moment ago, what may be transferred (it leaves the fleet and holds its line), and what was
asked for before the fleet may have been restarted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

#: A reading older than this proves nothing, and so long a gap between two may hide a restart.
VALID_SECONDS = 30.0
#: From so many calls on, a fall to less than half from one reading to the next is taken for a restart.
RESTART_FROM_CALLS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """At most ``calls`` of the calls that it covers were live when the fleet was asked, at ``asked_at``.

    It covers calls that were asked for from ``since_at`` on and taken before ``before_at``.
    """

    calls: int
    asked_at: datetime
    since_at: datetime
    before_at: datetime


def lines_taken(*, counted: int, covered: int, bound: Bound | None) -> int:
    """Return how many lines our calls take at most.

    ``counted``: calls whose end nobody told; ``covered``: those of them that the bound covers. For an account, and as
    well for the calls of one campaign or one DID: no part of our calls is larger than what the fleet counts.
    """
    if bound is None:
        return counted
    return counted - covered + min(covered, bound.calls)


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """Readings that followed each other without a sign of a restart, from ``since_at`` to the latest at ``asked_at``.

    ``workers`` names the processes that counted; ``calls_before`` is None at the first reading of a track.
    """

    since_at: datetime
    asked_at: datetime
    calls: int
    calls_before: int | None
    workers: str

    def bound(self, *, lag_seconds: float, now: datetime) -> Bound | None:
        """Return what the readings prove, None while they prove nothing. Of the latest two the larger count is taken.

        ``lag_seconds``: a reading may be of an instant so long before it was asked for.
        """
        if self.calls_before is None or now - self.asked_at > timedelta(seconds=VALID_SECONDS):
            return None
        return Bound(
            calls=max(self.calls, self.calls_before),
            asked_at=self.asked_at,
            since_at=self.since_at,
            before_at=self.asked_at - timedelta(seconds=lag_seconds),
        )


def followed(*, track: Track | None, asked_at: datetime, calls: int | None, workers: str) -> Track | None:
    """Return the track with one more reading; None where it names no count that can be trusted.

    A restarted worker begins to count at 0 while its calls may go on. So a track begins anew, and covers only calls
    that are asked for from then on, when the workers are others than before, when readings are too far apart, and when
    the count falls to less than half at once. The caller ends it when a question fails.
    """
    if calls is None:
        return None
    if track is None or _may_be_restarted(track, asked_at=asked_at, calls=calls, workers=workers):
        return Track(since_at=asked_at, asked_at=asked_at, calls=calls, calls_before=None, workers=workers)
    return Track(
        since_at=track.since_at, asked_at=asked_at, calls=calls, calls_before=track.calls, workers=track.workers
    )


def _may_be_restarted(track: Track, *, asked_at: datetime, calls: int, workers: str) -> bool:
    return (
        workers != track.workers
        or asked_at - track.asked_at > timedelta(seconds=VALID_SECONDS)
        or (track.calls >= RESTART_FROM_CALLS and calls * 2 < track.calls)
    )
