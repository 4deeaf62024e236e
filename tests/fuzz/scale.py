"""How many generated cases are tried: a few in every run of the tests, many times as many in ``make fuzz``."""

from __future__ import annotations

import os

TIMES = int(os.environ.get("FUZZ_TIMES", "1"))


def times(examples: int) -> int:
    """Return how many cases to try where every run of the tests tries so many."""
    return examples * TIMES
