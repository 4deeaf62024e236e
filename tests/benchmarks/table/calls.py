"""The whole path: calls a second, how full the slots are kept, how long a freed one waits, what a call costs in CPU.

Ours, then bare sockets, then the plain project, on the same carrier; nothing else runs meanwhile.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from dialer.embedded.stack import HOST, free_port
from tests.benchmarks import fill
from tests.benchmarks.arena import Arena, arena, cpu_seconds, postgres_pid
from tests.benchmarks.limits.bare_dialer import Order, bare_dialer
from tests.benchmarks.plain.processes import KEY, TOKEN, plain_processes
from tests.benchmarks.table.figures import CARRIER_ALONE, PLAIN_CALLS, Figure, compared

#: As many calls a second as go through; many short calls; few long ones. By the name of each, calls of the plain way;
#: bare sockets make as few of the long ones, whose cost is the same from the first.
MOST, FAST, SLOW = fill.FURTHER_LOADS[1], fill.LOADS[2], fill.LOADS[0]
PLAIN_LEADS = {MOST.name: 1500, FAST.name: 1500, SLOW.name: 200}
QUICK_LEADS = 40

Row = dict[str, Any]


def run(*, quick: bool) -> list[Figure]:
    """Measure all three loads each way; return the figures."""
    loads = [replace(load, leads=QUICK_LEADS) if quick else load for load in (MOST, FAST, SLOW)]
    with arena(name="calls") as ground:
        ours = [fill.measure(ground, load=load, fault="clean") for load in loads]
        ground.stack.stop()
        few = min(loads[-1].leads, PLAIN_LEADS[SLOW.name])
        bare = [_bare(ground, load) for load in (*loads[:-1], replace(loads[-1], leads=few))]
        plain = [_plain(ground, replace(load, leads=min(load.leads, PLAIN_LEADS[load.name]))) for load in loads]
    return _figures(ours, bare, plain)


def _bare(ground: Arena, load: fill.Load) -> Row:
    ground.carrier.reset(seed=1)
    with bare_dialer() as (push_url, asked):
        _configure(ground, "bare", load, push_url)
        spent = fill.carrier_cpu(ground.carrier)
        base_url = ground.carrier.base_url("voxcore", "bare")
        asked.send(Order(base_url=base_url, api_key=KEY, did=fill.DID, calls=load.leads, limit=load.limit))
        asked.recv()
    judged = fill.judge(ground.carrier, account="bare", limit=load.limit)
    carrier = (fill.carrier_cpu(ground.carrier) - spent) * 1000 / judged["calls"]
    return {**judged, "cpu_seconds_per_1000_calls": {"carrier": carrier}}


def _plain(ground: Arena, load: fill.Load) -> Row:
    from tests.benchmarks.plain.models import Lead, tables

    ground.carrier.reset(seed=1)
    port = free_port()
    _configure(ground, "plain", load, f"http://{HOST}:{port}/push/")
    now = datetime.now(UTC)
    leads = [Lead(number=f"+91{9_100_000_000 + n}", next_attempt_at=now) for n in range(load.leads)]
    with tables(), plain_processes(limit=load.limit, base_url=ground.carrier.base_url("voxcore", "plain")) as plain:
        plain.web(port=port)
        plain.worker()
        plain.wait_for_worker()
        own, database = cpu_seconds(plain.pids), cpu_seconds([postgres_pid()])
        Lead.objects.bulk_create(leads)
        until = time.monotonic() + load.within_seconds
        while Lead.objects.exclude(state="DONE").exists() and time.monotonic() < until:
            time.sleep(0.1)
        own, database = cpu_seconds(plain.pids) - own, cpu_seconds([postgres_pid()]) - database
        left = Lead.objects.exclude(state="DONE").count()
    judged = fill.judge(ground.carrier, account="plain", limit=load.limit)
    spent = {"own": own * 1000 / judged["calls"], "postgresql": database * 1000 / judged["calls"]}
    return {**judged, "leads_not_ended": left, "cpu_seconds_per_1000_calls": spent}


def _configure(ground: Arena, account: str, load: fill.Load, push_url: str) -> None:
    limits = {"dids": {fill.DID: load.limit}}
    known = {"api_key": KEY, "push_token": f"Bearer {TOKEN}", "push_url": push_url, "limits": limits}
    ground.carrier.configure("voxcore", account, **known, **fill.calls_of(load))


def _figures(ours: list[Row], bare: list[Row], plain: list[Row]) -> list[Figure]:
    (most, fast, slow), (bare_most, bare_fast, bare_slow), (plain_most, plain_fast, plain_slow) = ours, bare, plain
    path: Row = {"limit_is": CARRIER_ALONE, "more_is_better": True}
    return [
        compared(
            figure="whole path, sustained: limit 400, calls of 0.2-0.4 s",
            unit="calls/s",
            goal=1000,
            by="calls_per_second",
            **_ways(most, bare_most, plain_most),
            **path,
        ),
        compared(
            figure="slots kept full: limit 100, calls of 0.2-0.4 s",
            unit="%",
            goal=95,
            by=lambda row: 100 * row["mean_live_share"],
            **_ways(fast, bare_fast, plain_fast),
            **path,
        ),
        compared(
            figure="freed slot to next request, median: the same load",
            unit="ms",
            goal=15,
            by=lambda row: row["freed_to_next_request_ms"].get("p50", 0.0),
            limit_is=CARRIER_ALONE,
            **_ways(fast, bare_fast, plain_fast),
        ),
        *_costs("limit 100, calls of 0.2-0.4 s", (1.2, 0.6), fast, bare_fast, plain_fast),
        *_costs("limit 20, calls of 1-3 s", (5, 2.5), slow, bare_slow, plain_slow),
    ]


def _ways(ours: Row, bare: Row, plain: Row) -> Row:
    """Return the runs of one load, and what is said of their calls."""
    return {"ours": ours, "limit": bare, "plain": plain, **_told(ours, plain)}


def _told(ours: Row, plain: Row) -> Row:
    """Return what is said of the calls of a run, of both ways."""
    lost = f", {plain['leads_not_ended']} never ended" if plain["leads_not_ended"] else ""
    over = f", {plain['peak']} live at most" if plain["seconds_over"] else ""
    cpu = ours["cpu_seconds_per_1000_calls"]
    cores = sum(cpu.values()) * ours["calls_per_second"] / 1000
    return {
        "size": f"{ours['calls']:,} calls",
        "took": f"CPU-s per 1,000 calls: own {cpu['own']}, PostgreSQL {cpu['postgresql']}, carrier {cpu['carrier']}; "
        f"at {ours['calls_per_second']:g} calls/s {cores:.2g} cores",
        "plain_is": f"{PLAIN_CALLS}; {plain['calls']:,} calls{lost}{over}",
    }


def _costs(load: str, goals: tuple[float, float], ours: Row, bare: Row, plain: Row) -> list[Figure]:
    """Return what 1,000 calls cost in CPU: our processes, and PostgreSQL."""
    return [
        Figure(
            figure=f"CPU for 1,000 calls, {whose}: {load}",
            unit="CPU-s",
            goal=goal,
            ours=ours["cpu_seconds_per_1000_calls"][key],
            limit=bare["cpu_seconds_per_1000_calls"]["carrier"],
            limit_is="the carrier's own, with bare sockets as the dialer",
            plain=plain["cpu_seconds_per_1000_calls"][key],
            **_told(ours, plain),
        )
        for key, whose, goal in (("own", "own", goals[0]), ("postgresql", "PostgreSQL", goals[1]))
    ]
