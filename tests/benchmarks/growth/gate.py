"""The gate of one account is one lock: at how many calls a second it binds, from one, two and four processes.

Each process claims, which commits, and settles what it got, which needs no gate, so that no more calls are live than
are claimed at a time.
"""

from __future__ import annotations

import multiprocessing
import time
from datetime import UTC, datetime
from typing import Any

from tests.benchmarks.arena import project
from tests.benchmarks.growth.queues import queue

SECONDS = 4.0
LEADS = 40_000

Row = dict[str, Any]


def by_processes(size: int, *, room: int, quick: bool = False) -> Row:
    """Claim ``room`` calls at a time in so many processes; return calls a second, and the time of a claim.

    ``gate_bound_per_second``: the calls a second at which the gate would be held all the time, by the median claim of a
    process that is alone with it.
    """
    seconds, leads = (0.5, 5_000) if quick else (SECONDS, LEADS)
    with project(name="growth"):
        from tests.campaigns.world import account, campaign, did

        # A provider that tells of no fleet: no reading has to be kept fresh.
        owner = account(provider="astradial", fleet=None)
        queue([campaign(owner, leads=0, dids=[did(owner, limit=1000)])], leads=leads)
        spawning = multiprocessing.get_context("spawn")
        ready, begin, answers = spawning.Barrier(size + 1), spawning.Event(), spawning.Queue()
        processes = [
            spawning.Process(target=_claim, args=(owner.pk, room, seconds, ready, begin, answers), daemon=True)
            for _ in range(size)
        ]
        for process in processes:
            process.start()
        ready.wait(60)
        begin.set()
        found = [answers.get(timeout=60) for _ in processes]
        for process in processes:
            process.join()
    calls, waits = sum(len(waits) for waits in found) * room, sorted(wait for waits in found for wait in waits)
    median = waits[len(waits) // 2]
    alone = {"gate_bound_per_second": round(room / median)} if size == 1 else {}
    return {
        "room": room,
        "calls_per_second": round(calls / seconds),
        "claim_ms": round(median * 1000, 2),
        **alone,
    }


def _claim(account_id: int, room: int, seconds: float, ready: Any, begin: Any, answers: Any) -> None:
    import django

    django.setup()
    from campaigns.claiming.reserving import claim
    from campaigns.settling.reports import settle
    from dialer.providers.base import CallReport, Outcome, Phase

    report = CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED, talk_seconds=7)
    waits = []
    # Reads the rules for the first time, and has the connection made.
    claim(account_id=account_id, now=datetime.now(UTC), room=1)
    ready.wait(60)
    begin.wait()
    until = time.monotonic() + seconds
    while (began := time.monotonic()) < until:
        now = datetime.now(UTC)
        reserved = claim(account_id=account_id, now=now, room=room).reserved
        waits.append(time.monotonic() - began)
        assert len(reserved) == room, f"{len(reserved)} of {room}: more leads are needed"
        settle(reports=[(call.attempt_id, report) for call in reserved], now=now)
    answers.put(waits)
