"""The job that archives and removes what is older than it is kept; what goes wrong with it is a notice."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from celery import shared_task
from django.db import close_old_connections

from campaigns.jobs.runs import JobFailed, edge_of, entry_of, run_once
from campaigns.models import NoticeKind
from campaigns.results.notices import notify
from dialer.retention.runs import retain

JOB = "retain"
#: A run begins nothing more after so long; the next one goes on.
MOST_SECONDS = 4 * 3600.0


@shared_task(bind=True, name="campaigns.retain")
def retain_old_rows(task: Any, /, **_: Any) -> None:
    """Archive and remove what is older than its kind is kept. Safe to repeat, and to kill."""
    close_old_connections()
    now = datetime.now(UTC)

    def work() -> str:
        report = retain(now=now, most_seconds=MOST_SECONDS)
        if problems := report.all_problems:
            raise JobFailed(f"{' '.join(problems)} Done: {report.in_words()}")
        return report.in_words()

    try:
        run_once(job=JOB, edge_at=edge_of(entry=entry_of(task), now=now), work=work, now=now)
    except Exception as error:
        text = f"Old rows were not all archived and removed: {error}"
        notify(campaign_id=None, kind=NoticeKind.RETENTION_FAILED, text=text, now=datetime.now(UTC))
        raise
