"""A worker's clock beside PostgreSQL's: who is wrong about the time would ring people at forbidden hours.

The clock is compared every few seconds. In between it must go on as the monotonic clock does, so a step of the system's
clock is seen at once, without asking.

Times to send are all processes' together, so they are PostgreSQL's: a process waits for them by its monotonic clock,
and how far its own clock is off, or when it was set, makes no difference.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dialer.sql import hot_cursor

#: A worker whose clock is further off than this places nothing.
MOST_OFF_SECONDS = 5.0
#: PostgreSQL is asked this often, and this often while the clock seems wrong.
ASK_EVERY_SECONDS = 5.0
ASK_AGAIN_SECONDS = 1.0
#: What instants are rounded to.
RESOLUTION_SECONDS = 1e-6


def utc_now() -> datetime:
    """Return the instant by the system's clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What PostgreSQL said. ``ahead_seconds``: of our clock, surely: half the round trip is in its favour."""

    ahead_seconds: float
    read_at: datetime
    read_at_seconds: float
    server_at: datetime


def surely_ahead(*, read_at: datetime, server_at: datetime, round_trip_seconds: float) -> float:
    """Return by how many seconds our clock is ahead of the server's at least; negative: behind. Pure.

    The server looked at its clock some time within the round trip, before we looked at ours.
    """
    half = round_trip_seconds / 2
    ahead = (read_at - server_at).total_seconds() - half
    return max(0.0, ahead - half) if ahead > 0 else min(0.0, ahead + half)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """PostgreSQL's clock was ``server_at``, or a little later, when our monotonic clock was ``at_seconds``."""

    at_seconds: float
    server_at: datetime

    def server_now(self, *, at_seconds: float) -> datetime:
        """Return PostgreSQL's clock at an instant of our monotonic clock; behind by the way of its answer at most."""
        return self.server_at + timedelta(seconds=at_seconds - self.at_seconds)

    def seconds_at(self, server_at: datetime) -> float:
        """Return the instant of our monotonic clock at which PostgreSQL's is ``server_at``, or a little later."""
        return self.at_seconds + (server_at - self.server_at).total_seconds()


def tighter(*, before: Anchor | None, new: Anchor, round_trip_seconds: float) -> Anchor:
    """Return which of two readings is nearer to PostgreSQL's clock. Pure.

    None is ever ahead of it, and the new one is behind by its round trip at most: an older one that is ahead of that is
    of before the clock was set, and one within it is nearer, as its answer came faster.
    """
    if before is None:
        return new
    nearer = (before.server_now(at_seconds=new.at_seconds) - new.server_at).total_seconds()
    return before if 0.0 < nearer <= round_trip_seconds + RESOLUTION_SECONDS else new


class ClockWatch:
    """The clock of this process, and whether it may be believed."""

    def __init__(
        self, *, clock: Callable[[], datetime] = utc_now, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._reading: Reading | None = None
        self._anchor: Anchor | None = None

    def now(self) -> datetime:
        """Return the instant by this clock, whether it is right or not."""
        return self._clock()

    def is_right(self) -> bool:
        """Return whether the clock may be believed. Asks PostgreSQL when it is time; errors are the caller's."""
        with self._lock:
            if self._is_due():
                self._reading = self._ask()
        return abs(self.ahead_seconds) <= MOST_OFF_SECONDS

    def best_now(self) -> datetime:
        """Return the instant by PostgreSQL's clock where this one is wrong, else by this one.

        For all that others' calls are judged by: who is an hour ahead must not end what is under way.
        """
        now, ahead_seconds = self._clock(), self.ahead_seconds
        return now - timedelta(seconds=ahead_seconds) if abs(ahead_seconds) > MOST_OFF_SECONDS else now

    def server_now(self) -> datetime:
        """Return PostgreSQL's clock by the monotonic one; before the first question, this process's clock."""
        anchor = self._anchor
        return anchor.server_now(at_seconds=self._monotonic()) if anchor is not None else self._clock()

    def seconds_at(self, server_at: datetime) -> float:
        """Return when an instant of PostgreSQL's clock comes, in seconds of the monotonic clock: never too early."""
        anchor = self._anchor or Anchor(at_seconds=self._monotonic(), server_at=self._clock())
        return anchor.seconds_at(server_at)

    @property
    def ahead_seconds(self) -> float:
        """By how many seconds the clock is surely ahead of PostgreSQL's, as of now; 0 before the first question."""
        reading = self._reading
        if reading is None:
            return 0.0
        went = (self._clock() - reading.read_at).total_seconds()
        return reading.ahead_seconds + went - (self._monotonic() - reading.read_at_seconds)

    @property
    def server_at(self) -> datetime | None:
        """PostgreSQL's clock when it was last asked."""
        return self._reading.server_at if self._reading else None

    def _is_due(self) -> bool:
        if self._reading is None:
            return True
        seems_wrong = abs(self.ahead_seconds) > MOST_OFF_SECONDS
        every = ASK_AGAIN_SECONDS if seems_wrong else ASK_EVERY_SECONDS
        return self._monotonic() - self._reading.read_at_seconds >= every

    def _ask(self) -> Reading:
        with hot_cursor() as cursor:
            sent_at_seconds = self._monotonic()
            cursor.execute("SELECT clock_timestamp()")
            row = cursor.fetchone()
            read_at, read_at_seconds = self._clock(), self._monotonic()
        assert row is not None
        trip = read_at_seconds - sent_at_seconds
        anchor = Anchor(at_seconds=read_at_seconds, server_at=row[0])
        self._anchor = tighter(before=self._anchor, new=anchor, round_trip_seconds=trip)
        return Reading(
            ahead_seconds=surely_ahead(read_at=read_at, server_at=row[0], round_trip_seconds=trip),
            read_at=read_at,
            read_at_seconds=read_at_seconds,
            server_at=row[0],
        )
