"""Accounts that turn calls away: they rest, and try again by themselves. ``campaign_pauses`` has what pauses campaigns.

They have no room, or they refuse us as a customer where a second account can stand in, so that no campaign pauses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction

from campaigns.claiming import budget
from campaigns.claiming import gate as account_gate
from campaigns.placing.results import Placed, Unsent
from dialer.providers.base import Accepted, Refusal, Refused
from dialer.sql import hot_cursor

log = structlog.get_logger(__name__)

#: Refusals by which the whole account has to rest when they come in a row.
CROWDED = frozenset({Refusal.NO_CAPACITY, Refusal.OUTSIDE_ACTIVE_HOURS})
#: Refusals that say that the account itself is not let in.
BARRED = frozenset({Refusal.CREDENTIALS, Refusal.ADDRESS_NOT_ALLOWED})
#: Such an account is tried again after this long.
BARRED_SECONDS = 60.0

#: Accounts whose refusals this process has counted since a call of theirs was last accepted here. Only a hint that
#: saves a look at the gate for every accepted call; what other processes counted is known from the claim.
_counted_here: set[int] = set()


def note_capacity(*, results: Sequence[Placed], now: datetime) -> tuple[set[int], set[int]]:
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
    seconds = max(budget.backoff_seconds(refusals_in_row=in_row) or 0.0, asked)
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


def barred_with_fallback(cursor: Any, *, results: Sequence[Placed]) -> set[int]:
    """Return the attempts that the first account of their campaign refused as a whole, where there is a second one."""
    barred = [placed for placed in results if isinstance(placed.result, Refused) and placed.result.reason in BARRED]
    if not barred:
        return set()
    cursor.execute(
        "SELECT id, account_id FROM campaigns_campaign WHERE id = ANY(%s) AND fallback_account_id IS NOT NULL",
        [[placed.campaign_id for placed in barred]],
    )
    first = dict(cursor.fetchall())
    return {placed.attempt_id for placed in barred if first.get(placed.campaign_id) == placed.account_id}


def rest_barred(*, results: Sequence[Placed], now: datetime) -> set[int]:
    """Let the accounts of these results rest, and return them; a transaction for each, as it locks its gate."""
    by_account = {placed.account_id: placed.result for placed in results}
    for account_id, result in sorted(by_account.items()):
        reason = result.detail if isinstance(result, Refused) else ""
        with transaction.atomic(), hot_cursor() as cursor:
            # After the rest one call at a time shows whether somebody has mended it.
            account_gate.note_refusals(cursor, account_id=account_id, refused=budget.REFUSALS_BEFORE_BACKOFF, now=now)
            until = now + timedelta(seconds=BARRED_SECONDS)
            account_gate.back_off(cursor, account_id=account_id, until=until, reason=reason)
        log.warning("account rests, its second account stands in", account_id=account_id)
    return set(by_account)
