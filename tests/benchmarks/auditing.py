"""What an audit of a long past takes: time, and memory that must not grow with it."""

from __future__ import annotations

import resource
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from typing import Any

from tests.benchmarks.arena import project


def run(*, pasts: Sequence[int]) -> dict[str, Any]:
    """Audit databases with so many ended attempts, each in a process of its own; return the figures by past."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as processes:
        return {str(attempts): processes.submit(_with, attempts).result() for attempts in pasts}


def _with(attempts: int) -> dict[str, Any]:
    with project(name=f"audit_{attempts}"):
        from campaigns.promises.audit import audit
        from tests.history.rows import make_past

        make_past(attempts)
        before_mb = _most_mb()
        now, began = datetime.now(UTC), time.monotonic()
        report = audit(now=now)
        whole_seconds = time.monotonic() - began
        began = time.monotonic()
        audit(now=now, since=now - timedelta(days=2))
        return {
            "calls": report.calls,
            "whole_seconds": round(whole_seconds, 1),
            "two_days_seconds": round(time.monotonic() - began, 1),
            "more_memory_mb": round(_most_mb() - before_mb, 1),
            "found": {finding.check.name: finding.count for finding in report.findings},
        }


def _most_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
