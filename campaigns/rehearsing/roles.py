"""The ways in which a campaign can run: call by call at each provider, and on a provider's own dialer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from campaigns.models import Campaign, ContactList, RunsOn
from campaigns.rehearsing.staging import Line, Stage, stage_account, stage_campaign
from dialer import providers
from dialer.sandbox.client import SandboxClient
from dialer.sandbox.rehearsals import REHEARSALS


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """One way of running a campaign. ``name`` is its key in summaries."""

    name: str
    title: str
    provider: str
    runs_on: str = RunsOn.HERE
    action_and_options: tuple[str, Mapping[str, Any]] | None = None
    carrier_settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_hosted(self) -> bool:
        """Return whether the provider's own dialer places the calls."""
        return self.runs_on == RunsOn.PROVIDER


def rehearsable() -> tuple[str, ...]:
    """Return the providers that can be rehearsed: those of the registry whose API the sandbox carrier speaks."""
    return tuple(slug for slug in providers.slugs() if slug in REHEARSALS)


def bots() -> str:
    """Return the provider of the short demo whose bots talk by themselves, in a fleet that says its room."""
    return next(slug for slug in rehearsable() if providers.get(slug).capabilities.reports_capacity)


def people() -> str:
    """Return the provider of the short demo whose every call rings a human agent."""
    return next(slug for slug in rehearsable() if providers.get(slug).capabilities.needs_agent)


def roles() -> dict[str, Role]:
    """Return every way by its name: each provider call by call, the bots' first, then each provider's own dialer."""
    found = [Role(name=slug, title=providers.get(slug).name, provider=slug) for slug in rehearsable()]
    found.sort(key=lambda role: role.name != bots())
    return {role.name: role for role in (*found, *_hosted())}


def _hosted() -> Iterator[Role]:
    """Give the ways on a provider's own dialer; the first is called ``hosted``."""
    able = [slug for slug in rehearsable() if REHEARSALS[slug].hosted is not None]
    for place, slug in enumerate(able):
        hosted = REHEARSALS[slug].hosted
        assert hosted is not None
        yield Role(
            name="hosted" if place == 0 else f"hosted_{slug}",
            title=f"{providers.get(slug).name} hosted",
            provider=slug,
            runs_on=RunsOn.PROVIDER,
            action_and_options=(hosted.action, hosted.options),
            carrier_settings=hosted.settings,
        )


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
