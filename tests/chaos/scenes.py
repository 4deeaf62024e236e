"""Accounts and campaigns with calls of a fraction of a second, and ways to wait for what happens to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from campaigns.lifecycle.operations import start_campaign
from campaigns.models import Attempt, Campaign, ContactList, Lead
from campaigns.rehearsing.staging import Line, Stage, plain_list, stage_account, stage_campaign
from dialer.models import DID
from tests.chaos.arena import Arena, now

#: Calls of 0.05 to 0.2 s, one for every outcome.
SHORT_CALLS: Mapping[str, Any] = {
    "suffixes": False,
    "outcomes": {"ANSWERED": 0.7, "NO_ANSWER": 0.15, "BUSY": 0.1, "FAILED": 0.05},
    "agent_ring_seconds": [0.0, 0.02],
    "ring_seconds": [0.02, 0.08],
    "talk_seconds": [0.03, 0.12],
}
#: With these an attempt without news is called UNCERTAIN after 6 s and ended after 12 s.
IMPATIENT: Mapping[str, Any] = {"max_call_seconds": 1, "reply_timeout_seconds": 1, "poll_after_seconds": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A campaign and the account it calls from."""

    stage: Stage
    campaign: Campaign

    @property
    def slug(self) -> str:
        """The provider."""
        return self.stage.account.provider

    def change(self, arena: Arena, **settings: Any) -> None:
        """Change settings of the account at the carrier."""
        arena.carrier.change(self.slug, self.stage.carrier_account, **settings)


def set_stage(
    arena: Arena,
    *,
    provider: str = "voxcore",
    lines: Sequence[int] = (8,),
    agents: int = 0,
    account_fields: Mapping[str, Any] | None = None,
    carrier_settings: Mapping[str, Any] | None = None,
    **limits: Any,
) -> Stage:
    """Make an account with a DID for each of ``lines``, the most calls that it may carry."""
    first = arena.new_numbers(len(lines))
    return stage_account(
        arena.carrier,
        provider=provider,
        name=arena.new_name("Chaos"),
        lines=[Line(number=f"+91{first + n}", limit=limit) for n, limit in enumerate(lines)],
        agents=agents,
        account_fields={**IMPATIENT, **(account_fields or {})},
        carrier_settings={**SHORT_CALLS, **(carrier_settings or {})},
        **limits,
    )


def new_list(arena: Arena, contacts: int) -> ContactList:
    """Make a list of contacts that no other list has."""
    return plain_list(name=arena.new_name("List"), contacts=contacts, first_number=arena.new_numbers(contacts))


def add_campaign(arena: Arena, stage: Stage, *, contact_list: ContactList, **fields: Any) -> Scene:
    """Make a campaign, not started; one attempt for each lead unless ``fields`` say otherwise."""
    values = {"max_attempts": 1, "retry_rules": {}, **fields}
    campaign = stage_campaign(stage, name=arena.new_name("Campaign"), contact_lists=[contact_list], **values)
    campaign.template.max_ring_seconds = 1
    campaign.template.save()
    return Scene(stage=stage, campaign=campaign)


def set_scene(arena: Arena, *, contacts: int, fields: Mapping[str, Any] | None = None, **stage: Any) -> Scene:
    """Make an account and a campaign over a list of its own, not started."""
    contact_list = new_list(arena, contacts)
    return add_campaign(arena, set_stage(arena, **stage), contact_list=contact_list, **(fields or {}))


def start(*scenes: Scene) -> None:
    """Start campaigns."""
    for scene in scenes:
        start_campaign(campaign_id=scene.campaign.pk, now=now(), by="chaos")


def hurry(arena: Arena, scene: Scene) -> None:
    """Give the campaign more lines and shorter calls, so that its rest is soon over."""
    did = scene.stage.dids[0]
    scene.change(arena, limits={"dids": {did.number: 60}}, talk_seconds=[0.02, 0.05], reply_delay_seconds=[0, 0])
    DID.objects.filter(pk=did.pk).update(max_live_calls=60)


def requests(arena: Arena, scene: Scene) -> list[dict[str, Any]]:
    """Return the ledger's rows of a scene's account."""
    return [row for row in arena.carrier.ledger() if row["account"] == scene.stage.carrier_account]


def wait_for_requests(arena: Arena, count: int) -> None:
    """Wait until the carrier has had so many requests."""
    arena.in_time(lambda: arena.carrier.summary()["requests"] >= count)


def wait_for_end(arena: Arena, *scenes: Scene) -> None:
    """Wait until campaigns are completed. Raises SandboxError when they are not in time."""
    ids = [scene.campaign.pk for scene in scenes]
    arena.in_time(lambda: not Campaign.objects.filter(pk__in=ids).exclude(state="COMPLETED").exists())


def placing(*scenes: Scene) -> int:
    """Return how many requests are on their way or wait for a reply."""
    return Attempt.objects.filter(campaign__in=[scene.campaign for scene in scenes], state="PLACING").count()


def open_leads(*scenes: Scene) -> int:
    """Return how many leads have not ended."""
    campaigns = [scene.campaign for scene in scenes]
    return Lead.objects.filter(campaign__in=campaigns, state__in=["PENDING", "DIALING"]).count()
