"""Accounts, campaigns and leads that tests start from, and what is read back of them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import count
from typing import Any

from django.db import transaction

from campaigns.claiming.reserving import Claim, claim
from campaigns.leads.enrolling import begin_enrolling, enrol_next
from campaigns.models import Attempt, CallTemplate, Campaign, CampaignState, Contact, ContactList, Lead
from dialer.models import DID, AccountGate, Agent, ProviderAccount

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PROVIDERS = {
    "voxcore": ("VOICE_BOT", {"bot_id": "b-1"}),
    "intellicall": ("CONNECT_AGENT", {}),
    "altur": ("AI_AGENT", {"agent_id": "a-1"}),
    "astradial": ("AI_AGENT", {"wss_url": "wss://agent.example.com/voice"}),
    "ivrsolutions": ("PLAY_FLOW", {"flow_id": "f-1"}),
}
_names = count(1)


def account(*, provider: str = "voxcore", fleet: int | None = 1000, **fields: Any) -> ProviderAccount:
    """Return an account; its fleet has just been read to have that much room (None: never read)."""
    made = ProviderAccount.objects.create(
        name=f"Account {next(_names)}",
        provider=provider,
        base_url="http://127.0.0.1:9",
        credentials={"api_key": "key", "push_token": "push-secret"},
        **fields,
    )
    if fleet is not None:
        set_fleet(made, available=fleet)
    return made


def set_fleet(owner: ProviderAccount, *, available: int, at: datetime = NOON) -> None:
    """Write down what the provider said of its room."""
    gates = AccountGate.objects.filter(account=owner)
    gates.update(fleet_available=available, fleet_own_live=0, fleet_measured_at=at)


def did(owner: ProviderAccount, limit: int = 100, **fields: Any) -> DID:
    """Return a DID that carries so many calls."""
    return DID.objects.create(account=owner, number=f"+9180{next(_names):08}", max_live_calls=limit, **fields)


def agent(owner: ProviderAccount, **fields: Any) -> Agent:
    """Return an agent who takes one call at a time."""
    name = f"agent.{next(_names)}"
    return Agent.objects.create(account=owner, name=name, kind="USERNAME", address=name, **fields)


def numbers(quantity: int) -> list[str]:
    """Return numbers that nobody else has."""
    return [f"+9199{next(_names):08}" for _ in range(quantity)]


def contact_list(phones: Sequence[str]) -> ContactList:
    """Return a list of these numbers."""
    made = ContactList.objects.create(name=f"List {next(_names)}", default_region="IN")
    Contact.objects.bulk_create([Contact(contact_list=made, number=number) for number in phones])
    return made


def campaign(
    owner: ProviderAccount,
    *,
    leads: int | Sequence[str] = 5,
    dids: Sequence[DID] | None = None,
    agents: Sequence[Agent] = (),
    **fields: Any,
) -> Campaign:
    """Return a running campaign whose leads are due, on a DID of its own unless ``dids`` are given."""
    action, options = PROVIDERS[owner.provider]
    template = CallTemplate.objects.create(
        name=f"Template {next(_names)}", provider=owner.provider, action=action, options=options
    )
    values: dict[str, Any] = {
        "state": CampaignState.RUNNING,
        "time_zone": "UTC",
        "window_opens": time(0),
        "window_closes": time.max,
        **fields,
    }
    # Whole at once, as a start makes it: an engine that is at work would pause one that lacks its DIDs.
    with transaction.atomic():
        made = Campaign.objects.create(name=f"Campaign {next(_names)}", account=owner, template=template, **values)
        made.contact_lists.add(contact_list(numbers(leads) if isinstance(leads, int) else leads))
        made.dids.set([did(owner)] if dids is None else dids)
        made.agents.set(agents)
    enrol_campaign(campaign_id=made.pk, now=NOON - timedelta(hours=1))
    return made


def enrol_campaign(*, campaign_id: int, now: datetime) -> int:
    """Enrol all pieces of a campaign's lists, as its start and the workers do; return how many leads are new."""
    enrolled = begin_enrolling(campaign_id=campaign_id, now=now)
    while (made := enrol_next(campaign_id=campaign_id, now=now)) is not None:
        enrolled += made
    return enrolled


def claimed(owner: ProviderAccount, *, now: datetime = NOON, room: int = 1000) -> Claim:
    """Claim once for the account."""
    return claim(account_id=owner.pk, now=now, room=room)


def taken_numbers(claimed_calls: Claim) -> list[str]:
    """Return the numbers that were reserved, in their order."""
    return [call.lead.number for call in claimed_calls.reserved]


def place(made: Campaign, *, state: str = "PLACED", now: datetime = NOON) -> Attempt:
    """Return an attempt of the campaign that has come as far as ``state``."""
    reserved = claimed(made.account, now=now, room=1).reserved[0]
    attempt = Attempt.objects.get(pk=reserved.attempt_id)
    attempt.state = state
    attempt.placing_at = None if state == "RESERVED" else now
    attempt.external_id = f"call-{uuid.uuid4()}" if state not in {"RESERVED", "PLACING", "UNCERTAIN"} else None
    attempt.save()
    return attempt


def lead_of(attempt: Attempt) -> Lead:
    """Return the attempt's lead as it is now."""
    return Lead.objects.get(pk=attempt.lead_id)


def live(owner: ProviderAccount) -> int:
    """Return how many attempts of the account are live."""
    return Attempt.objects.filter(account=owner).exclude(state="ENDED").count()
