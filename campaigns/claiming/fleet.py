"""Asks providers for their free room, in the background, and keeps the answer for claiming to read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import structlog
from django.db import connection

from campaigns.doorbells import ring_account_now
from dialer import providers
from dialer.channels import Channel
from dialer.http.client import NotSent, Unanswered
from dialer.providers.base import Capacity

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
RETURNING g.account_id
"""

# Only the calls that the provider must have counted: placed before the question, live still after the answer.
_READING = """
UPDATE dialer_accountgate
   SET fleet_available = %(available)s, fleet_maximum = %(maximum)s, fleet_measured_at = %(asked)s, fleet_problem = '',
       fleet_failing_since = NULL, fleet_failed_at = NULL,
       next_capacity_poll_at = %(next)s,
       fleet_own_live = (SELECT count(*) FROM campaigns_attempt
                          WHERE account_id = %(account)s AND ended_at IS NULL AND placing_at < %(asked)s)
 WHERE account_id = %(account)s AND (fleet_measured_at IS NULL OR fleet_measured_at < %(asked)s)
"""

# Where nobody asked for a while (no campaign ran, no worker lived), the failing begins anew.
_FAILED = """
UPDATE dialer_accountgate
   SET fleet_problem = %(problem)s, next_capacity_poll_at = %(next)s, fleet_failed_at = %(asked)s,
       fleet_failing_since = CASE WHEN fleet_failed_at > %(asked)s::timestamptz - interval '60 seconds'
                                  THEN COALESCE(fleet_failing_since, %(asked)s) ELSE %(asked)s END
 WHERE account_id = %(account)s
"""


def take_due_accounts(*, now: datetime, again: datetime) -> list[int]:
    """Return the accounts whose provider is to be asked now; no other process gets them before ``again``."""
    slugs = list(providers.able("reports_capacity"))
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"now": now, "again": again, "slugs": slugs})
        return [row[0] for row in cursor.fetchall()]


async def ask(*, channel: Channel) -> tuple[datetime, Capacity | str]:
    """Ask one provider for its room; return when it was asked, and the room or what was wrong."""
    asked_at = datetime.now(UTC)
    try:
        reply = await channel.client.send(channel.provider.build_capacity(account=channel.config))
    except (NotSent, Unanswered) as error:
        return asked_at, f"cannot be reached ({error.reason})"
    capacity = channel.provider.parse_capacity(reply=reply)
    return asked_at, capacity or f"does not report itself healthy (HTTP {reply.status})"


def keep_reading(*, account_id: int, asked_at: datetime, found: Capacity | str, next_at: datetime) -> None:
    """Store what a provider answered and ring its bell. A failed poll leaves the last reading until it is too old."""
    with connection.cursor() as cursor:
        if isinstance(found, str):
            cursor.execute(_FAILED, {"problem": found[:200], "next": next_at, "asked": asked_at, "account": account_id})
            return
        values: dict[str, Any] = {"available": found.available, "maximum": found.maximum, "asked": asked_at}
        cursor.execute(_READING, {**values, "account": account_id, "next": next_at})
    ring_account_now(account_id)
