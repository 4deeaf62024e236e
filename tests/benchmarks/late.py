"""How full the lines are kept at VoxCore when results come late or never, also while the web server is away.

Limit 20. Calls of 1-3 s with pushes 3-6 s late, 2 % of them lost; then calls of 30-60 s with pushes 60-120 s late, run
at four times their speed: the carrier's seconds, the intervals of the fleet's questions and the waits all shorten alike
but for the questions, which stay as they are, so that this measures the harder case. Judged by the carrier's ledger.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from tests.benchmarks.arena import Arena, arena

LIMIT = 20
DID = "+918000000001"


@dataclass(frozen=True)
class Load:
    """Calls of one length, with pushes that come so late; seconds as the carrier keeps them."""

    name: str
    leads: int
    talk_seconds: tuple[float, float]
    late_seconds: tuple[float, float]
    time_factor: float
    poll_seconds: float
    within_seconds: float


SHORT = Load("1-3 s", 400, (1, 3), (3, 6), 1, 0.1, 240)
LONG = Load("30-60 s", 120, (30, 60), (60, 120), 4, 0.5, 400)
AWAY = Load("1-3 s web away for 30 s", 600, (1, 3), (3, 6), 1, 0.1, 300)
AWAY_SECONDS = 30.0
BACK_WITHIN_SECONDS = 10.0


def run(*, only: list[str] | None = None, poll_seconds: float | None = None) -> dict[str, Any]:
    """Run the loads and return the figures of all."""
    wanted = [(load, True, False) for load in (SHORT, LONG) if not only or load.name in only]
    wanted += [(AWAY, uses_bound, True) for uses_bound in (True, False) if not only or "away" in only]
    with arena(workers=1, name="late") as ground:
        rows = [
            _run(ground, load, uses_bound=uses_bound, away=away, poll_seconds=poll_seconds)
            for load, uses_bound, away in wanted
        ]
    return {"loads": rows, "is_good": all(row["is_good"] for row in rows)}


def _run(
    ground: Arena, load: Load, *, uses_bound: bool, away: bool = False, poll_seconds: float | None = None
) -> dict[str, Any]:
    from campaigns.lifecycle.operations import start_campaign
    from campaigns.models import Attempt, CampaignNotice
    from campaigns.rehearsing.staging import Line, plain_list, stage_account, stage_campaign
    from dialer.models import AccountGate, ProviderAccount

    title = f"{load.name} {'by the fleet' if uses_bound else 'by results'}"
    ground.carrier.reset(seed=1, time_factor=load.time_factor)
    stage = stage_account(
        ground.carrier,
        provider="voxcore",
        name=title,
        lines=[Line(number=DID, limit=LIMIT)],
        account_fields={
            "max_call_seconds": int(load.talk_seconds[1] + load.late_seconds[1]) + 30,
            "uses_fleet_bound": uses_bound,
            # The carrier's fleet is always current.
            "fleet_lag_seconds": 0,
            "fleet_poll_seconds": poll_seconds or load.poll_seconds,
        },
        carrier_settings={
            "suffixes": False,
            "ring_seconds": [0, 0],
            "talk_seconds": list(load.talk_seconds),
            "push_delay_seconds": list(load.late_seconds),
            "faults": {"push_lost": 0.02},
            "outcomes": {"ANSWERED": 1.0},
        },
    )
    contacts = plain_list(name=title, contacts=load.leads)
    campaign = stage_campaign(stage, name=title, contact_lists=[contacts], retry_rules={})
    start_campaign(campaign_id=campaign.pk, now=datetime.now(UTC), by="the benchmark")
    outage = _go_away(ground) if away else {}
    deadline = time.monotonic() + load.within_seconds
    tracks: set[datetime | None] = set()
    while not away and Attempt.objects.filter(campaign=campaign).count() < load.leads and time.monotonic() < deadline:
        tracks.add(AccountGate.objects.get(account_id=campaign.account_id).fleet_followed_since)
        time.sleep(0.2)
    rows = ground.carrier.ledger()
    starts = sorted(row["started_at"] for row in rows if row["started_at"] is not None)
    # From when the lines are full until nobody waits any more.
    found = ground.carrier.fill(
        slug="voxcore", account=stage.carrier_account, intervals=[(starts[0] + 0.5, starts[-1])], limit=LIMIT
    )
    summary = ground.carrier.summary()
    account = summary["accounts"][f"voxcore/{stage.carrier_account}"]
    share = found["mean_live"] / LIMIT
    row = {
        "load": title,
        "limit": LIMIT,
        "time_factor": load.time_factor,
        "fleet_poll_seconds": poll_seconds or load.poll_seconds,
        "calls": len(starts),
        "mean_live_share": round(share, 4),
        "peak": account["peak"],
        "seconds_over": account["dids"][DID]["seconds_over"],
        "violations": summary["violations"],
        "fleet_questions": account["lookups"]["capacity"] if "lookups" in account else None,
        # How often the readings began anew: calls from before are not covered, and hold their lines.
        "longest_wait_between_starts": round(max(b - a for a, b in pairwise(starts)), 2),
        "tracks": None if away else len(tracks - {None}),
        "is_still_used": ProviderAccount.objects.get(pk=campaign.account_id).uses_fleet_bound,
        "notices": list(CampaignNotice.objects.filter(kind="FLEET_BOUND_OFF").values_list("text", flat=True)),
    }
    if away:
        back = outage["back_at"]
        first = next((at for at in starts if at > back), None)
        row |= {
            "calls_while_away": sum(outage["away_at"] < at < back for at in starts),
            "placing_again_after_seconds": round(first - back, 2) if first else None,
        }
        # By results alone all lines wait for the deadlines of calls whose pushes are lost: shown beside it.
        good = not uses_bound or (first is not None and first - back <= BACK_WITHIN_SECONDS)
    else:
        good = share >= 0.9
    row["is_good"] = bool(good and not row["violations"] and not row["seconds_over"])
    _end(ground, campaign)
    print(row, file=sys.stderr, flush=True)
    return row


def _go_away(ground: Arena) -> dict[str, float]:
    """Stop the web server for a while, and wait for some calls afterwards."""
    time.sleep(10)
    away_at = time.time()
    ground.stack.supervisor.kill("web")
    time.sleep(AWAY_SECONDS)
    ground.stack.start_one("web")
    ground.stack.wait_ready("web")
    back_at = time.time()
    time.sleep(BACK_WITHIN_SECONDS + 2)
    return {"away_at": away_at, "back_at": back_at}


def _end(ground: Arena, campaign: Any) -> None:
    from campaigns.lifecycle.operations import stop_campaign

    stop_campaign(campaign_id=campaign.pk, now=datetime.now(UTC), by="the benchmark")
    ground.carrier.hangup_all()
