"""The engine's steps in PostgreSQL: enrolling, reserving, settling."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from tests.benchmarks import engine
from tests.benchmarks.arena import project
from tests.benchmarks.limits import bare_rows
from tests.benchmarks.table.figures import Figure, compared

LEADS, PLAIN_LEADS = 1_000_000, 100_000
BARE = "one INSERT and one UPDATE by ids of rows as wide, in tables with a primary key alone"


def run(*, quick: bool) -> list[Figure]:
    """Measure each way; return the figures."""
    leads, plain_leads = (20_000, 6_000) if quick else (LEADS, PLAIN_LEADS)
    with project(name="steps"):
        from tests.benchmarks.plain import models, steps

        ours = engine.reserved_and_settled(leads=leads)
        bare = bare_rows.written(batch=engine.BATCH, turns=engine.TURNS)
        with models.tables():
            plain = steps.seconds_of(
                contacts=plain_leads, batch=engine.BATCH, turns=engine.TURNS, now=datetime.now(UTC)
            )
    times = leads / plain_leads
    ways = {"ours": ours, "limit": bare, "plain": plain | {"enrol_seconds": plain["enrol_seconds"] * times}}
    return [
        compared(
            figure="reserve 200 leads",
            unit="ms",
            goal=8,
            by="reserve_ms",
            **ways,
            took=_took(ours["reserve_cpu_ms"]),
            size=f"{engine.TURNS} times, of {leads:,} waiting, vacuumed",
            limit_is=BARE,
            plain_is=f"select_for_update(skip_locked) and a save and a create for each; of {plain_leads:,}",
        ),
        compared(
            figure="settle",
            unit="/s",
            goal=10_000,
            by="settled_per_second",
            **ways,
            took=_took(ours["settle_cpu_ms"]),
            size=f"{engine.TURNS} batches of {engine.BATCH}",
            limit_is="two UPDATEs by ids (attempts, leads) of rows as wide, in tables with a primary key alone",
            plain_is="get and save of each attempt and its lead, a transaction each",
            more_is_better=True,
        ),
        compared(
            figure=f"enrol {leads:,}",
            unit="s",
            goal=6,
            by="enrol_seconds",
            **ways,
            size=f"{leads:,} contacts",
            limit_is="one INSERT .. SELECT of the same rows into a table with a primary key alone",
            plain_is=f"bulk_create in batches of 5,000, without rules; {plain_leads:,}, times {times:g}",
        ),
    ]


def _took(cpu_ms: Mapping[str, float]) -> str:
    return f"CPU of a batch: own {cpu_ms['own']:g} ms, PostgreSQL {cpu_ms['postgresql']:g} ms"
