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
        send_at: datetime | None,
        leave_before: datetime | None = None,
        departures: Departures | None = None,
    ) -> None:
        """``leave_before``: until then the hours are surely open, as claiming has judged them.

        ``departures`` belongs to a ``send_at``: whoever misses it can be given a later one.
        """
        self._last_seconds = opened_at_seconds + SEND_WITHIN_SECONDS
        self._send_at = send_at
        self._leave_before = leave_before
        self._departures = departures
        self._has_gone = False
        self._is_late = False
        self.refused = False

    def __call__(self) -> bool:
        """Return whether the request may leave now."""
        now = datetime.now(UTC)
        late = self._send_at is not None and (now - self._send_at).total_seconds() > RATE_LATENESS_SECONDS
        closed = self._leave_before is not None and now >= self._leave_before
        over = closed or time.monotonic() > self._last_seconds
        self._is_late = late and not over
        self.refused = late or over
        if self._departures is not None and not self.refused:
            self._has_gone = True
            self._departures.left()
        return not self.refused

    async def later(self) -> datetime | None:
        """Return a later time for a request that only missed its own, None where it may not leave any more."""
        if self._departures is None or not self._is_late:
            return None
        self._departures.missed()
        at = await self._departures.later()
        if at is None or (at - datetime.now(UTC)).total_seconds() > self._last_seconds - time.monotonic():
            return None
        self._send_at, self.refused = at, False
        return at

    def close(self) -> None:
        """Say that the request waits no more, whether it left or not."""
        if self._departures is not None and not self._has_gone:
            self._has_gone = True
            self._departures.gone()
