"""Records what came of requests to place calls, many in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import DataError, transaction

from campaigns.claiming import gate as account_gate
from campaigns.claiming import pace
from campaigns.models import NoticeKind
from campaigns.placing.away import pause_away
from campaigns.placing.refusals import barred_with_fallback, rest_barred, second_accounts
from campaigns.placing.results import Placed, Unsent
from campaigns.results.notices import notify
from campaigns.settling.endings import Locked, call_end, lock, returned
from campaigns.states import attempts as attempt_states
from campaigns.states.attempts import AttemptEnd
from dialer.providers.base import UNBURNED_REFUSALS, Accepted, Outcome, Refusal, Refused, Unclear
from dialer.sql import hot_cursor

log = structlog.get_logger(__name__)

#: A lead that was turned away for lack of capacity is due again after this long, doubled each further time.
NO_CAPACITY_SECONDS = 1.0
LONGEST_NO_CAPACITY_SECONDS = 60.0
#: A lead whose request could not leave is due again after this long.
UNSENT_SECONDS = 2.0
#: Refusals that repeat for every lead until a manager mends a setting: the campaign pauses and says why.
MISCONFIGURED = frozenset({Refusal.CREDENTIALS, Refusal.ADDRESS_NOT_ALLOWED, Refusal.UNKNOWN_TARGET})
#: So many of them in a row pause it; a wrong credential does at once.
MISAIMED_IN_ROW = 3
#: Refusals by which the whole account has to rest when they come in a row.
CROWDED = frozenset({Refusal.NO_CAPACITY, Refusal.OUTSIDE_ACTIVE_HOURS})

#: Accounts whose refusals this process has counted since a call of theirs was last accepted here. Only a hint that
#: saves a look at the gate for every accepted call; what other processes counted is known from the claim.
_counted_here: set[int] = set()


def record_all(*, results: Sequence[Placed], now: datetime) -> set[int]:
    """Record a batch; where PostgreSQL refuses a value in it, one by one, so that one spoils no other."""
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
    # Before slots are freed: whoever claims one of them finds the account at rest.
    rested, recovered = _note_capacity(results=results, now=now)
    with transaction.atomic(), hot_cursor() as cursor:
        accepted = {p.attempt_id: p.result.external_id for p in results if isinstance(p.result, Accepted)}
        ids = [placed.attempt_id for placed in results]
        # Of calls that were taken, which are nearly all, nothing more has to be known.
        others = [attempt_id for attempt_id in ids if attempt_id not in accepted]
        locked = lock(cursor, attempt_ids=ids, now=now, to_read=others)
        if accepted:
            attempt_states.mark_placed(cursor, external_ids=accepted, now=now)
        uncertain = {p.attempt_id: p.result.detail for p in results if isinstance(p.result, Unclear)}
        if uncertain:
            attempt_states.mark_uncertain(cursor, details=uncertain)
        ends = [end for p in results if (end := _end(p, locked.get(p.attempt_id), now)) is not None]
        freed = attempt_states.end_attempts(cursor, ends=ends) if ends else set()
        barred = barred_with_fallback(cursor, results=results)
        _pause_misconfigured(cursor, results=[p for p in results if p.attempt_id not in barred], now=now)
        pause_away(cursor, results=results, now=now)
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
    return attempt_states.refused(end, refusal=result.reason, detail=result.detail)


def _no_capacity_seconds(turned_away: int) -> float:
    return float(min(NO_CAPACITY_SECONDS * 2.0 ** min(turned_away, 10), LONGEST_NO_CAPACITY_SECONDS))


def _pause_misconfigured(cursor: Any, *, results: Sequence[Placed], now: datetime) -> None:
    """Pause campaigns whose further calls would be refused alike: wrong credentials, or the last few all misaimed."""
    for placed in results:
        result = placed.result
        if not isinstance(result, Refused) or result.reason not in MISCONFIGURED:
            continue
        if result.reason == Refusal.CREDENTIALS or _all_misaimed(cursor, placed.campaign_id):
            reason = f"The provider refused attempt #{placed.attempt_id}: {result.detail}"
            if attempt_states.pause_running(cursor, campaign_id=placed.campaign_id, reason=reason, now=now):
                notify(
                    campaign_id=placed.campaign_id,
                    kind=NoticeKind.ACCOUNT_REJECTED,
                    text=reason,
                    attempt_ids=[placed.attempt_id],
                    now=now,
                )
                log.warning("campaign paused", campaign_id=placed.campaign_id, refusal=result.reason.value)


def _all_misaimed(cursor: Any, campaign_id: int) -> bool:
    """Return whether the campaign's last attempts were all refused for a setting of ours, none for the number."""
    cursor.execute(
        """SELECT count(*) FILTER (WHERE refusal = ANY(%s)) FROM (
               SELECT refusal FROM campaigns_attempt WHERE campaign_id = %s AND state = 'ENDED'
                ORDER BY id DESC LIMIT %s) latest""",
        [[reason.value for reason in MISCONFIGURED], campaign_id, MISAIMED_IN_ROW],
    )
    return bool(cursor.fetchone()[0] >= MISAIMED_IN_ROW)


def _note_capacity(*, results: Sequence[Placed], now: datetime) -> tuple[set[int], set[int]]:
    """Let accounts rest that turn calls away again and again; one accepted call ends the count.

    Return the accounts that rest, and those that take calls again. A transaction of its own for each, as it locks the
    gate: nobody holds attempts while waiting for one.
    """
    by_account: dict[int, list[Placed]] = defaultdict(list)
    rested: set[int] = set()
    recovered: set[int] = set()
    for placed in results:
        by_account[placed.account_id].append(placed)
    for account_id, batch in sorted(by_account.items()):
        accepted = any(isinstance(placed.result, Accepted) for placed in batch)
        crowded = [placed for placed in batch if _is_crowded(placed)]
        # An accepted call has something to end only where calls were turned away before, at its claim or since: of
        # many requests in flight, five refusals are no row when calls claimed before them are accepted in between.
        was_crowded = account_id in _counted_here or any(placed.was_crowded for placed in batch)
        if not crowded and not was_crowded:
            continue
        (_counted_here.discard if accepted else _counted_here.add)(account_id)
        with transaction.atomic(), hot_cursor() as cursor:
            # A batch that has accepted calls is no sign of a full provider, whatever else is in it.
            if accepted:
                if account_gate.end_refusals(cursor, account_id=account_id):
                    recovered.add(account_id)
            elif crowded and _rest(cursor, account_id=account_id, crowded=crowded, now=now):
                rested.add(account_id)
    return rested, recovered


def _rest(cursor: Any, *, account_id: int, crowded: Sequence[Placed], now: datetime) -> bool:
    """Let an account rest for as long as its refusals in a row ask for, or the provider; return whether they do."""
    in_row = account_gate.note_refusals(cursor, account_id=account_id, refused=len(crowded), now=now)
    asked = max(_retry_after(placed) for placed in crowded)
    seconds = max(pace.backoff_seconds(refusals_in_row=in_row) or 0.0, asked)
    if seconds <= 0:
        return False
    until = now + timedelta(seconds=seconds)
    account_gate.back_off(cursor, account_id=account_id, until=until, reason=_detail(crowded[-1]))
    return True


def _is_crowded(placed: Placed) -> bool:
    result = placed.result
    if isinstance(result, Refused):
        # Where an agent is away the agent rests, and the others take calls; else there is nobody but the account.
        return result.reason in CROWDED or (result.reason is Refusal.TARGET_AWAY and not placed.has_agent)
    return isinstance(result, Unsent) and not result.is_our_choice


def _retry_after(placed: Placed) -> float:
    result = placed.result
    return (result.retry_after_seconds or 0.0) if isinstance(result, Refused) else 0.0


def _detail(placed: Placed) -> str:
    result = placed.result
    return "" if isinstance(result, Accepted) else result.detail
