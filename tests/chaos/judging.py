"""Holds what we believe against the ledger: every sentence that comes back is a broken promise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from campaigns.models import LEAD_ENDS, Attempt, Lead
from campaigns.placing.fence import SEND_WITHIN_SECONDS
from campaigns.rehearsing.verdict import identified
from tests.chaos.arena import PATIENCE_SECONDS, Arena
from tests.chaos.scenes import Scene

#: Ends that say that nobody told us: allowed only where the carrier could not tell us.
UNTOLD = frozenset({"LOST", "UNCERTAIN"})
#: From a request's first byte to the carrier's note of it, on a machine that is busy.
ON_THE_WAY_SECONDS = 0.5


def judge(
    arena: Arena, *scenes: Scene, untold: bool = False, campaign_states: Collection[str] = ("COMPLETED",)
) -> None:
    """Assert that no promise was broken. ``untold``: pushes were lost, so that calls may be LOST or UNCERTAIN."""
    found = broken(arena, *scenes, untold=untold, campaign_states=campaign_states)
    assert not found, "\n".join(found[:40])


def broken(
    arena: Arena,
    *scenes: Scene,
    untold: bool = False,
    campaign_states: Collection[str] = ("COMPLETED",),
    on_the_way_seconds: float = ON_THE_WAY_SECONDS,
) -> list[str]:
    """Return what breaks a promise, a sentence each. ``on_the_way_seconds``: as late the carrier may read a request."""
    summary = arena.carrier.wait_idle(within_seconds=PATIENCE_SECONDS)
    found = list(summary["violations"])
    for scene in scenes:
        attempts = list(Attempt.objects.filter(account=scene.stage.account, campaign=scene.campaign))
        references = {str(attempt.reference) for attempt in attempts}
        ledger = identified(arena.carrier.ledger(), campaign_ids=[scene.campaign.pk])
        rows = {row["reference"]: row for row in ledger if row["reference"] in references}
        found += _of_campaign(scene, campaign_states)
        found += _of_leads(scene, attempts)
        for attempt in attempts:
            row = rows.get(str(attempt.reference))
            found += _of_attempt(attempt, row, untold=untold, on_the_way_seconds=on_the_way_seconds)
    found += _strangers(arena, scenes)
    return found


def _of_campaign(scene: Scene, states: Collection[str]) -> Iterable[str]:
    scene.campaign.refresh_from_db()
    if scene.campaign.state not in states:
        yield f"Campaign {scene.campaign.pk} is {scene.campaign.state}: {scene.campaign.state_reason}"


def _of_leads(scene: Scene, attempts: list[Attempt]) -> Iterable[str]:
    burned = Counter(attempt.lead_id for attempt in attempts if attempt.is_burned)
    leads = list(Lead.objects.filter(campaign=scene.campaign))
    contacts = set(scene.campaign.contact_lists.values_list("contacts__number", flat=True))
    if {lead.number for lead in leads} != contacts:
        yield f"{len(leads)} leads of {len(contacts)} contacts"
    for lead in leads:
        if lead.state not in LEAD_ENDS:
            yield f"Lead {lead.pk} is stuck in {lead.state} ({lead.state_reason})"
        if lead.attempts_made != burned[lead.pk]:
            yield f"Lead {lead.pk} counts {lead.attempts_made} attempts, {burned[lead.pk]} were burned"
        if burned[lead.pk] > scene.campaign.max_attempts:
            yield f"Lead {lead.pk} had {burned[lead.pk]} attempts of {scene.campaign.max_attempts}"


def _of_attempt(
    attempt: Attempt, row: Mapping[str, Any] | None, *, untold: bool, on_the_way_seconds: float
) -> Iterable[str]:
    name = f"Attempt {attempt.pk} ({attempt.state}, {attempt.outcome}, {attempt.detail!r})"
    if attempt.state != "ENDED":
        yield f"{name} is live still"
        return
    if row is None:
        # Nothing reached the carrier: then nobody may be said to have been called.
        if attempt.outcome not in UNTOLD | {"CANCELED", "REFUSED"}:
            yield f"{name} is not in the ledger"
        return
    if attempt.placing_at is None:
        yield f"{name} was requested without being PLACING"
    elif row["requested_at"] - attempt.placing_at.timestamp() > SEND_WITHIN_SECONDS + on_the_way_seconds:
        yield f"{name} left {row['requested_at'] - attempt.placing_at.timestamp():.1f} s after its turn"
    if attempt.outcome in UNTOLD:
        told = [status for _, status in row["pushes"] if status is not None and 200 <= status < 300]
        if told or not untold:
            yield f"{name} was {row['outcome']} by the ledger, pushes {row['pushes']}, fault {row['fault']}"
    elif attempt.outcome != row["outcome"]:
        yield f"{name} was {row['outcome']} by the ledger"
    if not attempt.is_burned and row["rang_at"] is not None:
        yield f"{name} rang and was not counted"


def _strangers(arena: Arena, scenes: Collection[Scene]) -> Iterable[str]:
    """Requests that no attempt of ours knows."""
    accounts = {scene.stage.carrier_account: scene.stage.account for scene in scenes}
    known = set(map(str, Attempt.objects.filter(account__in=accounts.values()).values_list("reference", flat=True)))
    campaign_ids = [scene.campaign.pk for scene in scenes]
    for row in identified(arena.carrier.ledger(), campaign_ids=campaign_ids):
        if row["account"] in accounts and row["reference"] not in known:
            yield f"Row {row['id']} of the ledger is of no attempt"
