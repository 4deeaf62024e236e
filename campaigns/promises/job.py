"""The nightly audit: what it finds is a notice, with the first finding and its cure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from celery import shared_task
from django.db import close_old_connections

from campaigns.jobs.runs import JobFailed, edge_of, entry_of, run_once
from campaigns.models import JobRun, NoticeKind
from campaigns.promises.audit import Report, audit
from campaigns.results.notices import notify

JOB = "audit"
#: Of the first run, and the most that a run after a long silence looks back.
FIRST_LOOK = timedelta(days=2)
LONGEST_LOOK = timedelta(days=14)
#: Late results of calls that an earlier run has seen.
OVERLAP = timedelta(hours=1)


@shared_task(bind=True, name="campaigns.audit")
def audit_promises(task: Any, /, **_: Any) -> None:
    """Hold what happened since the last run against the promises. Safe to repeat, and to kill."""
    close_old_connections()
    now = datetime.now(UTC)
    since = _since(now)

    def work() -> str:
        report = audit(now=now, since=since)
        if report.violations:
            _tell(report, now)
            raise JobFailed(f"{report.violations:,} rows break a promise. {next(iter(report.findings))}")
        return f"{report.calls:,} calls since {since:%Y-%m-%d %H:%M} UTC keep every promise"

    run_once(job=JOB, edge_at=edge_of(entry=entry_of(task), now=now), work=work, now=now)


def _since(now: datetime) -> datetime:
    last = JobRun.objects.filter(job=JOB, ended_at__isnull=False).order_by("-begun_at").first()
    if last is None:
        return now - FIRST_LOOK
    return max(last.begun_at - OVERLAP, now - LONGEST_LOOK)


def _tell(report: Report, now: datetime) -> None:
    """Leave one notice of the house: the first finding in full, the others by their count."""
    first, *others = report.findings
    promises = sorted({finding.check.promise for finding in report.findings})
    named = ", ".join(map(str, promises))
    more = f" And {len(others)} more kinds: manage.py audit --since 2d lists all." if others else ""
    text = f"The audit found that promise {named} was broken. {str(first)[: 420 - len(more)]}{more}"
    calls = [pk for finding in report.findings for pk in finding.ids if "call" in finding.check.name]
    notify(campaign_id=None, kind=NoticeKind.PROMISE_BROKEN, text=text, now=now, attempt_ids=calls)
