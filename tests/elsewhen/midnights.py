"""A plugin of pytest: lets each test begin just before a midnight, of UTC and of India in turn. See `__main__`."""

from __future__ import annotations

import mmap
import os
import struct
import time
from itertools import cycle, product
from pathlib import Path

import pytest

DAY_SECONDS = 86_400
#: How far a zone is ahead of UTC, in seconds.
AHEAD = (0, 19_800)
#: Midnight comes so many seconds after a test has begun: while it is set up, or later.
COMES_AFTER = (0.1, 0.3, 0.6, 1.2, 2.5)
_places = cycle(product(COMES_AFTER, AHEAD))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Set the clock on to the next place: never back, as servers bear that badly."""
    comes_after, ahead = next(_places)
    now = time.time()
    midnight = ((now + 2 * max(COMES_AFTER) + ahead) // DAY_SECONDS + 1) * DAY_SECONDS - ahead
    _set_on(midnight - comes_after - now)


def _set_on(seconds: float) -> None:
    with Path(os.environ["CLOCK_AHEAD_FILE"]).open("r+b") as file, mmap.mmap(file.fileno(), 8) as told:
        told[:] = struct.pack("q", struct.unpack("q", told[:])[0] + int(seconds * 1e9))
