"""Reads the call logs of providers that have one: a lost push costs time, never the result.

One pull for an account and interval while calls are under way, never one a call. Rows go into the inbox and are
applied from there like pushes. A page that the provider cuts short is noticed, shown at the account's LogCursor, and
healed: the calls still open are asked about by number, and where that says too little, a whole stretch is read.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import structlog
from django.db import transaction

from campaigns.doorbells import publisher
from campaigns.placing.engine import Engine, best_now
from campaigns.rules.absence import CLOCKS_APART
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
from webhooks.absence import BEFORE, note_reading, want_readings
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

    ``damaged``: the bytes of pages that were no clean JSON, and were read as far as they go. ``problem_beside``: that
    of a further log; the first one is read whole nevertheless. ``unread``: rows that are none. ``leaves_out``: rows
    that say too little are left out.
    """

    reports: tuple[CallReport, ...] = ()
    cursor: str | None = None
    full: bool = False
    problem: str = ""
    damaged: tuple[bytes, ...] = ()
    problem_beside: str = ""
    unread: int = 0
    leaves_out: bool = False

    @property
    def trouble(self) -> str:
        """All that could not be read, in words."""
        rows = f"{self.unread} rows of the call log are none that can be read" if self.unread else ""
        return "; ".join(dict.fromkeys(filter(None, (self.problem, self.problem_beside, rows))))

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing that the provider had."""
        return not (self.full or self.trouble or self.damaged or self.leaves_out)


def pull_due(*, engine: Engine, now: datetime) -> int:
    """Begin to read every log that is due; return how many."""
    slugs = list(providers.able("pulls_logs"))
    want_readings(now=now)
    due = take_due_pulls(slugs=slugs, now=now)
    for each in due:
        try:
            channel = engine.connections.of(each.account_id)
        except UndecryptableError:
            unread = Reading(problem="The account's stored credentials cannot be read")
            _keep(unread, due=each, asked_at=now, since_at=each.since_at)
            continue
        query = query_of(each, now=now)
        keep = partial(_keep, due=each, asked_at=now, since_at=query.since_at)
        engine.ask(read_log(channel=channel, query=query), then=keep)
    return len(due)


def query_of(due: DuePull, *, now: datetime) -> LogQuery:
    """Return what to ask of a log that is due. A whole one shows what it lacks, whichever clock is wrong."""
    if due.whole:
        return LogQuery(since_at=due.since_at - BEFORE, until_at=now + CLOCKS_APART, whole=True)
    return LogQuery(since_at=due.since_at - EARLY, until_at=now + EARLY, cursor=due.cursor or None)


async def read_log(*, channel: Channel, query: LogQuery) -> Reading:
    """Read a log and those beside it, each whatever became of the others. Never raises: what went wrong is said."""
    found = await _read(channel=channel, query=query)
    for cursor in channel.provider.logs_beside(account=channel.config, query=query):
        beside = await _read(channel=channel, query=replace(query, cursor=cursor))
        found = replace(
            found,
            reports=found.reports + beside.reports,
            damaged=found.damaged + beside.damaged,
            problem_beside=found.problem_beside or beside.problem,
            unread=found.unread + beside.unread,
            leaves_out=found.leaves_out or beside.leaves_out or beside.full,
        )
    return found


async def _read(*, channel: Channel, query: LogQuery) -> Reading:
    """Read one log, page by page; what had come before something went wrong is kept."""
    reports: list[CallReport] = []
    damaged: tuple[bytes, ...] = ()
    full = leaves_out = False
    unread = 0
    until, size_bytes = time.monotonic() + MOST_SECONDS, 0
    lasts = channel.provider.capabilities.log_cursor_lasts and query.to_number is None and not query.whole
    for _ in range(MOST_PAGES):
        try:
            reply = await _page(channel, query)
            page = rereading.log_page(provider=channel.provider, account=channel.config, query=query, reply=reply)
        except (NotSent, Unanswered) as error:
            return Reading(reports=tuple(reports), full=full, problem=error.reason)
        except (ValueError, TypeError, KeyError) as error:
            return Reading(reports=tuple(reports), full=full, problem=f"The log cannot be asked for: {error}")
        if page is None:
            return Reading(reports=tuple(reports), full=full, problem=_no_log(reply))
        reports += page.reports
        full, unread = full or page.full, unread + page.unread
        leaves_out = leaves_out or page.leaves_out
        damaged += (reply.body,) if page.is_damaged else ()
        if lasts or _is_last(page, query):
            return Reading(
                reports=tuple(reports),
                full=full,
                cursor=page.next_cursor if lasts else None,
                damaged=damaged,
                unread=unread,
                leaves_out=leaves_out,
            )
        query = replace(query, cursor=page.next_cursor)
        size_bytes += len(reply.body)
        if time.monotonic() > until or size_bytes > MOST_BYTES:
            break
    return Reading(
        reports=tuple(reports),
        full=True,
        problem="The log has no end: more pages, bytes or seconds than are read at one time",
    )


async def _page(channel: Channel, query: LogQuery) -> ProviderReply:
    """Return the reply to a page, asked once more in another documented form where the first is refused."""
    provider, account = channel.provider, channel.config
    reply = await channel.client.send(provider.build_log(account=account, query=query))
    again = provider.build_log_again(account=account, query=query, reply=reply)
    return reply if again is None else await channel.client.send(again)


def _is_last(page: LogPage, query: LogQuery) -> bool:
    return page.next_cursor is None or page.next_cursor == query.cursor


def _no_log(reply: ProviderReply) -> str:
    return f"{describe(reply=reply)}: no call log"


def _keep(reading: Reading, *, due: DuePull, asked_at: datetime, since_at: datetime) -> None:
    """Store the rows and move the cursor together, so that no row is passed over; then heal what was cut short."""
    now = best_now()
    # The first pull only finds the place: what is older than it was none of ours.
    full = reading.full and not due.is_first
    with transaction.atomic():
        new = store_rows(account_id=due.account_id, reports=reading.reports, damaged=reading.damaged)
        rows = len(reading.reports)
        if due.whole:
            note_whole(due=due, asked_at=asked_at, now=now, rows=rows, problem=reading.trouble)
        else:
            note_pull(
                due=due,
                cursor=reading.cursor,
                asked_at=asked_at,
                now=now,
                rows=rows,
                full=full,
                problem=reading.trouble,
                is_read=not reading.problem,
            )
        if full and not due.whole:
            ask_soon(account_id=due.account_id, placed_before=asked_at - due.interval, now=now, most=MOST_HEALED)
            want_whole(account_id=due.account_id, now=now)
    if due.whole:
        note_reading(
            account_id=due.account_id,
            reports=reading.reports,
            since_at=since_at,
            asked_at=asked_at,
            is_whole=reading.is_whole,
        )
    if reading.trouble:
        meter.note(account_id=due.account_id, kind=ResultKind.LOOKUP_REFUSED, detail=reading.trouble)
    if full or reading.trouble:
        log.warning("call log not read to the end", account_id=due.account_id, full=full, problem=reading.trouble)
    if new:
        publisher.ring("webhooks.apply_inbox")
