"""The fence: the last word, before the first byte, on whether a request may still leave."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from campaigns.placing.departures import RATE_LATENESS_SECONDS, Departures

#: From the commit of PLACING, a request leaves within this time or never; pausing waits for as long at most.
SEND_WITHIN_SECONDS = 1.0


class Fence:
    """Says, at the last moment before the first byte, whether a request may still leave."""

    def __init__(
        self,
        *,
        opened_at_seconds: float,
        leaves_at_seconds: float | None = None,
        leave_before: datetime | None = None,
        departures: Departures | None = None,
    ) -> None:
        """``leaves_at_seconds``: its time under a rate, by the monotonic clock, as no other is sure to go on.

        ``leave_before``: until then the hours are surely open, as claiming has judged them. ``departures`` belongs to a
        ``leaves_at_seconds``: a request that misses it can be given a later one.
        """
        self._last_seconds = opened_at_seconds + SEND_WITHIN_SECONDS
        self._leaves_at_seconds = leaves_at_seconds
        self._leave_before = leave_before
        self._departures = departures
        self._has_gone = False
        self._is_late = False
        self.refused = False

    def __call__(self) -> bool:
        """Return whether the request may leave now."""
        now_seconds = time.monotonic()
        due_seconds = self._leaves_at_seconds
        late = due_seconds is not None and now_seconds - due_seconds > RATE_LATENESS_SECONDS
        closed = self._leave_before is not None and datetime.now(UTC) >= self._leave_before
        over = closed or now_seconds > self._last_seconds
        self._is_late = late and not over
        self.refused = late or over
        if self._departures is not None and not self.refused:
            self._has_gone = True
            self._departures.left()
        return not self.refused

    @property
    def wait_seconds(self) -> float:
        """How long until the request's time; 0 without one."""
        due_seconds = self._leaves_at_seconds
        return max(0.0, due_seconds - time.monotonic()) if due_seconds is not None else 0.0

    async def has_later(self) -> bool:
        """Take a later time for a request that only missed its own; return False where it may not leave any more."""
        if self._departures is None or not self._is_late:
            return False
        self._departures.missed()
        at_seconds = await self._departures.later()
        if at_seconds is None or at_seconds > self._last_seconds:
            return False
        self._leaves_at_seconds, self.refused = at_seconds, False
        return True

    def close(self) -> None:
        """Say that the request no longer waits, whether it left or not."""
        if self._departures is not None and not self._has_gone:
            self._has_gone = True
            self._departures.gone()
