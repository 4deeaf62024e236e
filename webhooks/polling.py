"""Asks providers about calls whose result has not been pushed; the answer goes through the same inbox as a push."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from django.db import connection, transaction

from campaigns.connections import Channel
from campaigns.doorbells import ring_account_now
from campaigns.engine import Engine
from campaigns.reconciling import take_due_polls
from campaigns.settling import settle
from dialer.http.client import NotSent, Unanswered
from dialer.providers.base import Phase, ProviderReply, Push
from webhooks.receiving import store

#: Polls under way at one time are no more than this, in one turn.
MOST_PER_TURN = 50


def poll_due(*, engine: Engine, now: datetime) -> int:
    """Ask about every attempt that is due to be asked about; return how many questions were sent."""
    due = take_due_polls(now=now, most=MOST_PER_TURN)
    for attempt_id, account_id, external_id in due:
        channel = engine.connections.of(account_id)
        keep = partial(_keep, channel=channel, attempt_id=attempt_id, account_id=account_id)
        engine.ask(_ask(channel, external_id), then=keep)
    return len(due)


async def _ask(channel: Channel, external_id: str) -> ProviderReply | None:
    request = channel.provider.build_poll(account=channel.config, external_id=external_id)
    try:
        return await channel.client.send(request)
    except (NotSent, Unanswered):
        return None  # it comes due again


def _keep(reply: ProviderReply | None, *, channel: Channel, attempt_id: int, account_id: int) -> None:
    """Apply what a poll says; the reply is kept beside it where it tells of an end."""
    if reply is None:
        return
    report = channel.provider.parse_poll(account=channel.config, reply=reply)
    if report is None:
        return
    now = datetime.now(UTC)
    with transaction.atomic():
        freed = settle(reports=[(attempt_id, report)], now=now)
        if report.phase == Phase.ENDED:
            event_id = store(account_id=account_id, source="POLL", push=Push(headers=reply.headers, body=reply.body))
            _mark_applied(event_id=event_id, attempt_id=attempt_id, now=now)
    for freed_account_id in freed:
        ring_account_now(freed_account_id)


def _mark_applied(*, event_id: int, attempt_id: int, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE webhooks_providerevent SET state = 'APPLIED', attempt_id = %s, applied_at = %s, tries = 1
                WHERE id = %s""",
            [attempt_id, now, event_id],
        )
