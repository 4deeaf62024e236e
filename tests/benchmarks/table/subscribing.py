"""Results told to subscribers."""

from __future__ import annotations

from tests.benchmarks import telling
from tests.benchmarks.arena import project
from tests.benchmarks.limits import bare_telling
from tests.benchmarks.plain.telling import told_per_second
from tests.benchmarks.subscribers import subscribers
from tests.benchmarks.table.figures import Figure

ENTRIES, PLAIN_ENTRIES, RECEIVERS, DEAD = 2_000, 50, 10, 1


def run(*, quick: bool) -> list[Figure]:
    """Measure each way with the same subscribers; return the figure."""
    entries, plain_entries = (40, 4) if quick else (ENTRIES, PLAIN_ENTRIES)
    with (
        project(name="telling", DIALER_ALLOW_PRIVATE_ADDRESSES="true"),
        subscribers(RECEIVERS) as (ports, asked),
    ):
        from webhooks.telling.sending import REQUESTS_AT_ONCE

        ours = telling.measured(entries=entries, ports=ports, asked=asked, dead=DEAD)
        assert ours["missing"] == ours["doubled"] == ours["out_of_order"] == 0, ours
        bare = bare_telling.told_per_second(ports=ports, entries=entries, connections=REQUESTS_AT_ONCE)
        plain = told_per_second(ports=ports, entries=plain_entries)
    cpu = ours["cpu_seconds_per_1000"]
    return [
        Figure(
            figure="results told to ten subscribers 10 ms away, an eleventh dead",
            unit="/s",
            goal=2_000,
            ours=ours["per_second"],
            took=f"CPU-s per 1,000: worker {cpu['worker']}, PostgreSQL {cpu['postgresql']}",
            size=f"{entries:,} entries to each, 4 of each lead in order",
            limit=bare,
            limit_is=f"bare sockets, {REQUESTS_AT_ONCE} to each, that send ready bytes and store nothing",
            plain=plain,
            plain_is=f"one request after the other by httpx, nothing stored, none dead; {plain_entries} each",
            more_is_better=True,
        )
    ]
