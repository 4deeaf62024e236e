"""Events that wait in the inbox: takes them, each for one transaction, and writes down what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import orjson

from dialer.providers.base import CallReport, Push
from webhooks.rows import as_stored

#: An unmatched event is tried again after 0.2 s, then twice as long each time, up to an hour, for three days.
FIRST_RETRY_SECONDS = 0.2
LONGEST_RETRY_SECONDS = 3600.0
MOST_TRIES = 90


@dataclass(slots=True)
class Event:
    """A stored event, what it says, and what became of it."""

    id: int
    account_id: int
    source: str
    tries: int
    push: Push
    received_at: datetime
    row: Any = None
    reports: Sequence[CallReport] = ()
    state: str = "NEW"
    problem: str = ""
    attempt_ids: list[int] = field(default_factory=list)
    # It bears a reference as ours are, and is of no call that is known here.
    is_of_another: bool = False


# A body is read, and counts, where nobody has parsed it yet.
_TAKE = """
WITH waiting AS MATERIALIZED (
    SELECT id, account_id, source, tries, headers, attempt_id, received_at, report, next_try_at,
           CASE WHEN report IS NULL THEN octet_length(body) ELSE pg_column_size(report) END AS size
      FROM webhooks_providerevent WHERE state IN ('NEW', 'UNMATCHED') AND next_try_at <= %s
     ORDER BY next_try_at, id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
), summed AS (
    SELECT waiting.*, sum(size) OVER (ORDER BY next_try_at, id) - size AS before FROM waiting
)
SELECT s.id, s.account_id, s.source, s.tries, s.headers, CASE WHEN s.report IS NULL THEN e.body ELSE ''::bytea END,
       s.attempt_id, s.received_at, s.report,
       CASE WHEN %s THEN set_config('synchronous_commit', 'off', true) END
  FROM summed s JOIN webhooks_providerevent e ON e.id = s.id WHERE s.before < %s ORDER BY s.next_try_at, s.id
"""


def take(cursor: Any, *, now: datetime, most: int, most_bytes: int, commit_waits_for_disk: bool = True) -> list[Event]:
    """Lock and return the events that are due, at most so many and so many bytes of theirs, or one that is larger.

    Without ``commit_waits_for_disk`` the whole transaction may be lost with PostgreSQL although it was committed; the
    events then wait again. It is said with this statement, as one by itself would be a round trip more.
    """
    cursor.execute(_TAKE, [now, most, not commit_waits_for_disk, most_bytes])
    return [
        Event(
            id=event_id,
            account_id=account_id,
            source=source,
            tries=tries,
            push=Push(headers=orjson.loads(headers), body=bytes(body)),
            attempt_ids=[attempt_id] if attempt_id else [],
            received_at=received_at,
            row=report,
        )
        for event_id, account_id, source, tries, headers, body, attempt_id, received_at, report, _ in cursor.fetchall()
    ]


@cache
def _retry_seconds(tries: int) -> float:
    return float(min(FIRST_RETRY_SECONDS * 2.0 ** min(tries, 20), LONGEST_RETRY_SECONDS))


def mark(cursor: Any, *, events: Sequence[Event], now: datetime) -> None:
    """Write what became of the events. One that stays unmatched too long is FAILED: shown, kept, no longer tried."""
    columns: list[list[Any]] = [[], [], [], [], [], []]
    for event in events:
        given_up = event.state == "UNMATCHED" and event.tries + 1 >= MOST_TRIES
        row = (
            event.id,
            "FAILED" if given_up else event.state,
            event.attempt_ids[0] if event.attempt_ids else None,
            event.problem[:300],
            now + timedelta(seconds=_retry_seconds(event.tries)),
            as_stored(event.reports) if event.state == "UNMATCHED" and event.row is None else None,
        )
        for column, value in zip(columns, row, strict=True):
            column.append(value)
    cursor.execute(
        """UPDATE webhooks_providerevent e
              SET state = v.state, attempt_id = v.attempt_id, problem = v.problem, next_try_at = v.next_try_at,
                  tries = e.tries + 1, report = COALESCE(v.report::jsonb, e.report),
                  applied_at = CASE WHEN v.state = 'APPLIED' THEN %s END
             FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::text[], %s::timestamptz[], %s::text[])
                  AS v(id, state, attempt_id, problem, next_try_at, report)
            WHERE e.id = v.id""",
        [now, *columns],
    )
