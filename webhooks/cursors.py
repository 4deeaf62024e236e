"""How far the second source of each account has been read, and when it may be asked again: the rows of LogCursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

#: After the last call has ended, the log is read for so long still: late rows, and what it says otherwise.
TAIL = timedelta(minutes=2)
#: A pull that has not come back after this long has died with its process.
PULL_WITHIN = timedelta(seconds=60)
#: A log that is read by time is read from the oldest call under way, but no further back than this; older calls are
#: asked about one by one.
FURTHEST_BACK = timedelta(minutes=10)
#: A whole stretch is read at most once in so many intervals.
WHOLE_EVERY_INTERVALS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class DuePull:
    """A log that is due. ``since_at``: from where it is to be read if it is read by time."""

    account_id: int
    cursor: str
    since_at: datetime
    interval: timedelta
    is_first: bool
    whole: bool


_ADD = """
INSERT INTO webhooks_logcursor (account_id, next_pull_at)
SELECT p.id, %(now)s FROM dialer_provideraccount p
 WHERE p.provider = ANY(%(slugs)s) AND p.is_active
   AND EXISTS (SELECT 1 FROM campaigns_attempt a
                WHERE a.account_id = p.id AND a.ended_at IS NULL AND a.placing_at IS NOT NULL)
    ON CONFLICT DO NOTHING
"""
_TAKE = """
WITH due AS (
    SELECT c.account_id FROM webhooks_logcursor c
      JOIN dialer_provideraccount p ON p.id = c.account_id AND p.is_active AND p.provider = ANY(%(slugs)s)
     WHERE c.next_pull_at <= %(now)s
       AND (c.live_seen_at > %(tail)s OR EXISTS (
            SELECT 1 FROM campaigns_attempt a
             WHERE a.account_id = c.account_id AND a.ended_at IS NULL AND a.placing_at IS NOT NULL))
     ORDER BY c.account_id FOR NO KEY UPDATE OF c SKIP LOCKED
), live AS (
    SELECT d.account_id, min(a.placing_at) AS oldest_at,
           min(a.placing_at) FILTER (WHERE a.placing_at >= %(furthest)s) AS since_at
      FROM due d JOIN campaigns_attempt a ON a.account_id = d.account_id AND a.ended_at IS NULL
     GROUP BY d.account_id
)
UPDATE webhooks_logcursor c
   SET next_pull_at = %(again)s,
       live_seen_at = CASE WHEN l.oldest_at IS NOT NULL THEN %(now)s ELSE c.live_seen_at END
  FROM due d LEFT JOIN live l ON l.account_id = d.account_id
  JOIN dialer_provideraccount p ON p.id = d.account_id
 WHERE c.account_id = d.account_id
RETURNING c.account_id, c.cursor, c.reached_at, c.whole_wanted_at, c.whole_at, l.oldest_at, l.since_at,
          p.poll_after_seconds
"""


def take_due_pulls(*, slugs: Sequence[str], now: datetime) -> list[DuePull]:
    """Take the logs that are due to be read, of providers with these slugs; each is taken by one process."""
    values: dict[str, Any] = {
        "slugs": list(slugs),
        "now": now,
        "tail": now - TAIL,
        "furthest": now - FURTHEST_BACK,
        "again": now + PULL_WITHIN,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ADD, values)
        cursor.execute(_TAKE, values)
        return [_due(*row, now=now) for row in cursor.fetchall()]


def _due(
    account_id: int,
    cursor: str,
    reached_at: datetime | None,
    whole_wanted_at: datetime | None,
    whole_at: datetime | None,
    oldest_at: datetime | None,
    since_at: datetime | None,
    poll_after_seconds: int,
    *,
    now: datetime,
) -> DuePull:
    interval = timedelta(seconds=min(settings.DIALER_LOG_PULL_SECONDS, poll_after_seconds))
    rested = whole_at is None or now - whole_at >= interval * WHOLE_EVERY_INTERVALS
    whole = whole_wanted_at is not None and oldest_at is not None and rested
    starts = [at for at in (oldest_at if whole else since_at, reached_at) if at is not None]
    return DuePull(
        account_id=account_id,
        cursor=cursor,
        since_at=max(min(starts, default=now), now - FURTHEST_BACK) if not whole else min(starts, default=now),
        interval=interval,
        is_first=reached_at is None,
        whole=whole,
    )


def note_pull(
    *,
    due: DuePull,
    cursor: str | None,
    asked_at: datetime,
    now: datetime,
    rows: int,
    full: bool,
    problem: str,
    is_read: bool,
) -> None:
    """Write down what came of a pull; the cursor moves only if nobody has moved it since.

    ``is_read``: the log itself was, whatever the ``problem`` is.
    """
    pause = due.interval / 3 if full else due.interval * (1 if is_read else 2)
    with connection.cursor() as db:
        db.execute(
            """UPDATE webhooks_logcursor
                  SET cursor = CASE WHEN %(moved)s AND cursor = %(old)s THEN %(new)s ELSE cursor END,
                      reached_at = CASE WHEN %(read)s THEN %(asked)s ELSE reached_at END,
                      next_pull_at = %(next)s, rows_read = rows_read + %(rows)s,
                      full_at = CASE WHEN %(full)s THEN %(now)s ELSE full_at END,
                      full_count = full_count + %(full)s::int,
                      problem = %(problem)s, problem_at = CASE WHEN %(problem)s = '' THEN NULL ELSE %(now)s END
                WHERE account_id = %(account)s""",
            {
                "account": due.account_id,
                "moved": cursor is not None,
                "old": due.cursor,
                "new": cursor or "",
                "read": is_read,
                "asked": asked_at,
                "now": now,
                "next": now + pause,
                "rows": rows,
                "full": full,
                "problem": problem[:300],
            },
        )


def note_whole(*, due: DuePull, asked_at: datetime, now: datetime, rows: int, problem: str) -> None:
    """Write down what came of reading a whole stretch; pulls go on at once."""
    with connection.cursor() as db:
        db.execute(
            """UPDATE webhooks_logcursor
                  SET whole_at = %(asked)s, next_pull_at = %(now)s, rows_read = rows_read + %(rows)s,
                      whole_wanted_at = CASE WHEN %(problem)s = '' AND whole_wanted_at <= %(asked)s THEN NULL
                                             ELSE whole_wanted_at END,
                      problem = CASE WHEN %(problem)s = '' THEN problem ELSE %(problem)s END,
                      problem_at = CASE WHEN %(problem)s = '' THEN problem_at ELSE %(now)s END
                WHERE account_id = %(account)s""",
            {"account": due.account_id, "asked": asked_at, "now": now, "rows": rows, "problem": problem[:300]},
        )


def want_whole(*, account_id: int, now: datetime) -> None:
    """Ask for a whole stretch of the log: rows were missed, or say less than is needed."""
    with connection.cursor() as db:
        db.execute(
            "UPDATE webhooks_logcursor SET whole_wanted_at = %s WHERE account_id = %s AND whole_wanted_at IS NULL",
            [now, account_id],
        )


def reserve_lookups(*, account_id: int, per_second: float, now: datetime, most: int) -> list[datetime]:
    """Return the instants within the next second at which questions may leave, evenly spread; none is given twice.

    Runs inside the caller's transaction, which holds the cursor's row until it ends: see ``use_lookups``.
    """
    with connection.cursor() as db:
        db.execute("INSERT INTO webhooks_logcursor (account_id) VALUES (%s) ON CONFLICT DO NOTHING", [account_id])
        db.execute(
            "SELECT next_lookup_at FROM webhooks_logcursor WHERE account_id = %s FOR NO KEY UPDATE", [account_id]
        )
        (next_at,) = db.fetchone()
    step = timedelta(seconds=1 / per_second)
    first = max(next_at or now, now)
    return [first + n * step for n in range(most) if first + n * step < now + timedelta(seconds=1)]


def use_lookups(*, account_id: int, used: Sequence[datetime], per_second: float) -> None:
    """Write down which of the reserved instants were used."""
    if not used:
        return
    with connection.cursor() as db:
        db.execute(
            "UPDATE webhooks_logcursor SET next_lookup_at = %s WHERE account_id = %s",
            [used[-1] + timedelta(seconds=1 / per_second), account_id],
        )
