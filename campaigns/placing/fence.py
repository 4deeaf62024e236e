"""The fence: the last word, before the first byte, on whether a request may still leave."""

from __future__ import annotations

import time
from datetime import UTC, datetime

#: From the commit of PLACING, a request leaves within this time or never; pausing waits for as long at most.
SEND_WITHIN_SECONDS = 1.0
#: With a limit of calls per second, a request that is later than this gives up its turn: late ones would bunch.
RATE_LATENESS_SECONDS = 0.1


class Fence:
    """Says, at the last moment before the first byte, whether a request may still leave."""

    def __init__(
        self, *, opened_at_seconds: float, send_at: datetime | None, leave_before: datetime | None = None
    ) -> None:
        """``leave_before``: until then the hours are surely open, as claiming has judged them."""
        self._last_seconds = opened_at_seconds + SEND_WITHIN_SECONDS
        self._send_at = send_at
        self._leave_before = leave_before
        self.refused = False

    def __call__(self) -> bool:
        """Return whether the request may leave now."""
        now = datetime.now(UTC)
        late = self._send_at is not None and (now - self._send_at).total_seconds() > RATE_LATENESS_SECONDS
        closed = self._leave_before is not None and now >= self._leave_before
        self.refused = late or closed or time.monotonic() > self._last_seconds
        return not self.refused
