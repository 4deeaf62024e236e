"""Applies the inbox: finds the attempt that an event speaks of, settles it, and marks the event, in one transaction.

Events may be doubled, late, early or in any order: settling is idempotent, and an event whose attempt is not known
yet stays and is tried again.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import orjson
import psycopg
import structlog
from django.db import InterfaceError, OperationalError, transaction

from campaigns.doorbells import ring_account_now
from campaigns.models import NoticeKind
from campaigns.results.notices import notify
from campaigns.settling.reports import settle
from dialer.accounts.result_counts import Meter, add
from dialer.encryption import UndecryptableError
from dialer.home.evidence import count_unknown_references
from dialer.json_limits import MOST_VALUES, has_too_many_values
from dialer.models import ResultKind
from dialer.providers import rereading
from dialer.providers.base import CallReport, Malformed
from dialer.sql import hot_cursor
from webhooks.matching import NO_NUMBER, NOBODY, Match, Question, match
from webhooks.receiving import Sender, SendersById
from webhooks.rows import from_json
from webhooks.traced import tell_settled
from webhooks.waiting_events import Event, mark, take

log = structlog.get_logger(__name__)

senders_by_id = SendersById()

#: Events taken in one transaction.
MOST_PER_TURN = 300
#: And so many bytes of theirs, or one event that is larger: what is made of them takes ten times as much.
MOST_BYTES_PER_TURN = 4 * 1024 * 1024
#: From this try on, after some 50 s, an event is no early one any more: it counts as unmatched.
COUNTED_AT_TRY = 8

#: Counts of pushes that reached their calls, written at most once a minute and account.
taken = Meter()

#: The database is away, or another transaction was in the way: no fault of an event, all of them wait.
AWAY = (OperationalError, InterfaceError)


def apply_inbox(*, now: datetime) -> int:
    """Apply what waits in the inbox, one batch; return how many events were taken.

    Where one event of a batch cannot be applied, all are applied one by one, so that it spoils no other.
    """
    try:
        return _apply(now=now, most=MOST_PER_TURN)
    except AWAY:
        raise
    except Exception:
        log.exception("a batch of events cannot be applied as it is")
    taken = 0
    while taken < MOST_PER_TURN:
        try:
            done = _apply(now=now, most=1)
        except AWAY:
            raise
        except Exception as error:
            done = _give_up(now=now, problem=_why(error))
        if not done:
            break
        taken += done
    return taken


def _apply(*, now: datetime, most: int) -> int:
    began_ns = time.time_ns()
    with transaction.atomic(), hot_cursor() as cursor:
        # Nothing is done here that the events would not bring about again. What builds on it commits later, and
        # brings both to the disk.
        events = take(cursor, now=now, most=most, most_bytes=MOST_BYTES_PER_TURN, commit_waits_for_disk=False)
        if not events:
            return 0
        _read(events)
        matches = match([question for event in events for question in _questions(event)])
        pairs, event_ids = _pairs(events, matches)
        accounts = settle(reports=pairs, event_ids=event_ids, now=now) if pairs else set()
        mark(cursor, events=events, now=now)
    for account_id in accounts:
        ring_account_now(account_id)
    tell_settled(events, began_ns=began_ns)
    # After the transaction: nobody may wait for the one row of the house while it settles.
    _count_others([event for event in events if event.is_of_another and not event.tries], now)
    _count_pushes(events, now)
    return len(events)


def _count_pushes(events: Sequence[Event], now: datetime) -> None:
    """Count what did not reach its call, in one statement for the batch; what did, once a minute."""
    failed: dict[tuple[int, ResultKind], tuple[int, str]] = {}
    applied: Counter[int] = Counter()
    for event in events:
        if event.source != "PUSH":
            # Rows of others are in a log by right; those that cannot be read are results that are missed.
            if event.state == "FAILED":
                key = (event.account_id, ResultKind.LOOKUP_REFUSED)
                failed[key] = (failed.get(key, (0, ""))[0] + 1, event.problem)
        elif event.state == "APPLIED":
            applied[event.account_id] += 1
        elif event.state == "FAILED" or (event.state == "UNMATCHED" and event.tries + 1 == COUNTED_AT_TRY):
            kind = ResultKind.NOT_UNDERSTOOD if event.state == "FAILED" else ResultKind.UNMATCHED
            key = (event.account_id, kind)
            failed[key] = (failed.get(key, (0, ""))[0] + 1, event.problem)
    for account_id, events_taken in applied.items():
        taken.note(account_id=account_id, kind=ResultKind.TAKEN, more=events_taken)
    add(counts=failed, now=now)


def _count_others(events: Sequence[Event], now: datetime) -> None:
    """Count what speaks of calls that another installation placed with our accounts; tell of the first."""
    if not events or not count_unknown_references(len(events)):
        return
    text = (
        f"Account #{events[0].account_id} tells of calls with references of ours that are unknown here: a copy of this"
        " database dials, or calls placed after a backup are missing in it."
    )
    notify(campaign_id=None, kind=NoticeKind.UNKNOWN_REFERENCES, text=text, now=now)


def _why(error: Exception) -> str:
    """Return what kept an event from being applied: PostgreSQL's first line, else the kind of error."""
    cause = error.__cause__
    said = cause.diag.message_primary if isinstance(cause, psycopg.Error) else None
    return f"Cannot be applied: {said or type(error).__name__}"


def _give_up(*, now: datetime, problem: str) -> int:
    """Mark the next event as FAILED: it is kept, and shown."""
    with transaction.atomic(), hot_cursor() as cursor:
        events = take(cursor, now=now, most=1, most_bytes=MOST_BYTES_PER_TURN)
        for event in events:
            log.error("event not applied", event_id=event.id)
            event.state, event.problem, event.attempt_ids = "FAILED", problem, []
        if events:
            mark(cursor, events=events, now=now)
    _count_pushes(events, now)
    return len(events)


def _questions(event: Event) -> list[Question]:
    sender = senders_by_id.get(event.account_id)
    return [
        Question(
            account_id=event.account_id,
            report=report,
            seen_at=event.received_at,
            correlation=sender.provider.capabilities.correlation,
            countries=sender.countries,
        )
        for report in event.reports
    ]


def _read(events: Sequence[Event]) -> None:
    """Parse the events; one that is not understood is FAILED, kept, and spoils no other."""
    for event in events:
        sender = senders_by_id.get(event.account_id)
        try:
            event.reports = _reports(event, sender)
        except Malformed as error:
            event.state, event.problem = "FAILED", str(error)
        except UndecryptableError:
            event.state, event.problem = "UNMATCHED", "The account's stored credentials cannot be read"
        except Exception as error:
            log.exception("event not parsed", event_id=event.id)
            event.state, event.problem = "FAILED", f"Not parsed: {type(error).__name__}"
        else:
            event.state = "NEW" if event.reports else "IGNORED"


def _reports(event: Event, sender: Sender) -> list[CallReport]:
    """Return what an event says. A row of a log was read with its page, an event that waits when it was first taken."""
    if event.row is not None:
        row = orjson.loads(event.row) if isinstance(event.row, str | bytes) else event.row
        rows = row if isinstance(row, list) else [row]
        return [replace(from_json(each), source=event.source) for each in rows]
    if has_too_many_values(event.push.body):
        raise Malformed(f"more than {MOST_VALUES} values in one push")
    found = rereading.push_reports(provider=sender.provider, account=sender.config, push=event.push)
    return [replace(report, source=event.source) for report in found]


def _pairs(events: Sequence[Event], matches: Sequence[Match]) -> tuple[list[tuple[int, CallReport]], list[int | None]]:
    """Return the reports by attempt, and the event that brought each."""
    pairs: list[tuple[int, CallReport]] = []
    event_ids: list[int | None] = []
    following = iter(matches)
    for event in events:
        found = [next(following) for _ in event.reports]
        for report, each in zip(event.reports, found, strict=True):
            if each.attempt_id is not None:
                event.attempt_ids.append(each.attempt_id)
                pairs.append((each.attempt_id, report))
                event_ids.append(event.id)
        if found:
            event.state, event.problem = _state(event, found)
            event.is_of_another = not event.attempt_ids and any(each.is_of_another for each in found)
    return pairs, event_ids


def _state(event: Event, found: Sequence[Match]) -> tuple[str, str]:
    """Return the state and the problem of an event by what was found for its reports."""
    if event.attempt_ids:
        return "APPLIED", ""
    # An attempt is in the database before its call can be in a log: a row that fits none never will.
    foreign = all(each.is_foreign or (event.source == "LOG" and each.reason in {NOBODY, NO_NUMBER}) for each in found)
    return "IGNORED" if foreign else "UNMATCHED", found[0].reason
