"""What was allowed to call when: the states of campaigns and of the kill switch, as the audit of acts tells them. Pure.

Every change of these states is an entry there, written with it. An act is dated when it was asked for, and holds when
it has the locks: so a stop is believed after the time for which it may have waited, and a start at once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

#: So long after it was asked for a stop surely holds: the lock time-out of ``dialer.settings``, and the second in which
#: a request that had passed may leave.
STOP_WITHIN = timedelta(seconds=21)


class Change(NamedTuple):
    """From an instant on calls are allowed, or not."""

    at: datetime
    allowed: bool


class Spans:
    """When calls were allowed. Before the first change nothing is known, and nothing is judged."""

    def __init__(self, changes: Sequence[Change]) -> None:
        """``changes``: in the order of their instants."""
        self._changes = list(changes)
        self._instants = [change.at for change in self._changes]

    def forbids(self, *, at: datetime, clocks_differ: timedelta) -> bool:
        """Return whether no call may have begun at ``at``, with all that is in doubt in its favour."""
        first = bisect_right(self._instants, at - STOP_WITHIN - clocks_differ) - 1
        last = bisect_right(self._instants, at + clocks_differ)
        if first < 0:
            return False
        return not any(change.allowed for change in self._changes[first:last])
