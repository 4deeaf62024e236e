"""The ways in which a campaign can run: call by call at each provider, and on a provider's own dialer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from campaigns.models import Campaign, ContactList, RunsOn
from campaigns.rehearsing.staging import Line, Stage, stage_account, stage_campaign
from dialer import providers
from dialer.providers.base import Action
from dialer.sandbox.client import SandboxClient

#: Of the hosted dialer's spoken text, at the carrier and in our template.
TEXT_TEMPLATE = "reminder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """One way of running a campaign. ``name`` is its key in summaries."""

    name: str
    title: str
    provider: str
    runs_on: str = RunsOn.HERE
    action_and_options: tuple[Action, Mapping[str, Any]] | None = None
    carrier_settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_hosted(self) -> bool:
        """Return whether the provider's own dialer places the calls."""
        return self.runs_on == RunsOn.PROVIDER


ROLES: Mapping[str, Role] = {
    role.name: role
    for role in (
        Role(name="voxcore", title="VoxCore", provider="voxcore"),
        Role(name="altur", title="Altur", provider="altur"),
        Role(name="astradial", title="Astradial", provider="astradial"),
        Role(name="ivrsolutions", title="IVR Solutions", provider="ivrsolutions"),
        Role(name="intellicall", title="Intellicall", provider="intellicall"),
        Role(
            name="hosted",
            title="IVR Solutions hosted",
            provider="ivrsolutions",
            runs_on=RunsOn.PROVIDER,
            action_and_options=(Action.SPEAK_TEXT, {"template_name": TEXT_TEMPLATE}),
            carrier_settings={"templates": [TEXT_TEMPLATE]},
        ),
    )
}


def stage_role(
    carrier: SandboxClient,
    *,
    role: Role,
    name: str,
    lines: Sequence[Line],
    agents: int,
    account_fields: Mapping[str, Any],
    carrier_settings: Mapping[str, Any],
) -> Stage:
    """Make the account of a role; agents only where its calls need them. A hosted campaign calls from one DID."""
    if role.is_hosted:
        lines = [Line(number=lines[0].number, limit=sum(line.limit for line in lines))]
    needs_agents = providers.get(role.provider).capabilities.needs_agent
    return stage_account(
        carrier,
        provider=role.provider,
        name=name,
        lines=lines,
        agents=agents if needs_agents else 0,
        account_fields=account_fields,
        carrier_settings={**carrier_settings, **role.carrier_settings},
    )


def role_campaign(
    stage: Stage, *, role: Role, name: str, contact_lists: Sequence[ContactList], max_ring_seconds: int, **fields: Any
) -> Campaign:
    """Make a role's campaign, not started."""
    campaign = stage_campaign(
        stage,
        name=name,
        contact_lists=contact_lists,
        action_and_options=role.action_and_options,
        runs_on=role.runs_on,
        **fields,
    )
    campaign.template.max_ring_seconds = max_ring_seconds
    campaign.template.save(update_fields=["max_ring_seconds"])
    return campaign
