"""Readings of a whole log as evidence of absence: which rows, and what else was told, may be a call of ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog
from django.db import connection

from campaigns.rules.absence import CLOCKS_APART, SAME_DIGITS, Call, LogReading, Row, Rows
from campaigns.settling.absences import accounts_to_read, judge
from dialer.providers.base import CallReport
from webhooks.cursors import want_whole

log = structlog.get_logger(__name__)

#: A whole log is read from so long before the oldest call in question: calls of that time show whether it lists ours.
BEFORE = timedelta(minutes=10)
assert BEFORE > CLOCKS_APART


def want_readings(*, now: datetime) -> int:
    """Ask for the whole log of each account that has calls which may be absent; return of how many."""
    found = accounts_to_read(now=now)
    for account_id in sorted(found):
        want_whole(account_id=account_id, now=now)
    return len(found)


def note_reading(
    *, account_id: int, reports: Sequence[CallReport], since_at: datetime, asked_at: datetime, is_whole: bool
) -> None:
    """Write down which calls a reading of the whole log lacks. Its rows are stored already."""
    reading_rows = (Row(parties=_parties(report), began_at=report.started_at) for report in reports)
    reading = LogReading(since_at=since_at, asked_at=asked_at, is_whole=is_whole, rows=Rows(reading_rows))
    found = judge(account_id=account_id, reading=reading, heard_of=partial(_heard_of, account_id))
    if found.absent:
        log.info("calls are not in the log", account_id=account_id, absent=found.absent, waiting=found.calls)
    elif found.doubt and found.calls:
        log.warning("a log shows nothing by what it lacks", account_id=account_id, calls=found.calls, why=found.doubt)


def _parties(report: CallReport) -> tuple[str, ...]:
    return tuple(party for party in (report.to_number, report.from_number) if party)


# An event that was applied to the attempt, or a push that found none, waits to be tried again, and names its number.
_HEARD_OF = """
SELECT v.id FROM unnest(%(ids)s::bigint[], %(ends)s::text[], %(since)s::timestamptz[]) AS v(id, number_end, since_at)
 WHERE EXISTS (SELECT FROM webhooks_providerevent e WHERE e.attempt_id = v.id)
    OR EXISTS (SELECT FROM webhooks_providerevent e
                WHERE e.state IN ('NEW', 'UNMATCHED') AND e.account_id = %(account)s AND e.source = 'PUSH'
                  AND e.received_at >= v.since_at
                  AND (position(v.number_end IN e.report::text) > 0
                       OR (e.report IS NULL AND position(convert_to(v.number_end, 'UTF8') IN e.body) > 0)))
"""


def _heard_of(account_id: int, calls: Mapping[int, Call]) -> set[int]:
    """Return the attempts of which an event tells, or may tell."""
    with connection.cursor() as cursor:
        cursor.execute(
            _HEARD_OF,
            {
                "account": account_id,
                "ids": list(calls),
                "ends": [call.number[-SAME_DIGITS:] for call in calls.values()],
                "since": [call.placing_at - CLOCKS_APART for call in calls.values()],
            },
        )
        return {row[0] for row in cursor.fetchall()}
