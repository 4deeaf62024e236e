"""Astradial as its public server is: a campaign to each kind of destination, compared lead by lead with the ledger.

All run at once, on accounts of their own. Where nothing in that server tells of a call (an AI call that nobody answered
has neither event nor row), LOST is all that can be known: such calls are counted apart, as ``untellable``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tests.benchmarks.arena import Arena, arena

SLUG = "astradial"
OUTSIDE = "08040001234"
#: What the call does, and its options.
KINDS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "extension": ("CONNECT_TARGET", {"target": "2001", "to_type": "extension"}),
    "queue": ("CONNECT_TARGET", {"target": "5001", "to_type": "queue"}),
    "ivr": ("CONNECT_TARGET", {"target": "6001", "to_type": "ivr"}),
    "external": ("CONNECT_TARGET", {"target": OUTSIDE, "to_type": "external"}),
    "ai_agent": ("CONNECT_TARGET", {"target": "7001", "to_type": "ai_agent"}),
    "originate-to-ai": ("AI_AGENT", {"wss_url": "wss://agent.example.com/voice"}),
    "agent": ("CONNECT_AGENT", {}),
}
#: Simulated seconds; the carrier's clock runs faster by the factor.
TIME_FACTOR = 20.0
CARRIER: Mapping[str, Any] = {
    "reply_form": "server",
    "external_targets": [OUTSIDE],
    "suffixes": False,
    "outcomes": {"ANSWERED": 0.6, "NO_ANSWER": 0.2, "BUSY": 0.1, "FAILED": 0.05, "CANCELED": 0.05},
    "agent_ring_seconds": [1, 3],
    "ring_seconds": [3, 10],
    "talk_seconds": [10, 60],
}
LINES, CALLS_EACH, AGENTS = 2, 10, 20
PATIENCE = {"max_call_seconds": 8, "poll_after_seconds": 3, "reply_timeout_seconds": 2}
#: An agent who did not answer is concluded from two readings of the log, which come minutes after the deadline.
WITHIN_SECONDS = 600.0


def run(*, leads: int, only: Sequence[str] | None = None) -> dict[str, Any]:
    """Run a campaign of ``leads`` leads to each kind, at once, and return how many ended as the ledger says."""
    with arena(name="server_shape") as ground:
        return _run(ground, {kind: KINDS[kind] for kind in only or KINDS}, leads=leads)


def _run(ground: Arena, kinds: Mapping[str, tuple[str, Mapping[str, Any]]], *, leads: int) -> dict[str, Any]:
    from campaigns.lifecycle.operations import start_campaign
    from campaigns.rehearsing.verdict import disagreements, identified
    from campaigns.rehearsing.watching import watch

    ground.carrier.reset(seed=1, time_factor=TIME_FACTOR)
    campaigns = {kind: _campaign(ground, kind, leads=leads, place=place) for place, kind in enumerate(kinds)}
    for campaign in campaigns.values():
        start_campaign(campaign_id=campaign.pk, now=datetime.now(UTC), by="the benchmark")
    ids = [campaign.pk for campaign in campaigns.values()]
    seen = watch(campaign_ids=ids, within_seconds=WITHIN_SECONDS)
    verdict = ground.carrier.wait_idle(within_seconds=60)
    ledger = ground.carrier.ledger()
    calls = {row["reference"]: row for row in identified(ledger, campaign_ids=ids)}
    rows = {kind: _judged(campaign.pk, calls, kinds[kind]) for kind, campaign in campaigns.items()}
    violations = [*verdict["violations"], *disagreements(campaign_ids=ids, ledger=ledger)]
    return {
        "leads_each": leads,
        "kinds": rows,
        "seconds": round(seen.ended_at - seen.started_at, 1),
        "violations": violations,
        "is_good": not violations and all(row["right_share"] >= 0.97 for row in rows.values()),
    }


def _campaign(ground: Arena, kind: str, *, leads: int, place: int) -> Any:
    from campaigns.rehearsing.staging import Line, plain_list, stage_account, stage_campaign

    action, options = KINDS[kind]
    stage = stage_account(
        ground.carrier,
        provider=SLUG,
        name=f"server {kind}",
        lines=[Line(number=f"+91800{place:02}0000{n}", limit=CALLS_EACH) for n in range(LINES)],
        agents=AGENTS if action == "CONNECT_AGENT" else 0,
        account_fields=PATIENCE,
        carrier_settings=CARRIER,
    )
    contacts = plain_list(name=f"server {kind}", contacts=leads, first_number=9_100_000_000 + place * 1_000_000)
    campaign = stage_campaign(
        stage,
        name=f"server {kind}",
        contact_lists=[contacts],
        action_and_options=(action, options),
        max_attempts=1,
        retry_rules={},
    )
    campaign.template.max_ring_seconds = 12
    campaign.template.save(update_fields=["max_ring_seconds"])
    return campaign


def _judged(
    campaign_id: int, calls: Mapping[str, Mapping[str, Any]], kind: tuple[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """Return of a campaign's attempts how many ended as the ledger says, and each kind of difference by name."""
    from campaigns.models import Attempt

    right, untellable, wrong = 0, 0, Counter[str]()
    to_ai = "ai_agent" in (kind[1].get("to_type"), kind[0].lower())
    attempts = Attempt.objects.filter(campaign_id=campaign_id, placing_at__isnull=False)
    for reference, outcome in attempts.values_list("reference", "outcome"):
        call = calls.get(str(reference))
        happened = call["outcome"] if call and call["started_at"] is not None else None
        if _agrees(outcome, happened):
            right += 1
        elif to_ai and outcome == "LOST" and call is not None and call["answered_at"] is None:
            untellable += 1
        else:
            wrong[f"{happened} as {outcome}"] += 1
    tellable = right + wrong.total()
    return {
        "attempts": tellable + untellable,
        "right": right,
        "untellable": untellable,
        "wrong": dict(wrong),
        "right_share": round(right / tellable, 4) if tellable else 0.0,
    }


def _agrees(outcome: str | None, happened: str | None) -> bool:
    from dialer.sandbox.rehearsals import arrives_as

    return happened is not None and outcome in arrives_as(slug=SLUG, outcome=happened)
