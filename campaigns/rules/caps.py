"""How often one person may be called, over all campaigns: rolling caps and a minimum gap."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

LONGEST_CAP_HOURS = 24 * 90


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Cap:
    """At most ``calls`` in any ``hours``. A call counts from its dial on for exactly that long."""

    calls: int
    hours: float

    def free_at(self, calls: Sequence[datetime]) -> datetime | None:
        """Return from when this cap lets another call through, None if it does already at the first of ``calls``.

        ``calls`` are the instants of the dials, latest first.
        """
        if len(calls) < self.calls:
            return None
        return calls[self.calls - 1] + timedelta(hours=self.hours)

    def __str__(self) -> str:
        return f"{self.calls} per {self.hours:g} h"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """Several caps at once, and the least time between two dials of one person."""

    caps: tuple[Cap, ...] = ()
    minimum_gap_seconds: int = 0

    def __bool__(self) -> bool:
        return bool(self.caps or self.minimum_gap_seconds)

    @property
    def longest_seconds(self) -> float:
        """How far back calls have to be known."""
        return float(max([self.minimum_gap_seconds, *(cap.hours * 3600 for cap in self.caps)]))

    def each(self) -> tuple[Caps, ...]:
        """Return every cap, and the gap, by itself."""
        gap = (Caps(minimum_gap_seconds=self.minimum_gap_seconds),) if self.minimum_gap_seconds else ()
        return (*(Caps(caps=(cap,)) for cap in self.caps), *gap)

    def describe(self, *, calls: Iterable[datetime], at: datetime) -> str:
        """Return the caps with how much of each is used at ``at``."""
        dials = [call for call in calls if call <= at]
        used = [
            f"{sum(call > at - timedelta(hours=cap.hours) for call in dials)} of {cap.calls} calls in {cap.hours:g} h"
            for cap in self.caps
        ]
        if self.minimum_gap_seconds:
            last = f", the last one {max(dials):%Y-%m-%d %H:%M:%S} UTC" if dials else ", none yet"
            used.append(f"{self.minimum_gap_seconds} s between two calls{last}")
        return "; ".join(used)

    def with_those_of(self, other: Caps) -> Caps:
        """Return both together: every cap holds, and the longer gap."""
        return Caps(
            caps=tuple(sorted({*self.caps, *other.caps})),
            minimum_gap_seconds=max(self.minimum_gap_seconds, other.minimum_gap_seconds),
        )

    def free_at(self, *, calls: Iterable[datetime], at: datetime) -> tuple[datetime, str]:
        """Return the first instant from ``at`` on at which every cap lets a call through, and the cap that binds.

        ``calls`` are the dials of the person in any order; dials after ``at`` count as well. The text is empty when
        ``at`` itself is free.
        """
        latest = sorted(calls, reverse=True)
        binding = (at, "")
        for cap in self.caps:
            free = cap.free_at(latest)
            if free is not None and free > binding[0]:
                binding = (free, f"{cap.calls} calls in {cap.hours:g} h made")
        if latest and self.minimum_gap_seconds:
            free = latest[0] + timedelta(seconds=self.minimum_gap_seconds)
            if free > binding[0]:
                binding = (free, f"{self.minimum_gap_seconds} s between two calls")
        return binding


NO_CAPS = Caps()
