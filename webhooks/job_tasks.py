"""What runs beside the calls, on the workers of long work: the log sync of docs/jobs.md."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from celery import shared_task
from django.db import close_old_connections

from campaigns.jobs.runs import JobFailed, edge_of, entry_of, run_once
from dialer.models import ProviderAccount
from webhooks.log_rereading import catch_up


@shared_task(bind=True, name="webhooks.pull_logs")
def pull_logs(task: Any, /, *, account: str, hours: float = 24, **_: Any) -> None:
    """Read the call log of an account, by its name, of the last hours, and have what is new applied."""
    close_old_connections()
    now = datetime.now(UTC)
    found = ProviderAccount.objects.get(name=account)

    def work() -> str:
        done = catch_up(account=found, since_at=now - timedelta(hours=hours), now=now)
        if done.problem:
            raise JobFailed(f"The log was not read to its end: {done.problem}")
        return f"{done.rows} rows, {done.new} new"

    edge_at = edge_of(entry=entry_of(task), now=now)
    run_once(job=f"log of account #{found.pk}, {hours:g} h", edge_at=edge_at, work=work, now=now)
