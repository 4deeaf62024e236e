"""Counts wrong keys by the address that they come from, in this process's memory: guessing costs us no write.

A key has 256 bits, so nobody finds one; this keeps those who try from filling the log. A right key is always taken, so
nobody is locked out by a neighbour.
"""

from __future__ import annotations

import threading

WINDOW_SECONDS = 60.0
#: More addresses than this are not counted apart: somebody makes them up.
MOST_ADDRESSES = 10_000


class WrongKeys:
    """The counts of a process. Safe to use from several threads."""

    def __init__(self) -> None:
        self._counts: dict[str, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def count(self, address: str, *, now_seconds: float) -> tuple[int, float]:
        """Count one more of this address; return how many there were in its minute, and how long that still lasts."""
        with self._lock:
            began, count = self._counts.get(address, (now_seconds, 0))
            if now_seconds - began >= WINDOW_SECONDS:
                began, count = now_seconds, 0
            if len(self._counts) >= MOST_ADDRESSES and address not in self._counts:
                self._counts.clear()
            self._counts[address] = (began, count + 1)
            return count + 1, began + WINDOW_SECONDS - now_seconds


wrong_keys = WrongKeys()
