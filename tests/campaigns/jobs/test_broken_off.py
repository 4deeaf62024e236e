"""A worker that is killed in the middle of a job: the job is begun again once, and nothing half is taken for whole."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from celery import current_app
from django.db import connection
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from campaigns.jobs.broken_off import ENDED_TWICE, NOT_TAKEN_UP, take_up_broken_off
from campaigns.jobs.runs import BEGUN_AGAIN, edge_of, run_once
from campaigns.jobs.tasks import export_results
from campaigns.models import Campaign, JobRun
from tests.campaigns.states.racing import until
from tests.campaigns.world import account, campaign

pytestmark = pytest.mark.django_db(transaction=True)
ENTRY = "Calls of the day"
#: A worker that is at a job and never done.
AT_WORK = """
import django, sys, time
from datetime import datetime
django.setup()
from campaigns.jobs.runs import run_once
from campaigns.models import JobRun
now = datetime.fromisoformat(sys.argv[2])
def work():
    if len(sys.argv) > 4:
        open(sys.argv[4], "wb").write(b"half a file")
    JobRun.objects.filter(job=sys.argv[1]).update(result="at work")
    time.sleep(600)
run_once(job=sys.argv[1], edge_at=datetime.fromisoformat(sys.argv[3]), work=work, now=now)
"""
Kill = Callable[..., None]


@pytest.fixture
def killed() -> Iterator[Kill]:
    """Return what kills a worker in the middle of a job, after a look at it."""
    workers = []

    def kill(job: str, edge_at: datetime, half: Path | None = None, look: Callable[[], Any] = lambda: None) -> None:
        base, _, query = os.environ["DATABASE_URL"].partition("?")
        url = f"{base.rsplit('/', 1)[0]}/{connection.settings_dict['NAME']}" + (f"?{query}" if query else "")
        began_at = datetime.now(UTC) - timedelta(minutes=1)
        given = [job, began_at.isoformat(), edge_at.isoformat(), *([str(half)] if half else [])]
        workers.append(
            subprocess.Popen([sys.executable, "-c", AT_WORK, *given], env={**os.environ, "DATABASE_URL": url})
        )
        until(lambda: JobRun.objects.filter(job=job, result="at work").exists())
        look()
        workers[-1].send_signal(signal.SIGKILL)
        workers[-1].wait(10)
        JobRun.objects.filter(job=job).update(result="")

    yield kill
    for worker in workers:
        worker.kill()


@pytest.fixture(autouse=True)
def empty_queue() -> None:
    bells()


def bells() -> list[tuple[str, dict[str, Any]]]:
    """Return what was rung for: the task, and the headers and arguments with which it is rung."""
    found: list[tuple[str, dict[str, Any]]] = []
    with current_app.connection_for_read() as redis, redis.SimpleQueue("batch") as queue:
        while True:
            try:
                message = queue.get(block=False)
            except Empty:
                return found
            message.ack()
            found.append((message.headers["task"], {"kwargs": message.payload[1], "headers": message.headers}))


def exported(made: Campaign, folder: Path) -> tuple[str, datetime]:
    """Return the run of a daily export, and the instant that it stands for."""
    cron = CrontabSchedule.objects.create(minute="0", hour="2")
    PeriodicTask.objects.create(
        name=ENTRY,
        task="campaigns.export_results",
        crontab=cron,
        kwargs=json.dumps({"campaign": made.name}),
        last_run_at=datetime.now(UTC),
    )
    return f"export of campaign #{made.pk}, 24 h, csv", edge_of(entry=ENTRY, now=datetime.now(UTC))


def test_an_export_whose_worker_is_killed_is_begun_again_and_whole(killed: Kill, tmp_path: Path, settings: Any) -> None:
    settings.DIALER_EXPORT_FOLDER = str(tmp_path)
    made = campaign(account(), leads=1)
    job, edge_at = exported(made, tmp_path)
    name = f"campaign-{made.pk}-{edge_at:%Y%m%dT%H%M%S}Z.csv"

    def while_it_works() -> None:
        assert take_up_broken_off(now=datetime.now(UTC)) == 0
        assert run_once(job=job, edge_at=edge_at, work=lambda: "twice", now=datetime.now(UTC)) is None

    killed(job, edge_at, tmp_path / f"{name}.7.part", while_it_works)
    assert take_up_broken_off(now=datetime.now(UTC)) == 1
    ((task, bell),) = bells()
    assert task == "campaigns.export_results"
    export_results.apply(**bell, throw=True)
    run = JobRun.objects.get()
    assert (run.problem, run.result.startswith(name), run.ended_at is not None) == ("", True, True)
    manifest = json.loads((tmp_path / f"{name}.manifest.json").read_text())
    assert manifest["is_whole"]
    assert manifest["sha256"] == hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
    assert {path.name for path in tmp_path.iterdir()} == {name, f"{name}.manifest.json"}
    assert take_up_broken_off(now=datetime.now(UTC)) == 0
    assert bells() == []


def test_a_job_that_kills_its_worker_twice_is_left_and_says_so(killed: Kill, tmp_path: Path) -> None:
    job, edge_at = exported(campaign(account(), leads=1), tmp_path)
    killed(job, edge_at)
    assert take_up_broken_off(now=datetime.now(UTC)) == 1
    killed(job, edge_at)
    assert JobRun.objects.get().problem == BEGUN_AGAIN
    for _ in range(2):
        assert take_up_broken_off(now=datetime.now(UTC)) == 0
        # It has no end: the audit must not take it for one that has looked.
        assert JobRun.objects.values_list("problem", "ended_at").get() == (ENDED_TWICE, None)


def test_one_whose_instant_has_passed_is_left_and_says_so(killed: Kill, tmp_path: Path) -> None:
    job, edge_at = exported(campaign(account(), leads=1), tmp_path)
    killed(job, edge_at - timedelta(days=1))
    assert take_up_broken_off(now=datetime.now(UTC)) == 0
    assert JobRun.objects.get().problem == NOT_TAKEN_UP
    assert bells() == []


def test_an_entry_that_was_not_rung_at_the_instant_is_not_rung_for_another_one(killed: Kill, tmp_path: Path) -> None:
    job, edge_at = exported(campaign(account(), leads=1), tmp_path)
    # Switched on since.
    PeriodicTask.objects.filter(name=ENTRY).update(last_run_at=edge_at - timedelta(days=1))
    killed(job, edge_at)
    assert take_up_broken_off(now=datetime.now(UTC)) == 0
    assert bells() == []
