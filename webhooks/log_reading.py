"""Reads the call logs of providers that have one: a lost push costs time, never the result.

One pull for an account and interval while calls are under way, never one a call. Rows go into the inbox and are
applied from there like pushes. A page that the provider cuts short is noticed, shown at the account's LogCursor, and
healed: the calls still open are asked about by number, and where that says too little, a whole stretch is read.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

import structlog
from django.db import transaction

from campaigns.doorbells import publisher
from campaigns.placing.engine import Engine
from campaigns.settling.lookups import ask_soon
from dialer import providers
from dialer.accounts.result_counts import meter
from dialer.channels import Channel
from dialer.encryption import UndecryptableError
from dialer.http.client import NotSent, Unanswered
from dialer.models import ResultKind
from dialer.providers import rereading
from dialer.providers.base import CallReport, LogPage, LogQuery, ProviderReply
from dialer.providers.replies import describe
from webhooks.cursors import DuePull, note_pull, note_whole, take_due_pulls, want_whole
from webhooks.matching import EARLY
from webhooks.rows import store_rows

log = structlog.get_logger(__name__)

#: One reading of a log ends after so many pages.
MOST_PAGES = 50
#: And after so long and so many bytes, however the pages come.
MOST_SECONDS = 120.0
MOST_BYTES = 64 * 1024 * 1024
#: After a page that was cut short, so many of the calls under way are asked about by number.
MOST_HEALED = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What came of reading a log. ``cursor``: where the next pull goes on, None where it does not.

    ``damaged``: the bytes of pages that were no clean JSON, and were read as far as they go.
    """

    reports: tuple[CallReport, ...] = ()
    cursor: str | None = None
    full: bool = False
    problem: str = ""
    damaged: tuple[bytes, ...] = ()


def pull_due(*, engine: Engine, now: datetime) -> int:
    """Begin to read every log that is due; return how many."""
    slugs = list(providers.able("pulls_logs"))
    due = take_due_pulls(slugs=slugs, now=now)
    for each in due:
        try:
            channel = engine.connections.of(each.account_id)
        except UndecryptableError:
            _keep(Reading(problem="The account's stored credentials cannot be read"), due=each, asked_at=now)
            continue
        query = LogQuery(
            since_at=each.since_at - EARLY,
            until_at=now + EARLY,
            cursor=None if each.whole else each.cursor or None,
            whole=each.whole,
        )
        engine.ask(read_log(channel=channel, query=query), then=partial(_keep, due=each, asked_at=now))
    return len(due)


async def read_log(*, channel: Channel, query: LogQuery) -> Reading:
    """Read a log, page by page. Never raises: what went wrong is said, and what had come is kept."""
    reports: list[CallReport] = []
    damaged: tuple[bytes, ...] = ()
    full = False
    until, size_bytes = time.monotonic() + MOST_SECONDS, 0
    lasts = channel.provider.capabilities.log_cursor_lasts and query.to_number is None and not query.whole
    for _ in range(MOST_PAGES):
        try:
            request = channel.provider.build_log(account=channel.config, query=query)
            reply = await channel.client.send(request)
            page = rereading.log_page(provider=channel.provider, account=channel.config, query=query, reply=reply)
        except (NotSent, Unanswered) as error:
            return Reading(reports=tuple(reports), full=full, problem=error.reason)
        except (ValueError, TypeError, KeyError) as error:
            return Reading(reports=tuple(reports), full=full, problem=f"The log cannot be asked for: {error}")
        if page is None:
            return Reading(reports=tuple(reports), full=full, problem=_no_log(reply))
        reports += page.reports
        full = full or page.full
        damaged += (reply.body,) if page.is_damaged else ()
        if lasts or _is_last(page, query):
            cursor = page.next_cursor if lasts else None
            return Reading(reports=tuple(reports), full=full, cursor=cursor, damaged=damaged)
        query = replace(query, cursor=page.next_cursor)
        size_bytes += len(reply.body)
        if time.monotonic() > until or size_bytes > MOST_BYTES:
            break
    return Reading(
        reports=tuple(reports),
        full=True,
        problem="The log has no end: more pages, bytes or seconds than are read at one time",
    )


def _is_last(page: LogPage, query: LogQuery) -> bool:
    return page.next_cursor is None or page.next_cursor == query.cursor


def _no_log(reply: ProviderReply) -> str:
    return f"{describe(reply=reply)}: no call log"


def _keep(reading: Reading, *, due: DuePull, asked_at: datetime) -> None:
    """Store the rows and move the cursor together, so that no row is passed over; then heal what was cut short."""
    now = datetime.now(UTC)
    # The first pull only finds the place: what is older than it was none of ours.
    full = reading.full and not due.is_first
    with transaction.atomic():
        new = store_rows(account_id=due.account_id, reports=reading.reports, damaged=reading.damaged)
        rows = len(reading.reports)
        if due.whole:
            note_whole(due=due, asked_at=asked_at, now=now, rows=rows, problem=reading.problem)
        else:
            note_pull(
                due=due,
                cursor=reading.cursor,
                asked_at=asked_at,
                now=now,
                rows=rows,
                full=full,
                problem=reading.problem,
            )
        if full and not due.whole:
            ask_soon(account_id=due.account_id, placed_before=asked_at - due.interval, now=now, most=MOST_HEALED)
            want_whole(account_id=due.account_id, now=now)
    if reading.problem:
        meter.note(account_id=due.account_id, kind=ResultKind.LOOKUP_REFUSED, detail=reading.problem)
    if full or reading.problem:
        log.warning("call log not read to the end", account_id=due.account_id, full=full, problem=reading.problem)
    if new:
        publisher.ring("webhooks.apply_inbox")
