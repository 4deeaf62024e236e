"""Being asked to stop by a signal, without a lock.

A handler interrupts its own thread anywhere, even in a handler. An event of Python's threads takes a lock to be set and
when it begins to wait: a signal that comes just then waits for the thread that it has interrupted, for ever.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal


class Stopping:
    """Whether somebody asked to stop: by one of these signals, however often, or from another thread."""

    def __init__(self, *numbers: signal.Signals) -> None:
        self._asked = False
        self._reader, self._writer = os.pipe()
        for end in (self._reader, self._writer):
            os.set_blocking(end, False)
        for number in numbers:
            signal.signal(number, lambda *_: self.set())
        if numbers:
            # A signal may come to a thread that does not wait: its byte wakes the one that does.
            signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)

    def set(self) -> None:
        """Ask to stop, and wake those who wait for it."""
        self._asked = True
        with contextlib.suppress(BlockingIOError):  # it is full: those who wait are awake
            os.write(self._writer, b"\0")

    def is_set(self) -> bool:
        """Return whether somebody asked."""
        return self._asked

    def wait(self, timeout_seconds: float) -> bool:
        """Wait until somebody asks, for so long at most; return whether somebody did."""
        if not self._asked and select.select([self._reader], [], [], timeout_seconds)[0]:
            os.read(self._reader, 4096)  # what woke it may be another signal, which is no reason to spin
        return self._asked
