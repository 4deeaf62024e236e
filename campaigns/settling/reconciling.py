"""Puts right what a crash, a lost push or a lost process left behind. Idempotent; rung every second or two."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction

from campaigns.doorbells import ring_account_now
from campaigns.models import Attempt
from campaigns.settling.endings import call_end, give_back, lock
from campaigns.states.attempts import end_attempts
from dialer.providers.base import Outcome

log = structlog.get_logger(__name__)

#: A reservation that has not been placed for this long belongs to a process that died: nothing had left.
RESERVED_FOR_SECONDS = 3
#: Past an account's reply time-out by this much, a request that is PLACING has no process that waits for it.
PLACING_MARGIN_SECONDS = 5
#: One turn ends no more than this many attempts; the next turn follows in a second.
MOST_PER_TURN = 1000


def reconcile(*, now: datetime) -> dict[str, int]:
    """Give back reservations of dead processes, call unanswered requests UNCERTAIN, end what is past its deadline.

    Returns how many of each. The accounts whose slots were freed have their bell rung.
    """
    stale = Attempt.objects.filter(
        ended_at=None, state="RESERVED", send_at__lt=now - timedelta(seconds=RESERVED_FOR_SECONDS)
    ).order_by("id")[:MOST_PER_TURN]
    given_back = give_back(where=stale, now=now, detail="Its process ended before it left")
    uncertain = _mark_unanswered(now)
    lost = _end_overdue(now)
    for account_id in given_back | lost:
        ring_account_now(account_id)
    return {"accounts_given_back": len(given_back), "uncertain": uncertain, "accounts_lost": len(lost)}


def _mark_unanswered(now: datetime) -> int:
    """PLACING → UNCERTAIN where the process that waited for the reply is gone: it may have rung."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE campaigns_attempt SET state = 'UNCERTAIN', detail = 'No process waits for the reply any more'
                WHERE id IN (SELECT a.id FROM campaigns_attempt a
                               JOIN dialer_provideraccount p ON p.id = a.account_id
                              WHERE a.state = 'PLACING' AND a.ended_at IS NULL
                                AND a.placing_at < %s - make_interval(secs => p.reply_timeout_seconds + %s)
                              ORDER BY a.id FOR NO KEY UPDATE OF a SKIP LOCKED)""",
            [now, PLACING_MARGIN_SECONDS],
        )
        return int(cursor.rowcount)


def _end_overdue(now: datetime) -> set[int]:
    """Past the deadline: UNCERTAIN where the request never had an answer, LOST where the result never came."""
    overdue = Attempt.objects.filter(ended_at=None, deadline_at__lt=now).order_by("deadline_at")
    ids = list(overdue.values_list("id", flat=True)[:MOST_PER_TURN])
    if not ids:
        return set()
    with transaction.atomic(), connection.cursor() as cursor:
        locked = [attempt for attempt in lock(cursor, attempt_ids=ids, now=now).values() if attempt.state != "ENDED"]
        ends = [call_end(attempt=attempt, outcome=_concluded(attempt.state), now=now) for attempt in locked]
        if ends:
            end_attempts(cursor, ends=ends)
            log.warning("attempts past their deadline", attempts=len(ends))
    return {attempt.account_id for attempt in locked}


def _concluded(state: str) -> Outcome:
    return Outcome.UNCERTAIN if state in {"PLACING", "UNCERTAIN", "RESERVED"} else Outcome.LOST


@dataclass(frozen=True, slots=True, kw_only=True)
class DueLookup:
    """An attempt whose provider is due to be asked about it."""

    attempt_id: int
    external_id: str | None
    number: str
    placing_at: datetime


# By its id a call is asked about at even steps; by its number, which costs more, at steps that double. The last time
# is shortly before the deadline.
_DUE_LOOKUPS = """
UPDATE campaigns_attempt a
   SET next_poll_at = CASE
       WHEN a.deadline_at <= %(soon)s THEN %(soon)s
       ELSE LEAST(a.deadline_at - make_interval(secs => %(margin)s), %(now)s + make_interval(secs => CASE
            WHEN %(by_id)s THEN p.poll_after_seconds
            ELSE LEAST(%(longest)s, GREATEST(p.poll_after_seconds, extract(epoch FROM %(now)s - a.placing_at))) END))
       END
  FROM dialer_provideraccount p
 WHERE a.id IN (SELECT id FROM campaigns_attempt
                 WHERE account_id = %(account)s AND state <> 'ENDED' AND next_poll_at <= %(now)s
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
                WHERE state <> 'ENDED' AND next_poll_at <= %s AND placing_at IS NOT NULL""",
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
                              WHERE account_id = %(account)s AND state <> 'ENDED' AND placing_at < %(before)s
                                AND next_poll_at > %(now)s
                              ORDER BY id LIMIT %(most)s FOR NO KEY UPDATE SKIP LOCKED)""",
            {"account": account_id, "before": placed_before, "now": now, "most": most},
        )
        return int(cursor.rowcount)
