"""What it costs a claim to lock the people that it chose by their numbers, and to judge them once more.

Each claim is made with and without, by turns, on one campaign whose cap asks for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from statistics import median
from typing import Any
from unittest import mock

from tests.benchmarks.engine import Cpu, enrolled, set_fleet

BATCHES = (1, 20, 200)
TIMES = 15
LEADS = 10_000
CAPS = [{"calls": 10, "hours": 24}]


def measured(*, leads: int = LEADS) -> list[dict[str, Any]]:
    """Return for each size of a batch the median milliseconds of a claim, with and without, and of the second look.

    ``cpu_ms``: of a claim, our processor's time and PostgreSQL's, which other work on the machine makes no longer.
    """
    campaign, now = enrolled(leads=leads, caps=CAPS)
    rows = []
    for batch in BATCHES:
        took: dict[bool, list[float]] = {True: [], False: []}
        looks: list[float] = []
        cpu: dict[bool, Cpu] = {}
        for turn in range(2 * (TIMES + 1)):
            now += timedelta(seconds=1)
            looks_again = bool(turn % 2)
            if turn <= 3:  # what a process does once is no part of a figure
                cpu[looks_again] = Cpu()
            seconds = _claim(campaign.account_id, batch, now, cpu[looks_again], looks if looks_again else None)
            took[looks_again].append(seconds)
        with_it, without = median(took[True][1:]), median(took[False][1:])
        rows.append(
            {
                "batch": batch,
                "claim_ms": round(with_it * 1000, 2),
                "claim_without_ms": round(without * 1000, 2),
                "second_look_ms": round(median(looks[1:]) * 1000, 2),
                "cpu_ms": cpu[True].ms_each(TIMES),
                "cpu_without_ms": cpu[False].ms_each(TIMES),
            }
        )
    return rows


def _claim(account_id: int, batch: int, now: datetime, cpu: Cpu, looks: list[float] | None) -> float:
    """Reserve a batch and settle it; return the seconds of the claim. ``looks``: takes those of the second look."""
    from campaigns.claiming import reserving, second_look
    from campaigns.settling.reports import settle
    from dialer.providers.base import CallReport, Outcome, Phase

    real: Callable[..., Any] = second_look.keep_apart

    def timed(cursor: Any, **given: Any) -> Any:
        if looks is None:
            return given["seats"], False
        began = time.perf_counter()
        found = real(cursor, **given)
        looks.append(time.perf_counter() - began)
        return found

    set_fleet(account_id, now)
    with mock.patch.object(reserving, "keep_apart", timed), cpu:
        began = time.perf_counter()
        reserved = reserving.claim(account_id=account_id, now=now, room=batch).reserved
        seconds = time.perf_counter() - began
    assert len(reserved) == batch, len(reserved)
    report = CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED, talk_seconds=7)
    settle(reports=[(call.attempt_id, report) for call in reserved], now=now)
    return seconds
