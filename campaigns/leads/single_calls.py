"""Single calls: a number to be called once, now or at an instant. Each is a lead in a standing campaign of its account.

So one path places them, by the same rules and within the same limits as every other call.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from django.db import transaction
from django.db.models import Max

from campaigns.doorbells import ring_campaign
from campaigns.idempotency import once
from campaigns.leads.due_times import first_permitted
from campaigns.lifecycle.operations import UnableToOperate, start_campaign
from campaigns.models import CallTemplate, Campaign, CampaignState, Contact, ContactList, Lead
from campaigns.rules.order import HIGHEST_PRIORITY, Lane, rank
from dialer.models import ProviderAccount

#: The hours of a standing campaign that is made for single calls, in the account's zone; a manager may change them.
OPENS, CLOSES = time(9), time(21)
TAKES_CALLS = (CampaignState.RUNNING,)


def call_once(
    *,
    campaign: Campaign,
    number: str,
    at: datetime | None,
    variables: Mapping[str, Any],
    name: str = "",
    priority: int = HIGHEST_PRIORITY,
    idempotency_key: str | None = None,
    now: datetime,
) -> tuple[Lead, bool]:
    """Add a call to a standing campaign, due at the first permitted instant from ``at`` on; return it and whether new.

    With a key that was seen the earlier one is returned. Raises KeyReused when that was for another number or other
    variables, UnableToOperate when the campaign takes no single calls or has no hours from then on.
    """
    if not campaign.is_standing:
        raise UnableToOperate([f"{campaign.name} is no standing campaign: choose one that is."], code="not_ready")
    if campaign.state not in TAKES_CALLS:
        raise UnableToOperate([f"{campaign.name} is {campaign.get_state_display().lower()}: resume it first."])

    def add() -> Lead:
        contact = _contact(campaign, number, name)
        # The contact is locked, so that two calls to one number get different occasions.
        latest = campaign.leads.filter(number=number).aggregate(latest=Max("occasion"))["latest"]
        lead = Lead.objects.create(
            campaign=campaign,
            contact=contact,
            number=number,
            occasion=0 if latest is None else latest + 1,
            variables=dict(variables) or None,
            idempotency_key=idempotency_key,
            rank=rank(lane=Lane.FIRST_PASS, priority=priority),
            next_attempt_at=max(at or now, now),
        )
        _put_off(lead, campaign, now)
        ring_campaign(campaign)
        return lead

    return once(
        key=idempotency_key,
        what="call",
        earlier=lambda: campaign.leads.filter(idempotency_key=idempotency_key).first(),
        is_same=lambda found: (found.number, found.variables or {}) == (number, dict(variables)),
        make=add,
    )


def standing_campaign(
    *, account: ProviderAccount, template: CallTemplate, purpose: str = "Single calls", now: datetime, by: str
) -> Campaign:
    """Return the account's running standing campaign with this template for this purpose; made if there is none.

    Raises UnableToOperate with what keeps it from calling.
    """
    name = f"{purpose} · {account.name} · {template.name}"[:150]
    found = Campaign.objects.filter(name=name, account=account, template=template, is_standing=True).first()
    if found is not None:
        return found
    with transaction.atomic():
        contact_list, _ = ContactList.objects.get_or_create(name=name)
        made = Campaign.objects.create(
            name=name,
            account=account,
            template=template,
            is_standing=True,
            time_zone=account.time_zone,
            window_opens=OPENS,
            window_closes=CLOSES,
            max_attempts=1,
        )
        made.contact_lists.add(contact_list)
        made.dids.set(account.dids.filter(is_active=True))
        made.agents.set(account.agents.all())
        return start_campaign(campaign_id=made.pk, now=now, by=by)


def _put_off(lead: Lead, campaign: Campaign, now: datetime) -> None:
    """Let the call come due when every rule permits it."""
    due_at = first_permitted(campaign=campaign, lead_id=lead.pk, at=lead.next_attempt_at, now=now)
    if due_at is None:
        raise UnableToOperate(["The campaign has no hours from then on for this number."], code="not_permitted")
    lead.next_attempt_at = due_at
    lead.save(update_fields=["next_attempt_at"])


def _contact(campaign: Campaign, number: str, name: str) -> Contact:
    contact_list = campaign.contact_lists.order_by("id").first()
    if contact_list is None:
        contact_list = ContactList.objects.create(name=f"Single calls of campaign #{campaign.pk}")
        campaign.contact_lists.add(contact_list)
    Contact.objects.get_or_create(contact_list=contact_list, number=number, defaults={"name": name[:200]})
    return Contact.objects.select_for_update().get(contact_list=contact_list, number=number)
