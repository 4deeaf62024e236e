"""Asks providers for their free room, in the background, and keeps the answer for claiming to read."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction

from campaigns.claiming.fleet_bound import followed
from campaigns.claiming.gate import Gate, lock_gate
from campaigns.doorbells import ring_account_now
from dialer import providers
from dialer.channels import Channel
from dialer.http.client import NotSent, Unanswered
from dialer.providers.base import Capacity
from dialer.sql import hot_cursor

log = structlog.get_logger(__name__)

#: How often a provider is asked while a campaign runs on its account.
POLL_EVERY_SECONDS = 2.0
#: Another process asks again if the one that asked has not answered after this: the reply may take 20 s.
ANSWER_WITHIN_SECONDS = 25.0

_TAKE = """
UPDATE dialer_accountgate g SET next_capacity_poll_at = %(again)s
 WHERE g.account_id IN (
       SELECT a.id FROM dialer_provideraccount a
        WHERE a.is_active AND a.provider = ANY(%(slugs)s)
          AND EXISTS (SELECT 1 FROM campaigns_campaign c
                       WHERE a.id IN (c.account_id, c.fallback_account_id) AND c.state = 'RUNNING'))
   AND (g.next_capacity_poll_at IS NULL OR g.next_capacity_poll_at <= %(now)s)
RETURNING g.account_id, clock_timestamp()
"""

# Only the calls that the provider must have counted: placed before the question, live still after the answer.
_READING = """
UPDATE dialer_accountgate
   SET fleet_available = %(available)s, fleet_maximum = %(maximum)s, fleet_measured_at = %(asked)s, fleet_problem = '',
       fleet_failing_since = NULL, fleet_failed_at = NULL,
       fleet_followed_since = %(since)s, fleet_calls = %(calls)s, fleet_calls_before = %(calls_before)s,
       fleet_workers = %(workers)s,
       fleet_own_live = (SELECT count(*) FROM campaigns_attempt
                          WHERE account_id = %(account)s AND ended_at IS NULL AND placing_at < %(asked)s)
 WHERE account_id = %(account)s
RETURNING fleet_own_live, (SELECT CASE WHEN uses_fleet_bound THEN fleet_poll_seconds END
                             FROM dialer_provideraccount WHERE id = %(account)s)
"""
_NEXT = "UPDATE dialer_accountgate SET next_capacity_poll_at = %s WHERE account_id = %s"

# Where nobody asked for a while (no campaign ran, no worker lived), the failing begins anew.
_FAILED = """
UPDATE dialer_accountgate
   SET fleet_problem = %(problem)s, fleet_followed_since = NULL, fleet_calls = NULL, fleet_calls_before = NULL,
       fleet_failed_at = %(asked)s,
       fleet_failing_since = CASE WHEN fleet_failed_at > %(asked)s::timestamptz - interval '60 seconds'
                                  THEN COALESCE(fleet_failing_since, %(asked)s) ELSE %(asked)s END
 WHERE account_id = %(account)s
"""


def take_due_accounts(*, now: datetime, again: datetime) -> dict[int, datetime]:
    """Return the accounts whose provider is to be asked now; no other process gets them before ``again``.

    Each with the instant by PostgreSQL's clock, by which calls are stamped as well: before the question leaves.
    """
    slugs = list(providers.able("reports_capacity"))
    with hot_cursor() as cursor:
        cursor.execute(_TAKE, {"now": now, "again": again, "slugs": slugs})
        return dict(cursor.fetchall())


async def ask(*, channel: Channel) -> Capacity | str:
    """Ask one provider for its room; return it, or what was wrong."""
    try:
        reply = await channel.client.send(channel.provider.build_capacity(account=channel.config))
    except (NotSent, Unanswered) as error:
        return f"cannot be reached ({error.reason})"
    capacity = channel.provider.parse_capacity(reply=reply)
    return capacity or f"does not report itself healthy (HTTP {reply.status})"


def keep_reading(*, account_id: int, asked_at: datetime, found: Capacity | str, now: datetime) -> float:
    """Store what a provider answered, ring its bell, and return after how many seconds to ask again.

    A failed poll leaves the last reading of the room until it is too old; of the calls it proves nothing any more.
    """
    with transaction.atomic(), hot_cursor() as cursor:
        gate = lock_gate(cursor, account_id=account_id)
        if gate is None:
            return POLL_EVERY_SECONDS
        after = POLL_EVERY_SECONDS
        if isinstance(found, str):
            values: dict[str, Any] = {"problem": found[:200], "asked": asked_at, "account": account_id}
            cursor.execute(_FAILED, values)
        elif gate.fleet_measured_at is None or gate.fleet_measured_at < asked_at:
            after = _keep(cursor, gate=gate, account_id=account_id, asked_at=asked_at, found=found)
        cursor.execute(_NEXT, [now + timedelta(seconds=after), account_id])
    if not isinstance(found, str):
        ring_account_now(account_id)
    return after


def _keep(cursor: Any, *, gate: Gate, account_id: int, asked_at: datetime, found: Capacity) -> float:
    track = followed(track=gate.track, asked_at=asked_at, calls=found.calls, workers=found.workers)
    values: dict[str, Any] = {
        "available": found.available,
        "maximum": found.maximum,
        "asked": asked_at,
        "account": account_id,
        "since": track.since_at if track else None,
        "calls": track.calls if track else None,
        "calls_before": track.calls_before if track else None,
        "workers": track.workers if track else "",
    }
    cursor.execute(_READING, values)
    own_live, quick_seconds = cursor.fetchone()
    # We count more calls than the whole fleet does: some are over, and their results are awaited.
    is_awaiting = track is not None and own_live > track.calls
    return (
        min(float(quick_seconds), POLL_EVERY_SECONDS)
        if is_awaiting and quick_seconds is not None
        else POLL_EVERY_SECONDS
    )
