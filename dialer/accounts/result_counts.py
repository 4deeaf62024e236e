"""Counts how results of accounts fail to arrive: kept in PostgreSQL, for at most one cheap write a minute and kind.

A stranger who guesses tokens must not cause a write each, so what comes in between is added up in the process.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from django.db import close_old_connections, connection

from dialer.models.result_counts import ResultKind

log = structlog.get_logger(__name__)

#: After so long without one, a count begins anew.
FORGET_AFTER = timedelta(days=7)
WRITE_EVERY_SECONDS = 60.0
#: A row of counts: the account and the kind, how many more, and what the latest said.
Counts = Mapping[tuple[int, ResultKind], tuple[int, str]]

_ADD = """
INSERT INTO dialer_resultcount AS r (account_id, kind, count, since_at, last_at, detail)
SELECT a.id, v.kind, v.more, %(now)s, %(now)s, left(v.detail, 200)
  FROM unnest(%(accounts)s::bigint[], %(kinds)s::text[], %(more)s::bigint[], %(details)s::text[])
       AS v(account_id, kind, more, detail)
  JOIN dialer_provideraccount a ON a.id = v.account_id
 ORDER BY a.id, v.kind
    ON CONFLICT (account_id, kind) DO UPDATE
   SET count = CASE WHEN r.last_at > %(forget)s THEN r.count ELSE 0 END + EXCLUDED.count,
       since_at = CASE WHEN r.last_at > %(forget)s THEN r.since_at ELSE EXCLUDED.since_at END,
       last_at = GREATEST(r.last_at, EXCLUDED.last_at),
       detail = COALESCE(NULLIF(EXCLUDED.detail, ''), r.detail)
"""
_SET = """
INSERT INTO dialer_resultcount AS r (account_id, kind, count, since_at, last_at, detail)
VALUES (%(account)s, %(kind)s, %(count)s, %(since)s, %(now)s, '')
    ON CONFLICT (account_id, kind) DO UPDATE
   SET count = EXCLUDED.count, since_at = EXCLUDED.since_at, last_at = EXCLUDED.last_at
"""


def add(*, counts: Counts, now: datetime) -> None:
    """Add to the counts of a batch, in one statement; accounts that are gone are passed over."""
    if not counts:
        return
    keys = sorted(counts)
    with connection.cursor() as cursor:
        cursor.execute(
            _ADD,
            {
                "accounts": [account_id for account_id, _ in keys],
                "kinds": [kind.value for _, kind in keys],
                "more": [counts[key][0] for key in keys],
                "details": [counts[key][1].replace("\x00", "") for key in keys],
                "now": now,
                "forget": now - FORGET_AFTER,
            },
        )


def set_to(*, account_id: int, kind: ResultKind, count: int, since_at: datetime, now: datetime) -> None:
    """Write a count that is known as a whole."""
    values: dict[str, Any] = {"account": account_id, "kind": kind.value, "count": count, "since": since_at, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(_SET, values)


class Meter:
    """Adds up what happens in this process and writes it at most once a minute for each account and kind.

    The first of a kind is written at once. Safe to use from several threads; never raises.
    """

    def __init__(self, *, every_seconds: float = WRITE_EVERY_SECONDS) -> None:
        self._every_seconds = every_seconds
        self._waiting: dict[tuple[int, ResultKind], tuple[int, str]] = {}
        self._written_at_seconds: dict[tuple[int, ResultKind], float] = {}
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()

    def note(self, *, account_id: int, kind: ResultKind, detail: str = "", more: int = 1) -> None:
        """Count so many more."""
        key = (account_id, kind)
        with self._lock:
            before, said = self._waiting.get(key, (0, ""))
            self._waiting[key] = (before + more, detail or said)
            is_due = self._is_due(key)
            if not is_due and self._timer is None:
                self._timer = threading.Timer(self._every_seconds, self._write_later)
                self._timer.daemon = True
                self._timer.start()
        if is_due:
            self.write()

    def write(self) -> None:
        """Write what is due."""
        with self._lock:
            due = {key: self._waiting.pop(key) for key in list(self._waiting) if self._is_due(key)}
            self._written_at_seconds.update(dict.fromkeys(due, time.monotonic()))
        try:
            add(counts=due, now=datetime.now(UTC))
        except Exception:  # a count is not worth a push: the next minute tries again
            log.exception("counts of results not written")
            with self._lock:
                for key, (more, detail) in due.items():
                    before, said = self._waiting.get(key, (0, ""))
                    self._waiting[key] = (before + more, said or detail)

    def _is_due(self, key: tuple[int, ResultKind]) -> bool:
        return time.monotonic() - self._written_at_seconds.get(key, float("-inf")) >= self._every_seconds

    def _write_later(self) -> None:
        """Write from the timer's thread, with a connection of its own."""
        with self._lock:
            self._timer = None
        close_old_connections()
        self.write()
        connection.close()


#: That of this process.
meter = Meter()
