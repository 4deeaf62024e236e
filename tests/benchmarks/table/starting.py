"""From the start of a worker's process, alone and cold as in production, until the carrier has its first request."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from dialer.embedded.processes import Supervisor
from dialer.embedded.stack import PROJECT
from dialer.sandbox.client import wait_for
from tests.benchmarks import fill
from tests.benchmarks.arena import Arena, arena
from tests.benchmarks.plain.processes import KEY, plain_processes
from tests.benchmarks.table.figures import Figure

LOAD = fill.Load("1-3 s", 40, (1.0, 3.0), 20, 60)
TIMES = 3


def run(*, quick: bool) -> list[Figure]:
    """Measure each way, some times; return the figure of the median."""
    times = 1 if quick else TIMES
    with arena(name="starting") as ground:
        ours = _median(lambda: _ours(ground), times)
        ground.stack.stop()
        bare = _median(lambda: _bare(ground), times)
        plain = _median(lambda: _plain(ground), times)
    return [
        Figure(
            figure="start of a worker until it places",
            unit="s",
            goal=3,
            ours=ours,
            size=f"median of {times}",
            limit=bare,
            limit_is="a Python process that places one call with http.client, and imports nothing else",
            plain=plain,
            plain_is="a Celery worker with a task a call, calls waiting in the database, beat within it",
        )
    ]


def _median(measure: Callable[[], float], times: int) -> float:
    return sorted(measure() for _ in range(times))[times // 2]


def _first_call(ground: Arena, began: float) -> float:
    """Return how many seconds after ``began``, Unix time, the first call started; waits for it."""
    first = wait_for(lambda: next(iter(ground.carrier.ledger()), None), within_seconds=60)
    return float(first["started_at"]) - began


def _ours(ground: Arena) -> float:
    from campaigns.lifecycle.operations import start_campaign, stop_campaign
    from campaigns.rehearsing.staging import Line, plain_list, stage_account, stage_campaign

    if ground.stack.supervisor.alive("worker-1"):
        ground.stack.supervisor.stop("worker-1")
    ground.carrier.reset(seed=1)
    title = f"start {time.time_ns()}"
    stage = stage_account(
        ground.carrier,
        provider="voxcore",
        name=title,
        lines=[Line(number=fill.DID, limit=LOAD.limit)],
        carrier_settings=fill.calls_of(LOAD),
    )
    contacts = plain_list(name=title, contacts=LOAD.leads)
    campaign = stage_campaign(stage, name=title, contact_lists=[contacts])
    start_campaign(campaign_id=campaign.pk, now=datetime.now(UTC), by="the benchmark")
    with Supervisor() as supervisor:
        began = time.time()
        supervisor.start(
            "worker",
            argv=[sys.executable, "-m", *ground.stack.program("worker-1")],
            log_file=Path(os.devnull),
            env=os.environ,
            cwd=PROJECT,
        )
        seconds = _first_call(ground, began)
        stop_campaign(campaign_id=campaign.pk, now=datetime.now(UTC), by="the benchmark")
    ground.carrier.hangup_all()
    return seconds


def _bare(ground: Arena) -> float:
    _configure(ground, "bare")
    began = time.time()
    arguments = [ground.carrier.base_url("voxcore", "bare"), KEY, fill.DID]
    subprocess.run([sys.executable, "-m", "tests.benchmarks.limits.bare_start", *arguments], check=True, cwd=PROJECT)
    return _first_call(ground, began)


def _plain(ground: Arena) -> float:
    from tests.benchmarks.plain.models import Lead, tables

    _configure(ground, "plain")
    now = datetime.now(UTC)
    base_url = ground.carrier.base_url("voxcore", "plain")
    with tables(), plain_processes(limit=LOAD.limit, base_url=base_url) as plain:
        Lead.objects.bulk_create(
            [Lead(number=f"+91{9_100_000_000 + n}", next_attempt_at=now) for n in range(LOAD.leads)]
        )
        began = time.time()
        plain.worker()
        return _first_call(ground, began)


def _configure(ground: Arena, account: str) -> None:
    ground.carrier.hangup_all()
    ground.carrier.reset(seed=1)
    limits = {"dids": {fill.DID: LOAD.limit}}
    ground.carrier.configure("voxcore", account, api_key=KEY, limits=limits, **fill.calls_of(LOAD))
