"""Batch jobs that the beat rings: each instant of their schedule is handled once, however often the bell rings.

Which instant was handled is a row, unique by job and instant. The instant is the latest one of the schedule of the beat
entry that rang, so that a bell that is doubled or late finds it handled.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from django_celery_beat.models import PeriodicTask

from campaigns.models import JobRun
from campaigns.rules.cron import latest_edge
from dialer.advisory_locks import AdvisoryLock
from dialer.audit import Actor, acting
from dialer.audit.acting import JOB
from dialer.held_locks import held_if_free

log = structlog.get_logger(__name__)

#: Clocks of the beat and of a worker may differ by so much.
CLOCKS_DIFFER = timedelta(seconds=5)
#: Said of a run that is at work a second time.
BEGUN_AGAIN = "Its worker ended before it was done: begun again."
#: No schedule is longer than this.
LONGEST_SCHEDULE = timedelta(days=400)


class JobFailed(Exception):
    """The job did not do all of its work; the message says what is missing."""


def entry_of(task: Any) -> str | None:
    """Return the name of the beat entry that rang a task, or None when it was rung by hand."""
    headers = task.request.headers or {}
    found = getattr(task.request, "periodic_task_name", None) or headers.get("periodic_task_name")
    return str(found) if found else None


def edge_of(*, entry: str | None, now: datetime) -> datetime:
    """Return the instant of a beat entry's schedule that a bell at ``now`` stands for; ``now`` when rung by hand."""
    found = PeriodicTask.objects.select_related("crontab", "interval").filter(name=entry).first() if entry else None
    if found is None:
        return now
    until = now + CLOCKS_DIFFER
    if found.crontab is not None:
        cron = found.crontab
        parts = (cron.minute, cron.hour, cron.day_of_month, cron.month_of_year, cron.day_of_week)
        expression = " ".join(str(part).replace(" ", "") for part in parts)
        edge = latest_edge(
            expression=expression, time_zone=str(cron.timezone), after=until - _span(expression), until=until
        )
        return edge[0] if edge is not None else now
    if found.interval is not None:
        every = found.interval.schedule.run_every.total_seconds()
        return datetime.fromtimestamp(until.timestamp() // every * every, UTC)
    return now


def _span(expression: str) -> timedelta:
    """Return how far back the latest instant can lie; short where instants are many."""
    minute, hour, *days = expression.split()
    if minute == "*" or "/" in minute:
        return timedelta(hours=25) if hour != "*" else timedelta(hours=2)
    return timedelta(days=8) if days[0] == days[1] == "*" else LONGEST_SCHEDULE


def run_once(*, job: str, edge_at: datetime, work: Callable[[], str], now: datetime) -> JobRun | None:
    """Do ``work`` for an instant of a job's schedule; None when somebody is at it, or has done it.

    ``work`` returns what came of it in words. An exception is kept as the problem and raised again. Whose worker was
    killed in the middle is begun again: it says of itself that it is not done, and nobody holds its lock.
    """
    run, is_new = JobRun.objects.get_or_create(job=job[:200], edge_at=edge_at, defaults={"begun_at": now})
    with held_if_free(AdvisoryLock.JOB_RUN, which=run.pk, wait_seconds=0) as is_mine:
        run.refresh_from_db()
        if not is_mine or run.ended_at is not None:
            log.info("job passed over", job=job, edge_at=edge_at.isoformat())
            return None
        if not is_new:
            run.problem = BEGUN_AGAIN
            run.save(update_fields=["problem"])
        return _run(run, work)


def _run(run: JobRun, work: Callable[[], str]) -> JobRun:
    problem = ""
    try:
        with acting(Actor(by=run.job, face=JOB)):
            run.result = work()[:300]
    except Exception as error:
        problem = (str(error) or type(error).__name__)[:300]
        raise
    finally:
        run.problem, run.ended_at = problem, datetime.now(UTC)
        run.save(update_fields=["result", "problem", "ended_at"])
    return run
