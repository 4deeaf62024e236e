"""The order in which leads are claimed: callbacks, then the first pass, then retries; by priority within each. Pure."""

from __future__ import annotations

import enum


class Lane(enum.IntEnum):
    """What a lead waits as. Every lead of a lower lane goes before any of a higher one."""

    CALLBACK = 0
    FIRST_PASS = 1
    RETRY = 2


HIGHEST_PRIORITY = 0
NORMAL_PRIORITY = 5
LOWEST_PRIORITY = 9
_PRIORITIES = 10


def rank(*, lane: Lane, priority: int = NORMAL_PRIORITY) -> int:
    """Return the stored rank. ``priority`` goes from 0 (first) to 9 (last). Raises ValueError outside of that."""
    if not HIGHEST_PRIORITY <= priority <= LOWEST_PRIORITY:
        raise ValueError(f"priority must be from {HIGHEST_PRIORITY} to {LOWEST_PRIORITY}, not {priority}")
    return lane * _PRIORITIES + priority


def retry_rank(current: int) -> int:
    """Return the rank of a retry of a lead that now has rank ``current``: its priority is kept."""
    return rank(lane=Lane.RETRY, priority=current % _PRIORITIES)
