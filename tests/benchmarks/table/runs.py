"""Runs the groups of figures one after the other, and says on which machine."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import psycopg

from dialer.embedded.sharing import services
from dialer.embedded.stack import PROJECT
from tests.benchmarks.arena import DATA
from tests.benchmarks.table import calls, pushing, starting, steps, subscribing, uploads

#: By name, in the order in which they run.
GROUPS = {
    "calls": calls.run,
    "steps": steps.run,
    "pushes": pushing.run,
    "upload": uploads.run,
    "telling": subscribing.run,
    "start": starting.run,
}


def run(*, only: Sequence[str] | None = None, quick: bool = False) -> Iterator[dict[str, Any]]:
    """Give each figure when its group is done. Each group has a process of its own: Django knows one database."""
    for name, measure in GROUPS.items():
        if not only or name in only:
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
                found = process.submit(measure, quick=quick).result()
            yield from ({"group": name, **figure.as_row()} for figure in found)


def whole(figures: Sequence[dict[str, Any]], *, quick: bool, seconds: float) -> dict[str, Any]:
    """Return the line that ends a run."""
    return {"benchmark": "table", **circumstances(seconds=seconds), "quick": quick, "figures": list(figures)}


def circumstances(*, seconds: float) -> dict[str, Any]:
    """Return when, where, of what and by which command something was measured, in so many seconds."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "command": f'make bench ARGS="{" ".join(sys.argv[1:])}"',
        "seconds": round(seconds),
        "load": round(os.getloadavg()[0], 1),
        "machine": _machine(),
    }


def _machine() -> dict[str, Any]:
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with services(data_dir=DATA) as found, psycopg.connect(found.database_url) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    models = [line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    return {
        "cores": os.cpu_count(),
        "processor": models[0] if models else platform.machine(),
        "memory_gb": round(memory_bytes / 2**30),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "postgresql": str(row[0]) if row else "",
    }


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def _commit() -> str:
    """Return the commit that is checked out, with a plus where files differ from it; empty outside of a repository."""
    asked = ["git", "describe", "--always", "--abbrev=10", "--exclude=*", "--dirty=+"]
    return subprocess.run(asked, cwd=PROJECT, capture_output=True, text=True, check=False).stdout.strip()
