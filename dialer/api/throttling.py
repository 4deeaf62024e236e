"""How many requests a key may send in a minute, counted in this process's memory.

Not in Redis, which may be away or lose everything: a limit must neither stop everybody then nor stop nobody; not in
PostgreSQL: a write for each request would cost more than most requests do. What is lost with the process are the counts
of one minute. Each web process counts for itself; the usual installation has one.
"""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from dialer.models import ApiKey

WINDOW_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Where somebody stands in his minute. ``left`` below zero: this request is too many."""

    limit: int
    left: int
    resets_in_seconds: float


class Minutes:
    """The counts of a process. Safe to use from several threads."""

    def __init__(self) -> None:
        self._counts: dict[str, tuple[float, int]] = {}
        self._lock = threading.Lock()
        self._swept_at_seconds = 0.0

    def count(self, who: str, *, limit: int, now_seconds: float) -> Rate:
        """Count a request. ``now_seconds``: by a clock that is never set back."""
        with self._lock:
            self._sweep(now_seconds)
            began, count = self._counts.get(who, (now_seconds, 0))
            if now_seconds - began >= WINDOW_SECONDS:
                began, count = now_seconds, 0
            self._counts[who] = (began, count + 1)
        return Rate(limit=limit, left=limit - count - 1, resets_in_seconds=began + WINDOW_SECONDS - now_seconds)

    def _sweep(self, now_seconds: float) -> None:
        """Forget those whose minute is over, once a minute."""
        if now_seconds - self._swept_at_seconds < WINDOW_SECONDS:
            return
        self._swept_at_seconds = now_seconds
        over = [who for who, (began, _) in self._counts.items() if now_seconds - began >= WINDOW_SECONDS]
        for who in over:
            del self._counts[who]


minutes = Minutes()


class ByKey(BaseThrottle):
    """DIALER_REQUESTS_PER_MINUTE of each API key, and of each user who is logged in; 0: no limit."""

    def __init__(self) -> None:
        self._rate: Rate | None = None

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Return whether the request is within the limit, and note on it where its sender stands."""
        limit = int(settings.DIALER_REQUESTS_PER_MINUTE)
        if not limit or request.user.pk is None:
            return True
        who = f"key {request.auth.pk}" if isinstance(request.auth, ApiKey) else f"user {request.user.pk}"
        self._rate = minutes.count(who, limit=limit, now_seconds=time.monotonic())
        request._request.rate = self._rate  # type: ignore[attr-defined]
        return self._rate.left >= 0

    def wait(self) -> float | None:
        """Return in how many seconds to ask again."""
        return math.ceil(self._rate.resets_in_seconds) if self._rate else None


def tell_rate(request: Any, response: Response) -> None:
    """Add to a reply where its asker stands."""
    rate: Rate | None = getattr(request, "rate", None)
    if rate is not None:
        response["RateLimit-Limit"] = str(rate.limit)
        response["RateLimit-Remaining"] = str(max(0, rate.left))
        response["RateLimit-Reset"] = str(math.ceil(rate.resets_in_seconds))
