"""The rows of growth, one after the other, each in a database and a process of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any

from tests.benchmarks.growth import gate, inside, paths

TEN_MILLION = 10_000_000
#: By name: the sizes, and what measures one of them.
ROWS: dict[str, tuple[tuple[int, ...], Callable[..., dict[str, Any]]]] = {
    "leads": ((10_000, 1_000_000, TEN_MILLION), inside.by_leads),
    "dids": ((10, 100, 1_000), inside.by_dids),
    "calls-of-dids": ((1, 100, 1_000), inside.by_calls_of_dids),
    "campaigns": ((1, 10, 100), inside.by_campaigns),
    "accounts": ((1, 20, 200), inside.by_accounts),
    "accounts-path": ((1, 20, 200), paths.by_accounts),
    "workers-path": ((1, 2, 4), paths.by_workers),
    "gate-single": ((1, 2, 4), partial(gate.by_processes, room=1)),
    "gate-batches": ((1, 2, 4), partial(gate.by_processes, room=200)),
}


def run(
    *, only: Sequence[str] | None = None, sizes: Sequence[int] | None = None, ten_million: bool = False
) -> Iterator[dict[str, Any]]:
    """Give each row when it is done. ``sizes``: only these. Ten million leads, 10 GB, are made where that is said."""
    for name, (all_sizes, measure) in ROWS.items():
        for size in all_sizes if not only or name in only else ():
            wanted = size in sizes if sizes else size != TEN_MILLION or ten_million
            if wanted:
                began = time.monotonic()
                with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
                    found = process.submit(measure, size).result()
                yield {"row": name, "size": size, **found, "seconds": round(time.monotonic() - began, 1)}
