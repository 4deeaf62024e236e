"""Work that is done by looking at the database. Beat rings for it, and the process itself where beat stays away."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from dialer.looping import Coalescer

#: Beat rings once a second. Without it for this long, the chores ring by themselves.
SILENCE_SECONDS = 1.25


class Chores:
    """The chores of a process: bells or no bells, each is rung about once a second, until ``stopping`` is set."""

    def __init__(self, *, stopping: threading.Event) -> None:
        self._stopping = stopping
        self._chores: list[Coalescer] = []
        self._rung_at_seconds = float("-inf")

    def add(self, chore: Coalescer) -> None:
        """Have ``chore`` rung with the others."""
        self._chores.append(chore)

    def ring(self) -> None:
        """Ring all chores, and be silent for a moment."""
        self._rung_at_seconds = time.monotonic()
        for chore in self._chores:
            chore.ring()

    def start(self) -> None:
        """Begin to ring where nobody else does."""
        threading.Thread(target=self._keep_ringing, name="safety-net", daemon=True).start()

    def _keep_ringing(self) -> None:
        while not self._stopping.wait(self._silence_left()):
            if not self._silence_left():
                self.ring()

    def _silence_left(self) -> float:
        """Return for how many more seconds others may ring the bells."""
        return max(0.0, SILENCE_SECONDS - (time.monotonic() - self._rung_at_seconds))


def at_most_every(seconds: float, work: Callable[[], object]) -> Callable[[], None]:
    """Return ``work`` that does nothing when it was begun less than so many seconds ago; for one thread at a time."""
    begun_at_seconds = float("-inf")

    def sometimes() -> None:
        nonlocal begun_at_seconds
        if time.monotonic() - begun_at_seconds >= seconds:
            begun_at_seconds = time.monotonic()
            work()

    return sometimes
