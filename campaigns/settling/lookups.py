"""Which calls without a result their provider is to be asked about, and when again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class DueLookup:
    """An attempt whose provider is due to be asked about it."""

    attempt_id: int
    external_id: str | None
    number: str
    placing_at: datetime


# By its id a call is asked about at even steps; by its number, which costs more, at steps that double. The last time
# is shortly before the deadline, past which a call can wait for the log only.
_DUE_LOOKUPS = """
UPDATE campaigns_attempt a
   SET next_poll_at = CASE
       WHEN a.deadline_at <= %(now)s THEN %(now)s + make_interval(secs => p.poll_after_seconds)
       WHEN a.deadline_at <= %(soon)s THEN %(soon)s
       ELSE LEAST(a.deadline_at - make_interval(secs => %(margin)s), %(now)s + make_interval(secs => CASE
            WHEN %(by_id)s THEN p.poll_after_seconds
            ELSE LEAST(%(longest)s, GREATEST(p.poll_after_seconds, extract(epoch FROM %(now)s - a.placing_at))) END))
       END
  FROM dialer_provideraccount p
 WHERE a.id IN (SELECT id FROM campaigns_attempt
                 WHERE account_id = %(account)s AND ended_at IS NULL AND next_poll_at <= %(now)s
                   AND placing_at IS NOT NULL AND (external_id IS NOT NULL OR NOT %(by_id)s)
                 ORDER BY next_poll_at, id LIMIT %(most)s FOR NO KEY UPDATE SKIP LOCKED)
   AND p.id = a.account_id
RETURNING a.id, a.external_id, a.number, a.placing_at
"""
#: The last question about a call is asked so long before its deadline.
LAST_QUESTION_SECONDS = 3.0
LONGEST_STEP_SECONDS = 600.0


def accounts_with_due_lookups(*, now: datetime) -> list[int]:
    """Return the accounts that have calls to be asked about."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT account_id FROM campaigns_attempt
                WHERE ended_at IS NULL AND next_poll_at <= %s AND placing_at IS NOT NULL""",
            [now],
        )
        return [row[0] for row in cursor.fetchall()]


def take_due_lookups(*, account_id: int, now: datetime, most: int, by_id: bool) -> list[DueLookup]:
    """Take the attempts of an account that are due to be asked about, oldest first; each comes due again later.

    ``by_id``: only those whose id at the provider is known.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            _DUE_LOOKUPS,
            {
                "account": account_id,
                "now": now,
                "most": most,
                "by_id": by_id,
                "margin": LAST_QUESTION_SECONDS,
                "soon": now + timedelta(seconds=LAST_QUESTION_SECONDS),
                "longest": LONGEST_STEP_SECONDS,
            },
        )
        return [
            DueLookup(attempt_id=row[0], external_id=row[1], number=row[2], placing_at=row[3])
            for row in cursor.fetchall()
        ]


def ask_soon(*, account_id: int, placed_before: datetime, now: datetime, most: int) -> int:
    """Let the oldest calls under way be asked about now, as the log may have missed them; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE campaigns_attempt SET next_poll_at = %(now)s
                WHERE id IN (SELECT id FROM campaigns_attempt
                              WHERE account_id = %(account)s AND ended_at IS NULL AND placing_at < %(before)s
                                AND next_poll_at > %(now)s
                              ORDER BY id LIMIT %(most)s FOR NO KEY UPDATE SKIP LOCKED)""",
            {"account": account_id, "before": placed_before, "now": now, "most": most},
        )
        return int(cursor.rowcount)
