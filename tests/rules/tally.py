"""How many cases are tried, and how many were: a few in every run of the tests, thousands in ``make rules``."""

from __future__ import annotations

import os
from collections import Counter

#: Cases tried by what they are about, filled by the tests.
TRIED: Counter[str] = Counter()

#: Of 20,000; the whole suite tries a fortieth of them.
SHARE = int(os.environ.get("RULES_CASES", "500")) / 20_000


def share_of(most: int) -> int:
    """Return how many of ``most`` cases are tried in this run."""
    return max(1, round(most * SHARE))


def is_whole() -> bool:
    """Return whether this is the long run."""
    return SHARE >= 1
