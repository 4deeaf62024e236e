"""Puts right what a crash, a lost push or a lost process left behind. Idempotent; rung every second or two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction

from campaigns.doorbells import ring_account_now
from campaigns.models import Attempt
from campaigns.settling.absences import waiting_attempts
from campaigns.settling.endings import Locked, call_end, give_back, lock
from campaigns.states import attempts as attempt_states
from campaigns.states.ends import AttemptEnd, end_attempts
from dialer.accounts.result_counts import add
from dialer.models import ProviderAccount, ResultKind
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
    with connection.cursor() as cursor:
        uncertain = attempt_states.mark_unanswered(cursor, margin_seconds=PLACING_MARGIN_SECONDS, now=now)
    lost = _end_overdue(now)
    for account_id in given_back | lost:
        ring_account_now(account_id)
    return {"accounts_given_back": len(given_back), "uncertain": uncertain, "accounts_lost": len(lost)}


def _end_overdue(now: datetime) -> set[int]:
    """Past the deadline: UNCERTAIN where the request never had an answer, LOST where the result never came."""
    waiting = waiting_attempts(now=now)
    overdue = Attempt.objects.filter(ended_at=None, deadline_at__lt=now).exclude(pk__in=waiting).order_by("deadline_at")
    ids = list(overdue.values_list("id", flat=True)[:MOST_PER_TURN])
    if not ids:
        return set()
    with transaction.atomic(), connection.cursor() as cursor:
        locked = [attempt for attempt in lock(cursor, attempt_ids=ids, now=now).values() if attempt.state != "ENDED"]
        away = _left_by_agents(locked)
        ends = [_end(attempt, is_agent_away=attempt.id in away, now=now) for attempt in locked]
        if ends:
            end_attempts(cursor, ends=ends)
            log.warning("attempts past their deadline", attempts=len(ends))
    lost = {end.attempt_id for end in ends if end.outcome == Outcome.LOST}
    _count_lost([attempt for attempt in locked if attempt.id in lost], now)
    return {attempt.account_id for attempt in locked}


def _count_lost(lost: Sequence[Locked], now: datetime) -> None:
    """Count the calls of each account whose result never came, in one statement."""
    by_account = Counter(attempt.account_id for attempt in lost)
    add(counts={(account_id, ResultKind.LOST): (calls, "") for account_id, calls in by_account.items()}, now=now)


def _end(attempt: Locked, *, is_agent_away: bool, now: datetime) -> AttemptEnd:
    if is_agent_away:
        detail = f"The agent did not answer, so that the customer was not rung. {attempt.absence}"
        return call_end(attempt=attempt, outcome=Outcome.FAILED, detail=detail, now=now)
    return call_end(attempt=attempt, outcome=_concluded(attempt.state), now=now)


def _left_by_agents(attempts: Sequence[Locked]) -> set[int]:
    """Return the calls that were taken, rang an agent first, and have no row: that is how one who is away looks."""
    taken = [one for one in attempts if one.state == "PLACED" and one.agent_id is not None and one.absence]
    accounts = ProviderAccount.objects.in_bulk({one.account_id for one in taken})
    hiding = {pk for pk, account in accounts.items() if account.api.capabilities.hides_unanswered_agents}
    return {one.id for one in taken if one.account_id in hiding}


def _concluded(state: str) -> Outcome:
    return Outcome.UNCERTAIN if state in {"PLACING", "UNCERTAIN", "RESERVED"} else Outcome.LOST
