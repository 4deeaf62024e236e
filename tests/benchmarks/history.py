"""What a past costs: the same steps with 0, 1,000,000 and, if asked for, 5,000,000 ended attempts behind them.

Each past has its own database in the same run. Processor time of PostgreSQL and of our processes while nothing runs,
the fill of 20 slots, and the times of what a turn, the inbox and people wait for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing import get_context
from typing import Any

from tests.benchmarks.arena import Arena, arena, cpu_seconds, postgres_pid

#: So long an installation is watched while nothing runs, after it has come to rest for so long.
IDLE_SECONDS, REST_SECONDS = 30.0, 10.0
BATCH, TURNS, LOOKS = 200, 15, 9
#: None is so many all the same, so that every list has a whole page to show.
FIRST_DAY = 1_000
#: Below so many milliseconds a ratio says more of the machine than of the past.
LEAST_MS = 1.0


def run(*, pasts: Sequence[int], fill: bool = True) -> dict[str, Any]:
    """Measure with each number of ended attempts, the first one to compare with; return all figures and the ratios."""
    # Each in a process of its own: Django knows one database for as long as it lives.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as processes:
        measured = partial(_with, fill=fill)
        found = {str(attempts): processes.submit(measured, attempts).result() for attempts in pasts}
    first = found[str(pasts[0])]
    ratios = {
        attempts: {name: _ratio(name, figures[name], first[name]) for name in figures if name != "made_in_seconds"}
        for attempts, figures in found.items()
        if attempts != str(pasts[0])
    }
    return {"history": found, "ratio": ratios}


def _ratio(name: str, now: float, then: float) -> float:
    """Return how many times as much the past costs; of figures of which more is better, the other way round."""
    if name.endswith("_ms"):
        now, then = max(now, LEAST_MS), max(then, LEAST_MS)
    return round(then / now if name.endswith(("_per_second", "_share")) else now / then, 2) if now and then else 0.0


def _with(attempts: int, *, fill: bool) -> dict[str, float]:
    with arena(name=f"history_{attempts}") as ground:
        began = time.monotonic()
        past = _past(attempts)
        figures = {"made_in_seconds": round(time.monotonic() - began, 1)}
        figures |= _idle(ground)
        if fill:
            figures |= _fill(ground)
        ground.stack.stop()
        figures |= _steps(past.running)
        figures |= _looks(past.running.pk)
    return figures


def _past(attempts: int) -> Any:
    from django.db import connection

    from campaigns.models import Campaign, Lead
    from tests.history.rows import make_past

    past = make_past(max(attempts, FIRST_DAY), to_call=BATCH * (TURNS + 1))
    # Nobody is to be called until the steps are measured.
    Lead.objects.filter(state="PENDING").update(next_attempt_at=datetime.now(UTC) + timedelta(days=1))
    Campaign.objects.filter(pk=past.running.pk).update(state="PAUSED")
    # What was made is written down now: else it is counted as what idleness costs.
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
    return past


def _idle(ground: Arena) -> dict[str, float]:
    """Return the shares of a processor, in percent, that PostgreSQL and our processes take while nothing runs."""
    time.sleep(REST_SECONDS)
    pids = [ground.stack.supervisor.pid(name) for name in ground.stack.names]
    own, database = cpu_seconds(pids), cpu_seconds([postgres_pid()])
    time.sleep(IDLE_SECONDS)
    own, database = cpu_seconds(pids) - own, cpu_seconds([postgres_pid()]) - database
    return {
        "idle_own_percent": round(100 * own / IDLE_SECONDS, 2),
        "idle_postgresql_percent": round(100 * database / IDLE_SECONDS, 2),
    }


def _fill(ground: Arena) -> dict[str, float]:
    from tests.benchmarks import fill

    row = fill.measure(ground, load=fill.LOADS[0], fault="clean")
    return {"fill_share": row["mean_live_share"]}


def _steps(campaign: Any) -> dict[str, float]:
    """Reserve and settle in turns, of the campaign that has half of the past."""
    from campaigns.claiming.reserving import claim
    from campaigns.models import Campaign, Lead
    from campaigns.settling.reports import settle
    from dialer.models import AccountGate
    from dialer.providers.base import CallReport, Outcome, Phase

    now = datetime.now(UTC)
    Lead.objects.filter(campaign=campaign, state="PENDING").update(next_attempt_at=now)
    Campaign.objects.filter(pk=campaign.pk).update(state="RUNNING")
    campaign.dids.update(max_live_calls=BATCH)
    waits, settling = [], []
    for turn in range(TURNS):
        at = now + timedelta(seconds=turn + 1)
        AccountGate.objects.filter(account=campaign.account_id).update(
            fleet_available=10_000, fleet_own_live=0, fleet_measured_at=at
        )
        began = time.perf_counter()
        reserved = claim(account_id=campaign.account_id, now=at, room=BATCH).reserved
        waits.append(time.perf_counter() - began)
        assert len(reserved) == BATCH, len(reserved)
        report = CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED, talk_seconds=7)
        began = time.perf_counter()
        settle(reports=[(call.attempt_id, report) for call in reserved], now=at)
        settling.append(time.perf_counter() - began)
    return {
        f"reserve_{BATCH}_ms": _median_ms(waits),
        "settled_per_second": round(BATCH / sorted(settling)[len(settling) // 2]),
    }


def _looks(campaign_id: int) -> dict[str, float]:
    """Return how long people and programs wait for what is made for their pages again and again."""
    from campaigns.explaining.campaigns import explain_campaign
    from campaigns.explaining.progress import campaign_progress
    from campaigns.explaining.statistics import By, campaign_statistics
    from campaigns.models import KeptCount

    asked: dict[str, Callable[[], object]] = {
        "progress_ms": lambda: campaign_progress([campaign_id]),
        "statistics_ms": lambda: campaign_statistics(campaign_id=campaign_id, by=list(By), converted=["interested"]),
        "explain_ms": lambda: explain_campaign(campaign_id=campaign_id, now=datetime.now(UTC)),
    }
    figures = {name: _median_ms([_seconds(work) for _ in range(LOOKS)]) for name, work in asked.items()}
    # What statistics are made of: a count of each day, hour, DID and so on with each outcome that it had.
    return figures | {"statistics_counts": KeptCount.objects.filter(campaign=campaign_id).count()}


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _median_ms(seconds: Sequence[float]) -> float:
    return round(sorted(seconds)[len(seconds) // 2] * 1000, 2)
