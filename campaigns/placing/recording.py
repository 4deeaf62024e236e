"""Records what came of requests to place calls, many in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import structlog
from django.db import DataError, transaction

from campaigns.claiming.failover import second_accounts
from campaigns.placing.account_rests import barred_with_fallback, note_capacity, rest_barred
from campaigns.placing.campaign_pauses import may_pause, pause_away, pause_misconfigured, pause_refused_alike
from campaigns.placing.results import Placed, Unsent
from campaigns.settling.endings import Locked, call_end, lock, returned
from campaigns.states import attempts as attempt_states
from campaigns.states import ends as end_states
from campaigns.states.ends import AttemptEnd
from campaigns.states.locks import lock_campaigns
from dialer.metrics.process import PLACEMENTS
from dialer.providers.base import UNBURNED_REFUSALS, Accepted, Outcome, Refused, Unclear
from dialer.sql import hot_cursor

log = structlog.get_logger(__name__)

#: A lead that was turned away for lack of capacity is due again after this long, doubled each further time.
NO_CAPACITY_SECONDS = 1.0
LONGEST_NO_CAPACITY_SECONDS = 60.0
#: A lead whose request could not leave is due again after this long.
UNSENT_SECONDS = 2.0


def record_all(*, results: Sequence[Placed], now: datetime) -> set[int]:
    """Record a batch; where PostgreSQL refuses a value in it, one by one, so that one spoils no other."""
    for placed in results:
        PLACEMENTS.labels(account=placed.account_id, result=placed.word).inc()
    try:
        return record(results=results, now=now)
    except DataError:
        log.exception("a result cannot be stored as it is")
    freed: set[int] = set()
    for placed in results:
        try:
            freed |= record(results=[placed], now=now)
        except DataError:
            # Its words are left out; that it may have rung is not.
            unclear = replace(placed, result=Unclear(detail="The reply cannot be stored"))
            freed |= record(results=[unclear], now=now)
    return freed


def record(*, results: Sequence[Placed], now: datetime) -> set[int]:
    """Write what came of requests; return the accounts that may claim more by it. Safe to repeat."""
    barred: set[int] = set()
    # Before slots are freed: the next claim finds the account at rest.
    rested, recovered = note_capacity(results=results, now=now)
    accepted = {p.attempt_id: p.result.external_id for p in results if isinstance(p.result, Accepted)}
    if len(accepted) == len(results):
        # As nearly always: one statement, which locks by itself, and nothing else to be decided or written with it.
        with hot_cursor() as cursor:
            attempt_states.mark_placed(cursor, external_ids=accepted)
        return recovered
    with transaction.atomic(), hot_cursor() as cursor:
        ids = [placed.attempt_id for placed in results]
        # Of calls that were taken, which are nearly all, nothing more has to be known.
        others = [attempt_id for attempt_id in ids if attempt_id not in accepted]
        locked = lock(cursor, attempt_ids=ids, now=now, to_read=others)
        if accepted:
            attempt_states.mark_placed(cursor, external_ids=accepted)
        uncertain = {p.attempt_id: p.result.detail for p in results if isinstance(p.result, Unclear)}
        if uncertain:
            attempt_states.mark_uncertain(cursor, details=uncertain)
        ends = [end for p in results if (end := _end(p, locked.get(p.attempt_id), now)) is not None]
        freed = end_states.end_attempts(cursor, ends=ends) if ends else set()
        barred = barred_with_fallback(cursor, results=results)
        if concerned := may_pause(results=results):
            lock_campaigns(cursor, campaign_ids=concerned)
        pause_misconfigured(cursor, results=[p for p in results if p.attempt_id not in barred], now=now)
        pause_away(cursor, results=results, now=now)
        pause_refused_alike(cursor, results=results, now=now)
    rested |= rest_barred(results=[placed for placed in results if placed.attempt_id in barred], now=now)
    freed_at = {locked[attempt_id].account_id for attempt_id in freed}
    return freed_at | recovered | second_accounts(account_ids=rested)


def _end(placed: Placed, attempt: Locked | None, now: datetime) -> AttemptEnd | None:
    """Return the end that a result means, or None: the call was taken, or nobody knows yet."""
    result = placed.result
    # A push may have told the end already, or a manager's stop: then that stands.
    if attempt is None or attempt.state not in {"PLACING", "RESERVED"}:
        return None
    if isinstance(result, Unsent):
        wait = 0.0 if result.is_our_choice else UNSENT_SECONDS
        return returned(attempt=attempt, outcome=Outcome.CANCELED, now=now, after_seconds=wait, detail=result.detail)
    if not isinstance(result, Refused):
        return None
    if result.reason in UNBURNED_REFUSALS:
        wait = result.retry_after_seconds or _no_capacity_seconds(attempt.turned_away)
        return returned(
            attempt=attempt,
            outcome=Outcome.REFUSED,
            now=now,
            after_seconds=wait,
            detail=result.detail,
            refusal=result.reason,
        )
    end = call_end(attempt=attempt, outcome=Outcome.REFUSED, now=now)
    return end_states.refused(end, refusal=result.reason, detail=result.detail)


def _no_capacity_seconds(turned_away: int) -> float:
    return float(min(NO_CAPACITY_SECONDS * 2.0 ** min(turned_away, 10), LONGEST_NO_CAPACITY_SECONDS))
