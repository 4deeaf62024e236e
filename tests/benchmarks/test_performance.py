"""The line that ends a run is whole, and the page is written from such lines and from nothing else."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks import performance
from tests.benchmarks.table.figures import Figure
from tests.benchmarks.table.runs import GROUPS
from tests.sources import PROJECT

MACHINE = {"cores": 2, "processor": "P", "memory_gb": 4, "python": "3.11", "postgresql": "18"}
RUN = {"date": "2026-01-02T03:04:05+00:00", "commit": "abc", "command": "make bench", "seconds": 9, "load": 1.0}


def figure(group: str, **fields: Any) -> dict[str, Any]:
    values = {"figure": group, "unit": "/s", "goal": 10, "ours": 20, "limit": 40, "plain": 5, "size": "2 calls"}
    said = {"limit_is": "sockets", "plain_is": "loops", "more_is_better": True}
    return {"group": group, **Figure(**{**values, **said, **fields}).as_row()}


def table(**fields: Any) -> dict[str, Any]:
    cost = {"goal": 1, "unit": "CPU-s", "more_is_better": False}
    costs = [
        figure("calls", figure=f"CPU for 1,000 calls, {whose}: limit 100, short", ours=ours, **cost)
        for whose, ours in (("own", 2), ("PostgreSQL", 0.9))
    ]
    found = [*costs, *(figure(group) for group in GROUPS if group != "calls")]
    return {"benchmark": "table", **RUN, "machine": MACHINE, "quick": False, "figures": found, **fields}


def growth(**fields: Any) -> dict[str, Any]:
    row = dict.fromkeys(performance.WORDS, 7) | {"gate_bound_per_second": 1000, "database_bytes_per_call": 3000}
    rows = [{"row": name, "size": 1, **row} for name in performance.GROWTH]
    return {"benchmark": "growth", **RUN, "machine": MACHINE, "rows": rows, **fields}


@pytest.fixture
def page(tmp_path: Path) -> Path:
    copy = tmp_path / "performance.md"
    copy.write_text(performance.PAGE.read_text())
    return copy


def test_ratios_tell_how_far_the_limit_is_and_how_much_better_than_plain() -> None:
    more, less = figure("settle"), figure("reserve", more_is_better=False, ours=20, limit=5, plain=60, goal=8)
    assert (more["ratio"], more["to_plain"], more["reached"]) == (0.5, 4, True)
    assert (less["ratio"], less["to_plain"], less["reached"]) == (4, 3, False)


def test_the_page_is_written_and_written_anew(page: Path) -> None:
    performance.write([table(), growth()], page=page)
    once = page.read_text()
    assert "| settle" not in once
    assert "| steps | 10 /s | 20 /s | 40 /s | 0.5 | 5 /s | 4 × |" in once
    assert "Not measured yet" not in once
    performance.write([table(), growth()], page=page)
    assert page.read_text() == once


def test_a_day_is_computed_from_what_was_measured(page: Path) -> None:
    performance.write([table(), growth()], page=page)
    # 10 M calls in 10 hours are 278 a second, of 0.002 CPU-seconds, on cores that are half used.
    cores = math.ceil(10_000_000 / 36_000 * 0.002 / 0.5)
    assert f"| cores of our processes | {cores} | 12 |" in page.read_text()
    assert "| rows that stay, a day | 30 GB | 300 GB |" in page.read_text()


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ([table(quick=True), growth()], "--quick"),
        ([table(figures=[figure("steps")]), growth()], "calls, pushes, upload, telling, start"),
        ([table(), growth(rows=[])], "leads"),
        ([table()], "growth"),
    ],
)
def test_what_is_not_whole_is_not_written(lines: list[dict[str, Any]], problem: str, page: Path) -> None:
    before = page.read_text()
    with pytest.raises(performance.NotWhole, match=problem):
        performance.write(lines, page=page)
    assert page.read_text() == before


@pytest.mark.alone
def test_a_quick_run_ends_with_a_whole_line() -> None:
    command = [sys.executable, "-m", "tests.benchmarks", "--quick", "--json"]
    # It has servers and databases of its own, and not those of this run.
    own = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    done = subprocess.run(command, cwd=PROJECT, env=own, capture_output=True, text=True, check=True)
    line = json.loads(done.stdout.strip().splitlines()[-1])
    assert {one["group"] for one in line["figures"]} == set(GROUPS)
    for one in line["figures"]:
        assert one["ours"] > 0 or one["unit"] in {"%", "ms"}, one
        assert one["limit_is"]
        assert one["plain_is"]
    assert line["machine"]["cores"]
    assert line["commit"]
    assert line["command"] == 'make bench ARGS="--quick --json"'
