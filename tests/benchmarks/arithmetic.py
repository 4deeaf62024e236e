"""What 10 and 100 million calls a day take, computed from measured figures, each of which is named."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

#: Hours of a day in which calls may start, and the share of a core that is used in them: the rest is for peaks.
HOURS, USED = 10, 0.5
#: Seconds a call holds its line, ringing and talking.
CALL_SECONDS = 30
CORES_OF_WORKERS, CORES_OF_POSTGRESQL = 4, 16
DAYS = (10_000_000, 100_000_000)


def lines(*, figures: Mapping[str, dict[str, Any]], rows: Mapping[tuple[str, int], dict[str, Any]]) -> Iterator[str]:
    """Give the table of what a day takes, in Markdown."""
    own = _cost(figures, "own")
    database = _cost(figures, "PostgreSQL")
    gate = rows["gate-batches", 1]["gate_bound_per_second"]
    single = rows["gate-single", 1]["gate_bound_per_second"]
    kept = rows["accounts-path", 1]["database_bytes_per_call"]
    path = rows["workers-path", 1]["calls_per_second"]
    yield f"| | {' | '.join(f'{calls / 1e6:,.0f} M calls a day' for calls in DAYS)} | from |"
    yield f"|---|{'---|' * len(DAYS)}---|"
    rates = [calls / HOURS / 3600 for calls in DAYS]

    def row(title: str, values: list[str], source: str) -> str:
        return f"| {title} | {' | '.join(values)} | {source} |"

    yield row("calls a second", [f"{rate:,.0f}" for rate in rates], f"{HOURS} hours a day")
    yield row(
        "lines", [f"{rate * CALL_SECONDS:,.0f}" for rate in rates], f"{CALL_SECONDS} s of ringing and talking a call"
    )
    yield row(
        "cores of our processes",
        [f"{math.ceil(rate * own / 1000 / USED):,}" for rate in rates],
        f"{own:g} CPU-s per 1,000 calls (table), cores used by {USED:.0%}",
    )
    yield row(
        f"worker machines of {CORES_OF_WORKERS} cores",
        [f"{math.ceil(rate * own / 1000 / USED / CORES_OF_WORKERS):,}" for rate in rates],
        "the same",
    )
    yield row(
        "cores of PostgreSQL",
        [f"{math.ceil(rate * database / 1000 / USED):,}" for rate in rates],
        f"{database:g} CPU-s per 1,000 calls (table), cores used by {USED:.0%}",
    )
    yield row(
        f"databases (shards) of {CORES_OF_POSTGRESQL} cores",
        [f"{math.ceil(rate * database / 1000 / USED / CORES_OF_POSTGRESQL):,}" for rate in rates],
        "the same",
    )
    yield row(
        "accounts, at least",
        [f"{math.ceil(rate / (gate * USED)):,} to {math.ceil(rate / (single * USED)):,}" for rate in rates],
        f"one gate binds at {gate:,} calls/s in claims of 200, at {single:,} in claims of one (growth); by {USED:.0%}",
    )
    yield row(
        "rows that stay, a day",
        [f"{calls * kept / 1e9:,.0f} GB" for calls in DAYS],
        f"{kept:,} bytes a call in all tables and indexes (growth)",
    )
    yield row(
        "of a whole machine as this one",
        [f"{rate / path:.1f} ×" for rate in rates],
        f"{path:g} calls/s, carrier included (growth)",
    )


def _cost(figures: Mapping[str, dict[str, Any]], whose: str) -> float:
    """Return the CPU seconds of 1,000 calls under load."""
    return next(
        float(figure["ours"])
        for name, figure in figures.items()
        if name.startswith(f"CPU for 1,000 calls, {whose}: limit 100")
    )
