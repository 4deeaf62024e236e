"""A longest call for an account or template whose calls end without a result, from the lengths that were told."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dialer.models import LONGEST_CALL_SECONDS

#: Fewer lengths than this say nothing of the longest.
ENOUGH = 200
#: So many of the calls are over within the longest call, and so many of their results have come.
OF_LENGTHS, OF_DELAYS = 0.999, 0.95
MARGIN = 1.1
#: Rounded up to whole steps, in seconds: up to the first figure in steps of the second.
_STEPS = ((600, 30), (3600, 60), (LONGEST_CALL_SECONDS, 300))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the latest calls tell: how many were looked at, and how many given up without a result.

    Of those that were answered and whose length was told, in seconds: ``lengths``, and ``delays`` from the sending of
    the request to the result, less that length (ringing is in it).
    """

    calls: int
    given_up: int
    lengths: Sequence[float]
    delays: Sequence[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class LongestCall:
    """What is set (None: a template leaves it to its account), and what the latest calls suggest.

    No suggestion where none was given up, or too few told their length.
    """

    max_call_seconds: int | None
    suggested_max_call_seconds: int | None
    seen: Seen

    @property
    def said(self) -> str:
        """The suggestion in words, with what it goes by; empty where there is none."""
        if self.suggested_max_call_seconds is None:
            return ""
        seen, within = self.seen, quantile(self.seen.lengths, OF_LENGTHS)
        found = (
            f"Of the latest {seen.calls:,} calls {seen.given_up:,} were given up without a result. "
            f"{len(seen.lengths):,} were answered and told their length: {OF_LENGTHS:.1%} lasted no longer than "
            f"{within:,.0f} s, and {OF_DELAYS:.0%} of their results came no more than "
            f"{quantile(seen.delays, OF_DELAYS):,.0f} s later."
        )
        if self.suggested_max_call_seconds == self.max_call_seconds:
            return f"{found} What is set fits."
        return f"Suggested: {self.suggested_max_call_seconds}, with a margin. {found}"

    def as_json(self) -> dict[str, object]:
        """Return it as the API tells it."""
        return {
            "max_call_seconds": self.max_call_seconds,
            "suggested_max_call_seconds": self.suggested_max_call_seconds,
            "calls": self.seen.calls,
            "given_up": self.seen.given_up,
            "lengths_told": len(self.seen.lengths),
            "said": self.said,
        }


def longest_call(*, max_call_seconds: int | None, seen: Seen) -> LongestCall:
    """Return what ``seen`` suggests beside what is set."""
    suggested = None
    if seen.given_up and len(seen.lengths) >= ENOUGH:
        within = quantile(seen.lengths, OF_LENGTHS) + quantile(seen.delays, OF_DELAYS)
        suggested = rounded_up(within * MARGIN)
    return LongestCall(max_call_seconds=max_call_seconds, suggested_max_call_seconds=suggested, seen=seen)


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value that so large a share of ``values`` (not empty) does not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def rounded_up(seconds: float) -> int:
    """Return a length that people would enter, no shorter, and no longer than any call may be."""
    step = next((step for most, step in _STEPS if seconds <= most), _STEPS[-1][1])
    return min(LONGEST_CALL_SECONDS, max(step, math.ceil(seconds / step) * step))
