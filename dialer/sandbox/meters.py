"""Counting what is live against a limit, exactly and as it happens."""

from __future__ import annotations

from collections import deque
from typing import Any


class Meter:
    """Live calls of one account, DID or agent. Only a call that *starts* over the limit is held against the caller."""

    __slots__ = ("calls", "first_over_at", "limit", "live", "over_since", "peak", "seconds", "worst")

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self.live = 0
        self.peak = 0
        self.calls = 0
        self.worst = 0
        self.seconds = 0.0
        self.over_since: float | None = None
        self.first_over_at: float | None = None

    def start(self, at: float) -> None:
        """Count a call that starts."""
        self.calls += 1
        self.live += 1
        if self.live > self.peak:
            self.peak = self.live
        if self.limit is not None and self.live > self.limit:
            self.worst = max(self.worst, self.live)
            if self.over_since is None:
                self.over_since = at
            if self.first_over_at is None:
                self.first_over_at = at

    def end(self, at: float) -> None:
        """Count a call that ends."""
        self.live -= 1
        self._close(at)

    def set_limit(self, limit: int | None, at: float) -> None:
        """Judge by another limit from now on; calls that are live already are not held against it."""
        self.limit = limit
        self._close(at)

    def seconds_over(self, at: float) -> float:
        """Return the seconds spent over the limit until ``at``."""
        return self.seconds + (at - self.over_since if self.over_since is not None else 0.0)

    def as_json(self, at: float) -> dict[str, Any]:
        """Return the figures as the control API shows them."""
        return {
            "limit": self.limit,
            "live": self.live,
            "peak": self.peak,
            "seconds_over": self.seconds_over(at),
            "calls": self.calls,
        }

    def _close(self, at: float) -> None:
        if self.over_since is not None and (self.limit is None or self.live <= self.limit):
            self.seconds += at - self.over_since
            self.over_since = None


class Throttle:
    """The provider's own limit of requests in a sliding second; what it turns down does not count."""

    __slots__ = ("arrivals", "limit")

    def __init__(self) -> None:
        self.limit: int | None = None
        self.arrivals: deque[float] = deque()

    def admit(self, at: float) -> bool:
        """Return whether a request may pass."""
        if self.limit is None:
            return True
        while self.arrivals and self.arrivals[0] <= at - 1.0:
            self.arrivals.popleft()
        if len(self.arrivals) >= self.limit:
            return False
        self.arrivals.append(at)
        return True


class RateMeter:
    """Requests in any sliding second. ``jitter`` shortens the window that is judged, for a network that bunches."""

    __slots__ = ("arrivals", "first_over_at", "jitter", "limit", "peak", "worst")

    def __init__(self) -> None:
        self.limit: int | None = None
        self.jitter = 0.0
        self.arrivals: deque[float] = deque()
        self.peak = 0
        self.worst = 0
        self.first_over_at: float | None = None

    def arrive(self, at: float) -> None:
        """Count a request. Two requests exactly one window apart do not share it."""
        arrivals = self.arrivals
        arrivals.append(at)
        horizon = at - (1.0 - self.jitter)
        while arrivals[0] <= horizon:
            arrivals.popleft()
        size = len(arrivals)
        if size > self.peak:
            self.peak = size
        if self.limit is not None and size > self.limit:
            self.worst = max(self.worst, size)
            if self.first_over_at is None:
                self.first_over_at = at

    def as_json(self) -> dict[str, Any]:
        """Return the figures as the control API shows them."""
        return {"limit": self.limit, "peak_in_one_second": self.peak}
