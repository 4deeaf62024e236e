"""Reads the logs of the providers' own dialers until every number that was handed over has its end.

A dialer's log holds its calls alone, so a row finds its attempt by the number, which the log may give without its
country: webhooks/rules/written_numbers.py. Rows are applied as any report is, and
each row that told something is kept beside the attempt.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson
import structlog
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q

from campaigns.doorbells import ring_account_now
from campaigns.hosting import provider
from campaigns.hosting.provider import Unable
from campaigns.hosting.reading import fresh
from campaigns.hosting.turning import UNREADABLE
from campaigns.models import Attempt, HostedDialer
from campaigns.settling.endings import CONCLUDED
from campaigns.settling.reports import settle
from dialer.accounts.result_counts import meter
from dialer.advisory_locks import AdvisoryLock
from dialer.encryption import UndecryptableError
from dialer.held_locks import held_if_free
from dialer.models import ResultKind
from dialer.providers.base import CallReport, Outcome
from dialer.providers.parts.hosted import HostedCall
from webhooks.models import ProviderEvent
from webhooks.rules.written_numbers import WrittenNumbers

log = structlog.get_logger(__name__)

READ_EVERY_SECONDS = 15
#: After an end that we only concluded, the provider's word is still looked for.
READ_LATE_EVERY_SECONDS = 600
LATE_FOR = timedelta(days=1)


def due_logs(*, now: datetime) -> list[int]:
    """Return the dialers whose log is due to be read: those with numbers of which the end is not known."""
    live = Attempt.objects.filter(account=OuterRef("account"), campaign=OuterRef("campaign"), ended_at=None)
    late = Q(concluded_at__gte=now - LATE_FOR, log_asked_at__lte=now - timedelta(seconds=READ_LATE_EVERY_SECONDS))
    waiting = HostedDialer.objects.filter(Exists(live) | late, external_id__isnull=False).select_related("account")
    return [one.pk for one in waiting if _is_due(one, now)]


def _is_due(dialer: HostedDialer, now: datetime) -> bool:
    every = timedelta(seconds=min(READ_EVERY_SECONDS, dialer.account.poll_after_seconds))
    return dialer.log_asked_at is None or now - dialer.log_asked_at >= every


def read_log(*, dialer_id: int) -> int:
    """Read one dialer's log and apply it; return how many rows told something new."""
    with held_if_free(AdvisoryLock.HOSTED_LOG, which=dialer_id, wait_seconds=0) as mine:
        asked_at = datetime.now(UTC)
        dialer = fresh(dialer_id)
        if not mine or dialer.external_id is None or not _is_due(dialer, asked_at):
            return 0
        try:
            found = provider.calls(account=dialer.account, external_id=dialer.external_id)
        except (Unable, UndecryptableError) as error:
            detail = error.detail if isinstance(error, Unable) else UNREADABLE
            log.warning("dialer log not read", dialer_id=dialer_id, detail=detail)
            HostedDialer.objects.filter(pk=dialer_id).update(log_asked_at=asked_at, log_problem=detail[:300])
            _count(dialer, f"Log of the dialer: {detail}")
            return 0
        wanted = _attempts(dialer)
        if unread := _unread(wanted, found):
            _count(dialer, f"{unread} rows of the dialer's log have no status that is understood")
        if unclear := sum(wanted.is_unclear(call.report.to_number) for call in found):
            _count(dialer, f"{unclear} rows of the dialer's log may be of several numbers that differ by their country")
        told = _apply(dialer, wanted, found)
        # Written last: ends that need a log newer than an instant need one that was asked for after it.
        HostedDialer.objects.filter(pk=dialer_id).update(log_read_at=asked_at, log_asked_at=asked_at, log_problem="")
        return told


def _count(dialer: HostedDialer, detail: str) -> None:
    meter.note(account_id=dialer.account_id, kind=ResultKind.LOOKUP_REFUSED, detail=detail)


def _unread(wanted: WrittenNumbers, found: Sequence[HostedCall]) -> int:
    """Return how many rows of numbers that wait for their end say no end that is known."""
    return sum(call.report.outcome is None and wanted.get(call.report.to_number) is not None for call in found)


def _apply(dialer: HostedDialer, wanted: WrittenNumbers, found: Sequence[HostedCall]) -> int:
    rows = [(call, wanted.get(call.report.to_number)) for call in found]
    mine = [(call, attempt_id) for call, attempt_id in rows if attempt_id is not None]
    taken = _taken(dialer, [call for call, _ in mine])
    pairs: list[tuple[int, CallReport]] = []
    # Oldest first, so that of several calls to a number the last word wins.
    for call, attempt_id in reversed(mine):
        report = call.report
        is_new = taken.get(_event_key(dialer, report.dedupe_key), attempt_id) == attempt_id
        if is_new and report.outcome is not None and _is_last(dialer, call, report.outcome):
            pairs.append((attempt_id, report))
    if not pairs:
        return 0
    now = datetime.now(UTC)
    last = dict(pairs)
    with transaction.atomic():
        told = [(attempt_id, replace(report, source="LOG")) for attempt_id, report in last.items()]
        freed = settle(reports=told, now=now)
        _keep(dialer, last.items(), now)
    for account_id in freed:
        ring_account_now(account_id)
    return len(last)


def _taken(dialer: HostedDialer, found: Sequence[HostedCall]) -> dict[str | None, int]:
    """Return the attempts to which rows were applied before, by event key: a later call must not get an old end."""
    keys = [_event_key(dialer, call.report.dedupe_key) for call in found if call.report.dedupe_key]
    told = ProviderEvent.objects.filter(account_id=dialer.account_id, dedupe_key__in=keys, attempt__isnull=False)
    return dict(told.values_list("dedupe_key", "attempt_id"))


def _event_key(dialer: HostedDialer, dedupe_key: str | None) -> str | None:
    return f"hosted:{dialer.external_id}:{dedupe_key}" if dedupe_key else None


def _attempts(dialer: HostedDialer) -> WrittenNumbers:
    """Return the attempts that wait for a word of the log, by their numbers."""
    mine = Attempt.objects.filter(campaign_id=dialer.campaign_id, hosted__batch__dialer=dialer)
    # Two questions, each with an index of its own: those that have ended otherwise are most, and are not looked at.
    live = mine.filter(account_id=dialer.account_id, ended_at=None)
    concluded = mine.filter(outcome__in=sorted(CONCLUDED))
    waiting = sorted([*concluded.values_list("id", "number"), *live.values_list("id", "number")])
    return WrittenNumbers({number: attempt_id for attempt_id, number in waiting})


def _is_last(dialer: HostedDialer, call: HostedCall, outcome: Outcome) -> bool:
    """Return whether the provider will not call the number again by itself."""
    most = provider.part_of(dialer.account).tries(account=dialer.account.config)
    return outcome == Outcome.ANSWERED or most <= 1 or (call.tries or 1) >= most or dialer.pending_numbers == 0


def _keep(dialer: HostedDialer, told: Iterable[tuple[int, CallReport]], now: datetime) -> None:
    """Store the rows as events that were applied; a row that is there already stays."""
    with connection.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO webhooks_providerevent
                      (account_id, source, headers, body, state, attempt_id, applied_at, tries, dedupe_key)
               VALUES (%s, 'LOG', '{}', %s, 'APPLIED', %s, %s, 1, %s) ON CONFLICT DO NOTHING""",
            [
                (
                    dialer.account_id,
                    orjson.dumps(report.raw, default=str),
                    attempt_id,
                    now,
                    _event_key(dialer, report.dedupe_key),
                )
                for attempt_id, report in told
            ],
        )
