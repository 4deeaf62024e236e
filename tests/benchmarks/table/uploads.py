"""The upload of a messy file: seconds and memory."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from dialer.embedded.stack import PROJECT
from tests.benchmarks import uploading
from tests.benchmarks.arena import project
from tests.benchmarks.table.figures import Figure

ROWS, PLAIN_ROWS = 1_000_000, 100_000
_COPY = "import django; django.setup(); from tests.benchmarks.uploading import copied_bare; print(copied_bare(rows={}))"


def run(*, quick: bool) -> list[Figure]:
    """Measure each way; return the figures."""
    rows, plain_rows = (20_000, 5_000) if quick else (ROWS, PLAIN_ROWS)
    with project(name="upload") as services, TemporaryDirectory(prefix="dialer-bench-") as folder:
        from tests.benchmarks.plain import models

        ours = uploading.measured(rows=rows, database_url=services.database_url)
        assert ours["counts_agree"], ours
        copied = _alone(["-c", _COPY.format(rows)])
        file = Path(folder) / "messy.csv"
        with file.open("wb") as out:
            out.writelines(uploading.Messy(plain_rows).lines())
        settings = {"DJANGO_SETTINGS_MODULE": "tests.benchmarks.plain.settings"}
        with models.tables():
            plain = _alone(["-m", "tests.benchmarks.plain.uploading", str(file)], settings)
    written = "csv, phonenumbers on each row, bulk_create(ignore_conflicts) in batches of 5,000, nothing reported"
    times = f"{plain_rows:,} rows, times {rows / plain_rows:g}"
    return [
        Figure(
            figure=f"upload of {rows:,} messy rows",
            unit="s",
            goal=15,
            ours=ours["seconds"],
            took=f"CPU-s: own {ours['own_cpu_seconds']}, PostgreSQL {ours['postgres_cpu_seconds']}",
            size=f"{rows:,} rows, 5 variables, 3 % bad, 2 % twice",
            limit=copied[0],
            limit_is="COPY of as many good rows into a table without an index",
            plain=plain[0] * rows / plain_rows,
            plain_is=f"{written}; {times}",
        ),
        Figure(
            figure="the same, most memory of all its processes",
            unit="MB",
            goal=120,
            ours=ours["peak_mb"],
            size=f"{rows:,} rows",
            limit=copied[1],
            limit_is="a process with Django in it that does this COPY",
            plain=plain[1],
            plain_is=f"{written}; {plain_rows:,} rows",
        ),
    ]


def _alone(arguments: list[str], settings: Mapping[str, str] | None = None) -> tuple[float, float]:
    """Return the seconds that a process of Python says it took, and its most memory in MB."""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **(settings or {})},
        cwd=PROJECT,
    )
    tree = uploading.Tree(process.pid)
    said, _ = process.communicate()
    tree.end()
    return float(said), tree.peak_mb
