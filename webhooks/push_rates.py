"""How much an account may push in a minute, and what was refused above it.

A process counts by itself and in memory: a limit protects it, and two processes take twice as much at most. What was
refused is written down once a second and process, for the manager to see.
"""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass

import structlog
from django.conf import settings

from dialer.sql import hot_cursor

log = structlog.get_logger(__name__)

MINUTE_SECONDS = 60.0
#: What was refused is written down at most this often.
WRITE_EVERY_SECONDS = 1.0
#: After so many days without a refusal the count begins anew.
FORGET_AFTER_DAYS = 7
#: A sender is asked to wait at least so long, in seconds.
LEAST_WAIT_SECONDS = 1

_COUNT = f"""
INSERT INTO webhooks_pushrefusals AS r (account_id, refused, since, last_at)
VALUES (%(account)s, %(more)s, clock_timestamp(), clock_timestamp())
    ON CONFLICT (account_id) DO UPDATE
   SET refused = %(more)s + CASE WHEN r.last_at > clock_timestamp() - interval '{FORGET_AFTER_DAYS} days'
                                 THEN r.refused ELSE 0 END,
       since = CASE WHEN r.last_at > clock_timestamp() - interval '{FORGET_AFTER_DAYS} days'
                    THEN r.since ELSE clock_timestamp() END,
       last_at = clock_timestamp()
"""  # noqa: S608


class TooMuch(Exception):
    """The account has pushed as much as it may in a minute."""

    def __init__(self, *, wait_seconds: int) -> None:
        super().__init__(f"try again after {wait_seconds} s")
        self.wait_seconds = wait_seconds


@dataclass(slots=True)
class Bucket:
    """What is left of a minute's worth; it fills up again evenly."""

    left: float
    at_seconds: float

    def missing_seconds(self, *, cost: float, per_minute: float, now_seconds: float) -> float:
        """Fill up, and return after how long ``cost`` can be taken out: 0 when it can now."""
        filled = (now_seconds - self.at_seconds) * per_minute / MINUTE_SECONDS
        self.left, self.at_seconds = min(per_minute, self.left + filled), now_seconds
        # One event that is larger than a whole minute's worth is taken when nothing else was.
        return max(0.0, (min(cost, per_minute) - self.left) * MINUTE_SECONDS / per_minute)


class PushRates:
    """The rates of all accounts at this process. For any thread."""

    def __init__(self) -> None:
        self._buckets: dict[int, tuple[Bucket, Bucket]] = {}
        self._refused: dict[int, int] = {}
        self._written_at_seconds: dict[int, float] = {}
        self._lock = threading.Lock()

    def took(self, *, account_id: int, size: int) -> bool:
        """Take one event of ``size`` bytes out of the account's minute if it is there; nothing is counted if not."""
        with self._lock:
            return not self._missing_seconds(account_id, size, time.monotonic())

    def _missing_seconds(self, account_id: int, size: int, now: float) -> float:
        """Take an event out, or return after how long it can be."""
        limits = (float(settings.DIALER_PUSHES_PER_MINUTE), float(settings.DIALER_PUSH_BYTES_PER_MINUTE))
        buckets = self._buckets.setdefault(account_id, (Bucket(limits[0], now), Bucket(limits[1], now)))
        costs = (1.0, float(size))
        wait_seconds = max(
            bucket.missing_seconds(cost=cost, per_minute=limit, now_seconds=now)
            for bucket, cost, limit in zip(buckets, costs, limits, strict=True)
        )
        if not wait_seconds:
            for bucket, cost in zip(buckets, costs, strict=True):
                bucket.left -= cost
        return wait_seconds

    def take(self, *, account_id: int, size: int, now_seconds: float | None = None) -> None:
        """Take one event of ``size`` bytes out of the account's minute. Raises TooMuch."""
        now = time.monotonic() if now_seconds is None else now_seconds
        with self._lock:
            wait_seconds = self._missing_seconds(account_id, size, now)
            if wait_seconds:
                self._refused[account_id] = self._refused.get(account_id, 0) + 1
            to_write = self._to_write(account_id, now)
        if to_write:
            log.warning("pushes refused above the rate", account_id=account_id, refused=to_write)
            with hot_cursor() as cursor:
                cursor.execute(_COUNT, {"account": account_id, "more": to_write})
        if wait_seconds:
            raise TooMuch(wait_seconds=max(LEAST_WAIT_SECONDS, math.ceil(wait_seconds)))

    def _to_write(self, account_id: int, now_seconds: float) -> int:
        """Return how many refusals are to be written down now, and forget them."""
        if now_seconds - self._written_at_seconds.get(account_id, float("-inf")) < WRITE_EVERY_SECONDS:
            return 0
        refused = self._refused.pop(account_id, 0)
        if refused:
            self._written_at_seconds[account_id] = now_seconds
        return refused


push_rates = PushRates()
