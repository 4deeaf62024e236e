"""The whole path while accounts and workers grow: as many short calls as go through, 400 lines in all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from tests.benchmarks import fill
from tests.benchmarks.arena import Arena, arena, cpu_seconds, postgres_pid

LOAD = replace(fill.FURTHER_LOADS[1], leads=8_000)
QUICK_LEADS = 80

Row = dict[str, Any]


def by_accounts(size: int, *, quick: bool = False) -> Row:
    """Call on so many accounts at once, one campaign and one DID each, with as many calls and lines in all."""
    with arena(name="growth") as ground:
        return _on_accounts(ground, size, leads=QUICK_LEADS if quick else LOAD.leads)


def by_workers(size: int, *, quick: bool = False) -> Row:
    """Call with so many worker processes, on one account."""
    with arena(workers=size, name="growth") as ground:
        load = replace(LOAD, leads=QUICK_LEADS) if quick else LOAD
        row = fill.measure(ground, load=load, fault="clean")
    cpu = row["cpu_seconds_per_1000_calls"]
    return {
        "calls_per_second": row["calls_per_second"],
        "mean_live_share": row["mean_live_share"],
        "freed_to_next_ms": row["freed_to_next_request_ms"].get("p50"),
        "own_cpu_seconds_per_1000": cpu["own"],
        "postgresql_cpu_seconds_per_1000": cpu["postgresql"],
        "violations": len(row["violations"]),
    }


def _on_accounts(ground: Arena, size: int, *, leads: int) -> Row:
    from campaigns.lifecycle.operations import start_campaign
    from campaigns.rehearsing.staging import Line, plain_list, stage_account, stage_campaign
    from campaigns.rehearsing.watching import watch

    ground.carrier.reset(seed=1)
    campaigns = []
    for number in range(size):
        stage = stage_account(
            ground.carrier,
            provider="voxcore",
            name=f"growth {number}",
            lines=[Line(number=f"+91800000{number:04d}", limit=max(1, LOAD.limit // size))],
            account_fields={"max_call_seconds": 30},
            carrier_settings=fill.calls_of(LOAD),
        )
        contacts = plain_list(
            name=f"growth {number}", contacts=max(1, leads // size), first_number=9_100_000_000 + number * 100_000
        )
        campaigns.append(stage_campaign(stage, name=f"growth {number}", contact_lists=[contacts], retry_rules={}))
    pids = [ground.stack.supervisor.pid(name) for name in ground.stack.names]
    own, database, kept = cpu_seconds(pids), cpu_seconds([postgres_pid()]), _database_bytes()
    for campaign in campaigns:
        start_campaign(campaign_id=campaign.pk, now=datetime.now(UTC), by="the benchmark")
    watch(campaign_ids=[campaign.pk for campaign in campaigns], within_seconds=LOAD.within_seconds)
    verdict = ground.carrier.wait_idle(within_seconds=30)
    own, database = cpu_seconds(pids) - own, cpu_seconds([postgres_pid()]) - database
    started = sorted(row["started_at"] for row in ground.carrier.ledger() if row["started_at"] is not None)
    # The middle: from when all have begun until the first have nobody left.
    middle = started[len(started) // 4 : -len(started) // 4]
    return {
        "calls_per_second": round(len(middle) / (middle[-1] - middle[0]), 1),
        "own_cpu_seconds_per_1000": round(own * 1000 / len(started), 2),
        "postgresql_cpu_seconds_per_1000": round(database * 1000 / len(started), 2),
        "database_bytes_per_call": round((_database_bytes() - kept) / len(started)),
        "violations": len(verdict["violations"]),
    }


def _database_bytes() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])
