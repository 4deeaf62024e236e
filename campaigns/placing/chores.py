"""Work that is done by looking at the database. Each process rings for it once a second, whether others do or not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from dialer.looping import Coalescer
from dialer.sql import hot_cursor

#: So long after they were rung the chores ring again, by themselves. Beat rings one process in five seconds, as each
#: of its messages costs beat, Redis and a worker something, in a house in which nothing runs as well.
SILENCE_SECONDS = 1.0
#: And so often all chores are rung, whether there is a sign of work for them or none.
ALL_EVERY_SECONDS = 5.0


class Chores:
    """The chores of a process: bells or no bells, they are rung about once a second, until ``stopping`` is set.

    A chore may have a sign in the database of that there may be something for it. One statement a second looks for all
    signs, and a chore without one is left alone: in a house in which nothing runs each looked for itself before. Every
    ``ALL_EVERY_SECONDS`` all are rung nevertheless, so that a sign that says too little delays what it forgot, no more.
    But for those whose sign is all that they look for: they have threads of their own, and sessions of PostgreSQL's
    would be there for looking alone.
    """

    def __init__(
        self,
        *,
        stopping: threading.Event,
        pool: ThreadPoolExecutor,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stopping = stopping
        self._monotonic = monotonic
        self._chores: list[tuple[Coalescer, str | None]] = []
        self._by_sign_alone: set[Coalescer] = set()
        #: Those that the latest ring has left alone, with their signs.
        self._to_look_for: list[tuple[Coalescer, str]] = []
        self._rung_at_seconds = float("-inf")
        self._all_rung_at_seconds = float("-inf")
        self._looking = Coalescer(name="signs", work=self._look, pool=pool)

    def add(self, chore: Coalescer, *, sign: str | None = None, by_sign_alone: bool = False) -> None:
        """Have ``chore`` rung with the others; ``sign``: a SELECT that finds a row where there may be work for it.

        ``by_sign_alone``: it finds one wherever there is.
        """
        self._chores.append((chore, sign))
        if by_sign_alone:
            self._by_sign_alone.add(chore)

    def ring(self) -> None:
        """Ring all chores that there may be something for, and be silent for a moment."""
        self._rung_at_seconds = self._monotonic()
        is_for_all = self._rung_at_seconds - self._all_rung_at_seconds >= ALL_EVERY_SECONDS
        if is_for_all:
            self._all_rung_at_seconds = self._rung_at_seconds
        left = []
        for chore, sign in self._chores:
            if sign is None or (is_for_all and chore not in self._by_sign_alone):
                chore.ring()
            else:
                left.append((chore, sign))
        self._to_look_for = left
        self._looking.ring()

    def _look(self) -> None:
        looked_for = self._to_look_for
        if not looked_for:
            return
        with hot_cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(f'EXISTS ({sign})' for _, sign in looked_for)}".encode())
            found = cursor.fetchone() or ()
        for (chore, _), is_there in zip(looked_for, found, strict=True):
            if is_there:
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
        return max(0.0, SILENCE_SECONDS - (self._monotonic() - self._rung_at_seconds))


def at_most_every(seconds: float, work: Callable[[], object]) -> Callable[[], None]:
    """Return ``work`` that does nothing when it was begun less than so many seconds ago; for one thread at a time."""
    begun_at_seconds = float("-inf")

    def sometimes() -> None:
        nonlocal begun_at_seconds
        if time.monotonic() - begun_at_seconds >= seconds:
            begun_at_seconds = time.monotonic()
            work()

    return sometimes
