"""Accounts that refuse us as a customer, where a second account can stand in: they rest, and no campaign pauses."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction

from campaigns.claiming import gate as account_gate
from campaigns.claiming import pace
from campaigns.placing.results import Placed
from dialer.providers.base import Refusal, Refused
from dialer.sql import hot_cursor

log = structlog.get_logger(__name__)

#: Refusals that say that the account itself is not let in.
BARRED = frozenset({Refusal.CREDENTIALS, Refusal.ADDRESS_NOT_ALLOWED})
#: Such an account is tried again after this long.
BARRED_SECONDS = 60.0


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
            account_gate.note_refusals(cursor, account_id=account_id, refused=pace.REFUSALS_BEFORE_BACKOFF, now=now)
            until = now + timedelta(seconds=BARRED_SECONDS)
            account_gate.back_off(cursor, account_id=account_id, until=until, reason=reason)
        log.warning("account rests, its second account stands in", account_id=account_id)
    return set(by_account)


def second_accounts(*, account_ids: Collection[int]) -> set[int]:
    """Return the accounts that may stand in for these: their bells are to be rung."""
    if not account_ids:
        return set()
    with hot_cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT fallback_account_id FROM campaigns_campaign
                WHERE account_id = ANY(%s) AND state = 'RUNNING' AND fallback_account_id IS NOT NULL""",
            [list(account_ids)],
        )
        return {row[0] for row in cursor.fetchall()}
