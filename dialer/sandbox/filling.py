"""How full the lines were: the step function of live calls, integrated exactly over wall-clock intervals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Fill:
    """``fill`` is the share of ``limit`` lines that were taken (a line over the limit counts for nothing)."""

    seconds: float
    mean_live: float
    fill: float
    longest_gap_seconds: float
    seconds_over: float

    def as_json(self) -> dict[str, float]:
        """Return the figures as the control API shows them."""
        return asdict(self)


def fill_of(*, spans: Iterable[Interval], intervals: Sequence[Interval], limit: int) -> Fill:
    """Return how full ``limit`` lines were within ``intervals``, given when each call was live (Unix time, seconds)."""
    if limit < 1 or not intervals or any(start >= end for start, end in intervals):
        raise ValueError("needs a limit of 1 or more and intervals [start, end] with start before end")
    steps = _steps(spans)
    seconds = area = capped = over = longest = 0.0
    for start, end in intervals:
        gap = 0.0
        for length, live in _pieces(steps, start, end):
            seconds += length
            area += length * live
            capped += length * min(live, limit)
            over += length if live > limit else 0.0
            gap = gap + length if live < limit else 0.0
            longest = max(longest, gap)
    return Fill(
        seconds=seconds,
        mean_live=area / seconds,
        fill=capped / (seconds * limit),
        longest_gap_seconds=longest,
        seconds_over=over,
    )


def _steps(spans: Iterable[Interval]) -> list[tuple[float, int]]:
    """Return every change of the number of live calls, in order of time."""
    changes: list[tuple[float, int]] = []
    for start, end in spans:
        changes.append((start, 1))
        changes.append((end, -1))
    changes.sort()
    return changes


def _pieces(steps: list[tuple[float, int]], start: float, end: float) -> Iterator[tuple[float, int]]:
    """Yield the pieces of [start, end] of positive length with the number of calls live in each."""
    live = 0
    at = start
    for moment, change in steps:
        if moment >= end:
            break
        if moment > at:
            yield moment - at, live
            at = moment
        live += change
    yield end - at, live
