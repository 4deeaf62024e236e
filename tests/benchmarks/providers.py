"""A campaign on each provider while a share of pushes, requests and replies goes wrong: does every lead end rightly?

5 % of pushes lost, 5 % doubled, 2 % of requests timed out (half of them rang), 3 % of replies broken. Judged by the
carrier's ledger; an attempt may end without the provider's word only where nothing could tell of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from tests.benchmarks.arena import Arena, arena

SHOWS = ("voxcore", "altur", "astradial", "ivrsolutions", "intellicall", "hosted")
FAULTS = {
    "push_lost": 0.05,
    "push_doubled": 0.05,
    "timeout_rang": 0.01,
    "timeout_not_rang": 0.01,
    "garbage_reply": 0.02,
    "http_500_rang": 0.01,
}
#: Simulated seconds; the carrier's clock runs faster by the factor.
TIME_FACTOR = 20.0
CALLS: dict[str, Any] = {
    "suffixes": False,
    "outcomes": {"ANSWERED": 0.6, "NO_ANSWER": 0.2, "BUSY": 0.1, "FAILED": 0.05, "MACHINE": 0.05},
    "agent_ring_seconds": [1, 3],
    "ring_seconds": [3, 10],
    "talk_seconds": [10, 60],
    # Real seconds, beyond the account's reply time-out.
    "timeout_seconds": 4,
    "faults": FAULTS,
}
LINES, CALLS_EACH, AGENTS = 4, 15, 60
PATIENCE = {"max_call_seconds": 8, "poll_after_seconds": 3, "reply_timeout_seconds": 2}
RETRIES: dict[str, Any] = {"max_attempts": 2, "retry_rules": {"NO_ANSWER": 6, "BUSY": 6, "FAILED": 6}}
WITHIN_SECONDS = 300.0


def run(*, leads: int, only: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    """Run a campaign of ``leads`` leads each way, one after the other, and yield a row of figures for each."""
    with arena(name="providers") as ground:
        for number, show in enumerate(SHOWS):
            if not only or show in only:
                yield _run(ground, show, leads=leads, number=number)


def _run(ground: Arena, show: str, *, leads: int, number: int) -> dict[str, Any]:
    from campaigns.lifecycle.operations import start_campaign
    from campaigns.models import Attempt, Lead
    from campaigns.rehearsing.roles import role_campaign, roles, stage_role
    from campaigns.rehearsing.staging import Line, plain_list
    from campaigns.rehearsing.verdict import disagreements, identified
    from campaigns.rehearsing.watching import watch

    ground.carrier.reset(seed=1, time_factor=TIME_FACTOR)
    role = roles()[show]
    stage = stage_role(
        ground.carrier,
        role=role,
        name=f"bench {show}",
        lines=[Line(number=f"+9180000{number}000{n}", limit=CALLS_EACH) for n in range(LINES)],
        agents=AGENTS,
        account_fields=PATIENCE,
        carrier_settings=CALLS,
    )
    contacts = plain_list(name=f"bench {show}", contacts=leads, first_number=9_100_000_000 + number * 1_000_000)
    campaign = role_campaign(
        stage, role=role, name=f"bench {show}", contact_lists=[contacts], max_ring_seconds=12, **RETRIES
    )
    start_campaign(campaign_id=campaign.pk, now=datetime.now(UTC), by="the benchmark")
    seen = watch(campaign_ids=[campaign.pk], within_seconds=WITHIN_SECONDS)
    verdict = ground.carrier.wait_idle(within_seconds=60)
    ledger = ground.carrier.ledger()
    found = disagreements(campaign_ids=[campaign.pk], ledger=ledger)
    attempts = Attempt.objects.filter(campaign=campaign)
    figures = verdict["accounts"][f"{role.provider}/{stage.carrier_account}"]
    return {
        "provider": show,
        "leads": leads,
        "leads_not_ended": Lead.objects.filter(campaign=campaign, state__in=["PENDING", "DIALING"]).count(),
        "lead_states": dict(Counter(Lead.objects.filter(campaign=campaign).values_list("state", flat=True))),
        "outcomes": dict(Counter(attempts.values_list("outcome", flat=True))),
        "told_by": dict(Counter(attempts.exclude(outcome_source="").values_list("outcome_source", flat=True))),
        "rang_but_untold": _untold(attempts, identified(ledger, campaign_ids=[campaign.pk])),
        "disagreed_on": attempts.exclude(disagreement="").count(),
        "lookups": figures["lookups"],
        "requests": figures["requests"],
        "violations": [*verdict["violations"], *found],
        "seconds": round(seen.ended_at - seen.started_at, 1),
    }


def _untold(attempts: Any, ledger: Sequence[Any]) -> dict[str, int]:
    """Return, by what had gone wrong, how many calls rang whose end we never learnt."""
    untold = attempts.filter(outcome__in=["LOST", "UNCERTAIN"])
    unknown = {str(reference) for reference in untold.values_list("reference", flat=True)}
    return dict(
        Counter(row["fault"] or "none" for row in ledger if row["reference"] in unknown and row["rang_at"] is not None)
    )
