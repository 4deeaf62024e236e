"""Single calls: a number to be called once, now or at an instant. Each is a lead in a standing campaign of its account.

So one path places them, by the same rules and within the same limits as every other call.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection

from campaigns.acts import CALL
from campaigns.doorbells import ring_campaign
from campaigns.idempotency import once
from campaigns.leads.due_times import first_permitted
from campaigns.models import Campaign, CampaignState, Contact, ContactList, Lead
from campaigns.rules.order import HIGHEST_PRIORITY, Lane, rank
from campaigns.states import new_leads
from campaigns.states.campaigns import UnableToOperate
from dialer.audit import record

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
        with connection.cursor() as cursor:
            lead_id = new_leads.add_single(
                cursor,
                campaign_id=campaign.pk,
                contact_id=contact.pk,
                number=number,
                variables=variables,
                idempotency_key=idempotency_key,
                rank=rank(lane=Lane.FIRST_PASS, priority=priority),
                due_at=max(at or now, now),
            )
        lead = Lead.objects.get(pk=lead_id)
        _put_off(lead, campaign, now)
        record(act=CALL.name, what="Call to one number", subject=lead, now=now)
        ring_campaign(campaign)
        return lead

    return once(
        key=idempotency_key,
        what="call",
        earlier=lambda: campaign.leads.filter(idempotency_key=idempotency_key).first(),
        is_same=lambda found: (found.number, found.variables or {}) == (number, dict(variables)),
        make=add,
    )


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
    # Locked, so that two calls to one number get different occasions. An INSERT of a lead for it needs its key, and
    # goes on. Until there is one: the number of the one that was found may be corrected at this moment.
    locked = Contact.objects.select_for_update(no_key=True).filter(contact_list=contact_list, number=number)
    while True:
        Contact.objects.get_or_create(contact_list=contact_list, number=number, defaults={"name": name[:200]})
        if (contact := locked.first()) is not None:
            return contact
