"""Sets a rehearsal up: accounts at the sandbox carrier, DIDs, agents, templates, campaigns."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from typing import Any

from campaigns.models import CallTemplate, Campaign, Contact, ContactList
from campaigns.rehearsing.carrying import known_there
from campaigns.states import campaigns as campaign_states
from dialer import providers
from dialer.models import DID, Agent, ProviderAccount
from dialer.providers.base import Provider
from dialer.sandbox.client import SandboxClient
from dialer.sandbox.rehearsals import REHEARSALS

ALL_DAY: Mapping[str, Any] = {"window_opens": time(0, 0), "window_closes": time(23, 59, 59, 999999)}
#: What the carrier plays is wrong on purpose, and its people ask for callbacks that nobody would wait for.
UNMOVED: Mapping[str, Any] = {"pause_share_percent": None, "pause_lost_percent": None, "callback_words": []}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A DID to make, with the most calls that it may carry."""

    number: str
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """An account of ours and its twin at the carrier."""

    account: ProviderAccount
    dids: Sequence[DID]
    agents: Sequence[Agent]
    carrier_account: str
    limits: Mapping[str, Any] = field(default_factory=dict)


def stage_account(
    carrier: SandboxClient,
    *,
    provider: str,
    name: str,
    lines: Sequence[Line],
    agents: int = 0,
    max_live_calls: int | None = None,
    calls_per_second: float | None = None,
    account_fields: Mapping[str, Any] | None = None,
    carrier_settings: Mapping[str, Any] | None = None,
) -> Stage:
    """Make an account with its DIDs and agents, and tell the carrier the limits that it judges by."""
    slug = name.lower().replace(" ", "-")
    rehearsal = REHEARSALS[provider]
    account = ProviderAccount.objects.create(
        name=name,
        provider=provider,
        base_url=carrier.base_url(provider, slug),
        credentials=_credentials(providers.get(provider)),
        max_live_calls=max_live_calls,
        calls_per_second=calls_per_second,
        **(account_fields or {}),
    )
    dids = [DID.objects.create(account=account, number=line.number, max_live_calls=line.limit) for line in lines]
    people = [
        Agent.objects.create(
            account=account,
            name=f"Agent {n:02}",
            kind=rehearsal.agent_kind,
            address=rehearsal.agent_address.format(n),
        )
        for n in range(1, agents + 1)
    ]
    limits: dict[str, Any] = {"dids": {line.number: line.limit for line in lines}}
    if max_live_calls is not None:
        limits["account"] = max_live_calls
    if agents:
        limits["agents"] = {agent.address: agent.max_live_calls for agent in people}
    if calls_per_second is not None:
        limits["calls_per_second"] = calls_per_second
    settings = {"push_url": account.push_url, "limits": limits, **known_there(account)}
    carrier.configure(provider, slug, **{**settings, **(carrier_settings or {})})
    return Stage(account=account, dids=dids, agents=people, carrier_account=slug, limits=limits)


def _credentials(api: Provider) -> dict[str, str]:
    """Return credentials for an account, one for each secret that its provider knows.

    Hexadecimal digits are text and, in fours, Base64: as the providers want them.
    """
    return {field.name: secrets.token_hex(24) for field in api.credential_fields if field.secret}


def stage_campaign(
    stage: Stage,
    *,
    name: str,
    contact_lists: Sequence[ContactList],
    time_zone: str = "UTC",
    action_and_options: tuple[str, Mapping[str, Any]] | None = None,
    **fields: Any,
) -> Campaign:
    """Make a campaign, not started, on all DIDs and agents of a stage, open all day unless ``fields`` say otherwise."""
    rehearsal = REHEARSALS[stage.account.provider]
    action, options = action_and_options or (rehearsal.action, rehearsal.options)
    template = CallTemplate.objects.create(
        name=f"{name} template", provider=stage.account.provider, action=action, options=dict(options)
    )
    values = {**ALL_DAY, **UNMOVED, **fields}
    campaign = campaign_states.add_draft(
        name=name, account=stage.account, template=template, time_zone=time_zone, **values
    )
    campaign.contact_lists.set(contact_lists)
    campaign.dids.set(stage.dids)
    campaign.agents.set(stage.agents)
    return campaign


def plain_list(*, name: str, contacts: int, first_number: int = 9_100_000_000) -> ContactList:
    """Make a list of that many contacts with numbers one after the other."""
    contact_list = ContactList.objects.create(name=name, default_region="IN")
    Contact.objects.bulk_create(
        [
            Contact(contact_list=contact_list, number=f"+91{first_number + n}", name=f"Contact {n}", variables={"n": n})
            for n in range(contacts)
        ],
        batch_size=5000,
    )
    return contact_list
