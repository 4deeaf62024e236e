"""Asks providers about calls whose result has not been pushed: by their id where they have one, else by number.

At a polite rate: an account's questions leave evenly spread, whatever the number of workers, and share the
provider's documented rate with placing.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import connection, transaction

from campaigns.claiming.account_reading import PLACING_SHARE
from campaigns.doorbells import publisher, ring_account_now
from campaigns.placing.engine import Engine, best_now
from campaigns.settling.lookups import DueLookup, accounts_with_due_lookups, take_due_lookups
from campaigns.settling.reports import settle
from dialer.accounts.result_counts import meter
from dialer.channels import Channel
from dialer.encryption import UndecryptableError
from dialer.http.client import NotSent, Unanswered
from dialer.models import ResultKind
from dialer.providers import rereading
from dialer.providers.base import Capabilities, LogQuery, Phase, ProviderReply, Push
from dialer.providers.replies import describe
from webhooks.cursors import reserve_lookups, use_lookups, want_whole
from webhooks.log_reading import Reading, read_log
from webhooks.matching import EARLY
from webhooks.receiving import store
from webhooks.rows import store_rows

#: Questions of one account in one turn are no more than this.
MOST_PER_TURN = 50


def poll_due(*, engine: Engine, now: datetime) -> int:
    """Ask about the attempts that are due to be asked about; return how many questions are sent."""
    return sum(_ask_about(engine, account_id=account_id, now=now) for account_id in accounts_with_due_lookups(now=now))


def lookups_per_second(capabilities: Capabilities) -> float:
    """Return how many questions about single calls an account may ask: what placing leaves of a documented rate."""
    documented = capabilities.requests_per_second
    return documented * (1 - PLACING_SHARE) if documented else float(settings.DIALER_LOOKUPS_PER_SECOND)


def _ask_about(engine: Engine, *, account_id: int, now: datetime) -> int:
    try:
        channel = engine.connections.of(account_id)
    except UndecryptableError:
        return 0  # its page says so; the deadline ends its calls
    capabilities = channel.provider.capabilities
    if not capabilities.polls_call and not capabilities.pulls_logs:
        return 0
    rate = lookups_per_second(capabilities)
    with transaction.atomic():
        times = reserve_lookups(account_id=account_id, per_second=rate, now=now, most=MOST_PER_TURN)
        due = (
            take_due_lookups(account_id=account_id, now=now, most=len(times), by_id=capabilities.polls_call)
            if times
            else []
        )
        use_lookups(account_id=account_id, used=times[: len(due)], per_second=rate)
    for each, at in zip(due, times, strict=False):
        ask = _by_id if capabilities.polls_call else _by_number
        ask(engine, channel, each, account_id=account_id, at=at, now=now)
    return len(due)


def _by_id(engine: Engine, channel: Channel, due: DueLookup, *, account_id: int, at: datetime, now: datetime) -> None:
    keep = partial(_keep, channel=channel, attempt_id=due.attempt_id, account_id=account_id)
    engine.ask(_ask(channel, str(due.external_id), wait_seconds=(at - now).total_seconds()), then=keep)


def _by_number(
    engine: Engine, channel: Channel, due: DueLookup, *, account_id: int, at: datetime, now: datetime
) -> None:
    query = LogQuery(since_at=due.placing_at - EARLY, until_at=now + EARLY, to_number=due.number)
    ask = _read_later(channel, query, wait_seconds=(at - now).total_seconds())
    engine.ask(
        ask,
        then=partial(
            _keep_rows,
            account_id=account_id,
            since_at=query.since_at,
            may_want_whole=channel.provider.capabilities.log_cursor_lasts,
        ),
    )


async def _ask(channel: Channel, external_id: str, *, wait_seconds: float) -> ProviderReply | NotSent | Unanswered:
    await asyncio.sleep(wait_seconds)
    request = channel.provider.build_poll(account=channel.config, external_id=external_id)
    try:
        return await channel.client.send(request)
    except (NotSent, Unanswered) as failure:
        return failure  # it comes due again


async def _read_later(channel: Channel, query: LogQuery, *, wait_seconds: float) -> Reading:
    await asyncio.sleep(wait_seconds)
    return await read_log(channel=channel, query=query)


def _keep_rows(reading: Reading, *, account_id: int, since_at: datetime, may_want_whole: bool) -> None:
    """Store what the log says of one number; rows that show a call but not its end ask for a whole stretch."""
    if reading.trouble:
        meter.note(account_id=account_id, kind=ResultKind.LOOKUP_REFUSED, detail=reading.trouble)
    rows = [report for report in reading.reports if report.started_at is None or report.started_at >= since_at]
    if may_want_whole and any(report.phase is Phase.UNKNOWN for report in rows):
        want_whole(account_id=account_id, now=best_now())
    if store_rows(account_id=account_id, reports=rows, damaged=reading.damaged):
        publisher.ring("webhooks.apply_inbox")


def _keep(reply: ProviderReply | NotSent | Unanswered, *, channel: Channel, attempt_id: int, account_id: int) -> None:
    """Apply what a poll says; the reply is kept beside it where it tells of an end. What tells nothing is counted."""
    if isinstance(reply, NotSent | Unanswered):
        meter.note(account_id=account_id, kind=ResultKind.LOOKUP_REFUSED, detail=reply.reason)
        return
    found = rereading.polled(provider=channel.provider, account=channel.config, reply=reply)
    if all(report.phase is Phase.UNKNOWN for report in found):
        meter.note(account_id=account_id, kind=ResultKind.LOOKUP_REFUSED, detail=describe(reply=reply))
    if not found:
        return
    now = best_now()
    with transaction.atomic():
        freed = settle(reports=[(attempt_id, replace(report, source="POLL")) for report in found], now=now)
        if any(report.phase == Phase.ENDED for report in found):
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
