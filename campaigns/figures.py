"""What Prometheus is told of calls, lines and workers: see `dialer.metrics`.

Each statement reads what is live, what waits or what ended within the hour, by the index that is made for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from prometheus_client.core import Metric

from campaigns.explaining.waiting import waiting_leads
from campaigns.lifecycle.beat import beat_seen_at
from campaigns.lifecycle.home import shown
from campaigns.models import JobRun
from campaigns.promises.job import JOB as AUDIT
from dialer.metrics.house import gauge
from dialer.models import Switchboard

ENDED_OVER = timedelta(hours=1)

# A DID is named by its id and its last digits: figures are kept elsewhere, and by other people.
_LINES = """
WITH live AS MATERIALIZED (
    SELECT account_id, did_id, count(*) AS calls FROM campaigns_attempt WHERE ended_at IS NULL GROUP BY 1, 2
)
SELECT a.name, d.id, '…' || right(d.number, 4), d.max_live_calls, COALESCE(l.calls, 0)
  FROM dialer_did d JOIN dialer_provideraccount a ON a.id = d.account_id AND a.is_active
  LEFT JOIN live l ON l.account_id = a.id AND l.did_id = d.id
 WHERE d.is_active OR l.calls IS NOT NULL
 ORDER BY 1, 2
"""
_ACCOUNTS = """
SELECT a.name, a.max_live_calls, COALESCE(l.calls, 0), COALESCE(l.uncertain, 0), l.lag,
       a.uses_fleet_bound AND g.fleet_measured_at IS NOT NULL,
       EXTRACT(EPOCH FROM %(now)s::timestamptz - g.fleet_measured_at), g.fleet_available,
       g.backoff_until > %(now)s
  FROM dialer_provideraccount a JOIN dialer_accountgate g ON g.account_id = a.id
  LEFT JOIN (SELECT t.account_id, count(*) AS calls, count(*) FILTER (WHERE t.state = 'UNCERTAIN') AS uncertain,
                    max(GREATEST(0, EXTRACT(EPOCH FROM t.placing_at - l.next_attempt_at))) AS lag
               FROM campaigns_attempt t JOIN campaigns_lead l ON l.id = t.lead_id
              WHERE t.ended_at IS NULL GROUP BY 1) l ON l.account_id = a.id
 WHERE a.is_active ORDER BY 1
"""
_CAMPAIGNS = """
SELECT c.id, c.name, a.name FROM campaigns_campaign c JOIN dialer_provideraccount a ON a.id = c.account_id
 WHERE c.state = 'RUNNING' ORDER BY 1
"""
_STATES = """
SELECT state, count(*) FROM campaigns_campaign WHERE state IN ('RUNNING', 'PAUSED', 'SCHEDULED') GROUP BY 1
"""
_ENDED = """
SELECT outcome, count(*) FROM campaigns_attempt WHERE ended_at > %(from)s AND ended_at <= %(now)s GROUP BY 1
"""


def figures(now: datetime) -> Iterator[Metric]:
    """Give what is live and waits at ``now``, and whether those who work are there."""
    with connection.cursor() as cursor:
        yield from _lines(cursor)
        yield from _accounts(cursor, now)
        yield from _campaigns(cursor, now)
        cursor.execute(_ENDED, {"now": now, "from": now - ENDED_OVER})
        yield gauge("ended_last_hour", "Attempts that ended within an hour.", cursor.fetchall(), ["outcome"])
    yield from _house(now)


def _lines(cursor: Any) -> Iterator[Metric]:
    cursor.execute(_LINES)
    rows = cursor.fetchall()
    labels = ["account", "did_id", "did"]
    yield gauge("did_live_calls", "Calls of a DID whose end nobody told.", [(*r[:3], r[4]) for r in rows], labels)
    yield gauge("did_limit", "The most calls that a DID may carry.", [r[:4] for r in rows], labels)


def _accounts(cursor: Any, now: datetime) -> Iterator[Metric]:
    cursor.execute(_ACCOUNTS, {"now": now})
    rows = cursor.fetchall()
    for place, name, said in (
        (2, "account_live_calls", "Calls of an account whose end nobody told."),
        (1, "account_limit", "The most calls of an account; none: no limit."),
        (3, "uncertain_calls", "Calls of which nobody knows whether they rang."),
        (4, "due_to_dialed_seconds", "How long the longest waited of those on the line, from due to dialed."),
        (5, "fleet_frees_lines", "1: lines may be freed before results come, so that live may pass the limit."),
        (6, "capacity_age_seconds", "How old the provider's word on its free room is; it counts for 30 s."),
        (7, "capacity_available", "The provider's free room, as it said last."),
        (8, "account_rests", "1: the provider refuses calls, and the account waits."),
    ):
        yield gauge(name, said, [(row[0], row[place]) for row in rows], ["account"])


def _campaigns(cursor: Any, now: datetime) -> Iterator[Metric]:
    cursor.execute(_CAMPAIGNS)
    running = cursor.fetchall()
    waiting = waiting_leads(campaign_ids=[row[0] for row in running], now=now)
    labels = ["campaign_id", "campaign", "account"]
    due = [(*row, waiting[row[0]].due) for row in running]
    yield gauge("due_leads", "Leads of a running campaign that wait for a line.", due, labels)
    oldest = [
        (*row, max(0.0, (now - at).total_seconds()))
        for row in running
        if (at := waiting[row[0]].next_due_at) is not None
    ]
    yield gauge("oldest_due_seconds", "For how long the first of them has been due; 0: none is.", oldest, labels)
    cursor.execute(_STATES)
    counted = dict.fromkeys(("RUNNING", "PAUSED", "SCHEDULED"), 0) | dict(cursor.fetchall())
    yield gauge("campaigns", "Campaigns under way.", counted.items(), ["state"])


def _house(now: datetime) -> Iterator[Metric]:
    home, beat_at = shown(), beat_seen_at()
    is_on = not Switchboard.objects.filter(pk=1, dialing_allowed=False).exists()
    yield gauge("dialing_allowed", "0: the kill switch is off.", [(is_on,)])
    yield gauge("may_be_a_copy", "1: nobody is called until a person confirms this database.", [(home.is_in_doubt,)])
    worker_at = home.last_seen_at
    yield gauge("worker_age_seconds", "How long ago a worker was seen.", [(_age(worker_at, now),)])
    yield gauge(
        "beat_age_seconds", "How long ago beat wrote down that it rang; it does each 10 s.", [(_age(beat_at, now),)]
    )
    last = JobRun.objects.filter(job=AUDIT, ended_at__isnull=False).order_by("-begun_at").first()
    yield gauge(
        "audit_age_seconds", "How long ago the last audit began.", [(_age(last.begun_at if last else None, now),)]
    )
    yield gauge("audit_failed", "1: the last audit found a broken promise.", [(bool(last.problem) if last else None,)])


def _age(at: datetime | None, now: datetime) -> float | None:
    return max(0.0, (now - at).total_seconds()) if at is not None else None
