"""Runs of jobs whose worker was killed in the middle: begun again, once, while their instant is still the latest."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import structlog
from celery import current_app
from django.conf import settings
from django_celery_beat.models import PeriodicTask

from campaigns.jobs.runs import BEGUN_AGAIN, CLOCKS_DIFFER, edge_of
from campaigns.models import JobRun
from dialer.advisory_locks import AdvisoryLock
from dialer.held_locks import held_if_free

log = structlog.get_logger(__name__)

#: Only so many runs are looked at, the latest ones: what it costs does not grow with the past.
LATEST_RUNS = 200
#: A run that has begun so lately may not have its lock yet, nor beat written down that it rang.
JUST_BEGUN = timedelta(seconds=30)
#: A bell that is not heard by the next look is rung anew.
BELL_EXPIRES_SECONDS = 55
#: What is said of a run that nobody takes up.
NOT_TAKEN_UP = "Its worker ended before it was done, and the next instant has come: run it by hand if it is missing."
ENDED_TWICE = "Its worker ended twice before it was done: not tried again. Look at the memory and log of workers."


def take_up_broken_off(*, now: datetime) -> int:
    """Have runs that broke off begun again, and say so of those that are not; return how many are rung for."""
    latest = JobRun.objects.order_by("-id")[:LATEST_RUNS]
    open_ones = [run for run in latest if run.ended_at is None and run.begun_at < now - JUST_BEGUN]
    return sum(_take_up(run, now) for run in open_ones if run.problem in ("", BEGUN_AGAIN))


def _take_up(run: JobRun, now: datetime) -> bool:
    with held_if_free(AdvisoryLock.JOB_RUN, which=run.pk, wait_seconds=0) as is_free:
        run.refresh_from_db()
        if not is_free or run.ended_at is not None:
            return False
    entries = [] if run.problem == BEGUN_AGAIN else _entries(run, now)
    if not entries:
        # It has no end: whoever asks what the last run has done must not take this one for it.
        said = ENDED_TWICE if run.problem == BEGUN_AGAIN else NOT_TAKEN_UP
        JobRun.objects.filter(pk=run.pk, ended_at=None).update(problem=said)
        log.warning("job broke off", job=run.job, problem=said)
        return False
    for entry in entries:
        headers = {"periodic_task_name": entry.name}
        current_app.send_task(
            entry.task, kwargs=json.loads(entry.kwargs), headers=headers, expires=BELL_EXPIRES_SECONDS
        )
    return True


def _entries(run: JobRun, now: datetime) -> list[PeriodicTask]:
    """Return the entries that beat has rung at the run's instant, their latest one.

    Which of them began the run is not written down: those that are done with the instant pass the bell over.
    """
    rung = PeriodicTask.objects.filter(enabled=True, last_run_at__gte=run.edge_at - CLOCKS_DIFFER)
    entries = rung.exclude(name__in=settings.CELERY_BEAT_SCHEDULE)
    return [entry for entry in entries if edge_of(entry=entry.name, now=now) == run.edge_at]
