"""How long a worker takes from the start of its process until it places calls, with a campaign waiting for it."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import Any

from tests.benchmarks.arena import Arena, arena

LIMIT, LEADS = 20, 400
WITHIN_SECONDS = 60.0


def run(*, times: int = 3) -> dict[str, Any]:
    """Start a worker so many times, each with leads due and none before it; return the seconds until a request came."""
    with arena(name="starting") as ground:
        return measured(ground, times=times)


def measured(ground: Arena, *, times: int) -> dict[str, Any]:
    """Do so on a running installation, of which the worker is stopped."""
    from campaigns.lifecycle.operations import start_campaign
    from campaigns.rehearsing.staging import Line, plain_list, stage_account, stage_campaign

    stage = stage_account(
        ground.carrier,
        provider="voxcore",
        name="starting",
        lines=[Line(number="+918000000001", limit=LIMIT)],
        carrier_settings={"suffixes": False, "ring_seconds": [0, 0], "talk_seconds": [0.2, 0.4]},
    )
    campaign = stage_campaign(
        stage, name="starting", contact_lists=[plain_list(name="starting", contacts=LEADS * times)], retry_rules={}
    )
    ground.stack.supervisor.stop("worker-1")
    found = []
    for nth in range(times):
        ground.carrier.wait_idle(within_seconds=30)
        if not nth:
            start_campaign(campaign_id=campaign.pk, now=datetime.now(UTC), by="the benchmark")
        before = len(ground.carrier.ledger())
        began = time.monotonic()
        # As it is started in production: by nobody that has imported all of it before.
        worker = subprocess.Popen([sys.executable, "-m", *ground.stack.program("worker-1")], stderr=subprocess.DEVNULL)
        while len(ground.carrier.ledger()) == before:
            assert time.monotonic() - began < WITHIN_SECONDS, "no call was placed"
            time.sleep(0.02)
        found.append(round(time.monotonic() - began, 2))
        worker.terminate()
        worker.wait(timeout=30)
    return {"benchmark": "starting", "seconds_until_it_places": sorted(found)[len(found) // 2], "all": found}
