"""How full the slots are kept: 500 leads of 1-3 s at limit 20, 120 of 30-60 s, 3,000 of 0.2-0.4 s at limit 100.

Each clean, then with doubled pushes, failed calls, and answers of 503. Judged by the carrier's ledger.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dialer.sandbox.client import SandboxClient
from tests.benchmarks.arena import Arena, arena, cpu_seconds, postgres_pid

DID = "+918000000001"


@dataclass(frozen=True)
class Load:
    """Calls of one length against one limit."""

    name: str
    leads: int
    talk_seconds: tuple[float, float]
    limit: int
    within_seconds: float


LOADS = (
    Load("1-3 s", 500, (1.0, 3.0), 20, 180),
    Load("30-60 s", 120, (30.0, 60.0), 20, 700),
    Load("0.2-0.4 s", 3000, (0.2, 0.4), 100, 120),
)
#: Run only when named: a larger limit, and as many calls a second as go through.
FURTHER_LOADS = (
    Load("1-3 s at 200", 4000, (1.0, 3.0), 200, 180),
    Load("0.2-0.4 s at 400", 12000, (0.2, 0.4), 400, 180),
)
FAULTS: dict[str, dict[str, Any]] = {
    "clean": {},
    "10 % doubled pushes": {"faults": {"push_doubled": 0.1}},
    "10 % failed calls": {"outcomes": {"ANSWERED": 0.9, "FAILED": 0.1}},
    "10 % answers of 503": {"faults": {"refuse_503": 0.1}},
}


def run(
    *, loads: list[str] | None = None, faults: list[str] | None = None, workers: int = 1
) -> Iterator[dict[str, Any]]:
    """Run every load under every fault (or those named) and yield a row of figures for each."""
    with arena(workers=workers, name="fill") as ground:
        for load in [load for load in (*LOADS, *FURTHER_LOADS) if load.name in loads] if loads else LOADS:
            for fault in FAULTS:
                if not faults or fault in faults:
                    yield measure(ground, load=load, fault=fault)


def calls_of(load: Load) -> dict[str, Any]:
    """Return the settings of the carrier for calls of this load."""
    return {
        "suffixes": False,
        "ring_seconds": [0, 0],
        "talk_seconds": list(load.talk_seconds),
        "outcomes": {"ANSWERED": 1.0},
    }


def measure(ground: Arena, *, load: Load, fault: str) -> dict[str, Any]:
    """Run one load under one of the FAULTS, and return its row of figures."""
    from campaigns.lifecycle.operations import start_campaign
    from campaigns.models import Lead
    from campaigns.rehearsing.staging import Line, plain_list, stage_account, stage_campaign
    from campaigns.rehearsing.watching import watch

    title = f"{load.name} {fault}".replace("%", "percent").replace(".", "-")
    ground.carrier.reset(seed=1)
    stage = stage_account(
        ground.carrier,
        provider="voxcore",
        name=title,
        lines=[Line(number=DID, limit=load.limit)],
        account_fields={"max_call_seconds": int(load.talk_seconds[1]) + 30},
        carrier_settings={**calls_of(load), **FAULTS[fault]},
    )
    contacts = plain_list(name=title, contacts=load.leads)
    # A failed call is the end of its lead here, so that all runs place as many calls.
    campaign = stage_campaign(stage, name=title, contact_lists=[contacts], retry_rules={})
    pids = [ground.stack.supervisor.pid(name) for name in ground.stack.names]
    own, database, carrier = cpu_seconds(pids), cpu_seconds([postgres_pid()]), carrier_cpu(ground.carrier)
    start_campaign(campaign_id=campaign.pk, now=datetime.now(UTC), by="the benchmark")
    seen = watch(campaign_ids=[campaign.pk], within_seconds=load.within_seconds)
    verdict = ground.carrier.wait_idle(within_seconds=30)
    own, database = cpu_seconds(pids) - own, cpu_seconds([postgres_pid()]) - database
    judged = judge(
        ground.carrier,
        account=stage.carrier_account,
        limit=load.limit,
        intervals=seen.due_intervals.get(campaign.pk, []),
    )
    return {
        "load": load.name,
        "fault": fault,
        "limit": load.limit,
        "leads": load.leads,
        "cpu_seconds_per_1000_calls": {
            "own": round(own * 1000 / judged["calls"], 2),
            "postgresql": round(database * 1000 / judged["calls"], 2),
            "carrier": round((carrier_cpu(ground.carrier) - carrier) * 1000 / judged["calls"], 2),
        },
        **judged,
        "leads_not_ended": Lead.objects.filter(campaign=campaign, state__in=["PENDING", "DIALING"]).count(),
        "violations": verdict["violations"],
        "seconds": round(seen.ended_at - seen.started_at, 1),
        "finished_at": round(time.time(), 1),
    }


def judge(
    carrier: SandboxClient, *, account: str, limit: int, intervals: Sequence[tuple[float, float]] | None = None
) -> dict[str, Any]:
    """Return what the carrier's ledger says of a run on one DID: the fill, the pace, how long freed slots waited.

    ``intervals``: when leads were due, in Unix time. Where none are known, as all left at once, it is judged from the
    first call to the start of the last one.
    """
    rows = carrier.ledger()
    started = sorted(row["started_at"] for row in rows if row["started_at"] is not None)
    span = started[-1] - started[0]
    found = carrier.fill(
        slug="voxcore",
        account=account,
        intervals=intervals or [(started[0], started[-1])],
        limit=limit,
    )
    summary = carrier.summary()["accounts"][f"voxcore/{account}"]
    return {
        "calls": len(started),
        "mean_live_share": round(found["mean_live"] / limit, 4),
        "peak": summary["peak"],
        "seconds_over": summary["dids"][DID]["seconds_over"],
        "calls_per_second": round(len(started) / span, 1) if span else 0.0,
        "longest_gap_seconds": round(found["longest_gap_seconds"], 3),
        "freed_to_next_request_ms": _gaps(rows, limit),
    }


def carrier_cpu(carrier: SandboxClient) -> float:
    """Return the processor time that the carrier took so far, in seconds."""
    return float(carrier.summary()["cpu_seconds"])


def _gaps(rows: list[dict[str, Any]], limit: int) -> dict[str, float]:
    """Return how long a freed slot waited for its next request: the k-th end against the (limit + k)-th start."""
    ends = sorted(row["ended_at"] for row in rows if row["started_at"] is not None and row["ended_at"] is not None)
    starts = sorted(row["started_at"] for row in rows if row["started_at"] is not None)
    gaps = sorted(start - end for end, start in zip(ends, starts[limit:], strict=False))
    if not gaps:
        return {}
    return {name: round(gaps[int(len(gaps) * share)] * 1000, 1) for name, share in (("p50", 0.5), ("p99", 0.99))}
