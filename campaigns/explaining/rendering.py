"""What the provider would be asked for chosen contacts, without asking it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import orjson

from campaigns.claiming.campaign_reading import CampaignView
from campaigns.claiming.due import DueLead
from campaigns.claiming.new_attempts import Reserved
from campaigns.claiming.seating import Share
from campaigns.models import Campaign, Contact
from campaigns.placing.sending import placement
from campaigns.rules.ruleset import CampaignRules
from dialer.encryption import opened

#: So many contacts are rendered where none are chosen.
FIRST = 3


def render(
    *, campaign: Campaign, rules: CampaignRules, contact_ids: Sequence[int], now: datetime
) -> list[dict[str, Any]]:
    """Return, for each contact, the variables and the request of its call; without headers, as they hold the key."""
    contacts = Contact.objects.filter(contact_list__in=campaign.contact_lists.all()).order_by("id")
    chosen = contacts.filter(pk__in=contact_ids) if contact_ids else contacts[:FIRST]
    if campaign.broken:
        return [_unrendered(contact, campaign.broken) for contact in chosen]
    view, did = _view(campaign, rules), campaign.dids.filter(is_active=True).first()
    agent = campaign.agents.usable(now=now).first()
    return [
        _rendered(
            campaign,
            Reserved(
                attempt_id=0,
                reference=uuid.UUID(int=0),
                lead=DueLead(
                    id=0,
                    number=contact.number,
                    contact_id=contact.pk,
                    name=contact.name,
                    external_reference=contact.external_reference,
                    variables=contact.variables,
                ),
                campaign=view,
                did_number=did.number if did else None,
                agent=(agent.kind, agent.address) if agent else None,
                send_at=now,
            ),
        )
        for contact in chosen
    ]


def _unrendered(contact: Contact, problem: str) -> dict[str, Any]:
    return {"contact": contact.pk, "number": contact.number, "variables": {}, "problem": problem, "request": None}


def _view(campaign: Campaign, rules: CampaignRules) -> CampaignView:
    template = campaign.template
    return CampaignView(
        id=campaign.pk,
        rules=rules,
        action=template.action,
        options=template.options,
        variable_names=template.variables,
        max_ring_seconds=template.max_ring_seconds,
        record=template.record,
        share=Share(campaign_id=campaign.pk, weight=1, live=0, limit=None, dids=[], agents=None),
        did_numbers={},
        agent_addresses={},
    )


def _without_secrets(text: str, campaign: Campaign) -> str:
    """Some providers take the key in the body, and some options of a template are secret."""
    options = opened(campaign.template.options)
    hidden = [options.get(field.name) for field in campaign.template.option_fields if field.secret]
    for secret in (*campaign.account.credentials.values(), *hidden):
        if secret:
            text = text.replace(str(secret), "…")
    return text


def _rendered(campaign: Campaign, call: Reserved) -> dict[str, Any]:
    rendered: dict[str, Any] = {"contact": call.lead.contact_id, "number": call.lead.number, "variables": {}}
    try:
        found = placement(call)
        rendered["variables"] = dict(found.variables)
        request = campaign.account.api.build_place(account=campaign.account.config, placement=found)
    except (ValueError, TypeError, KeyError) as error:
        return {**rendered, "problem": f"The request cannot be built: {error}", "request": None}
    body: Any = _without_secrets(request.body.decode(errors="replace"), campaign)
    with suppress(orjson.JSONDecodeError):
        body = orjson.loads(body)
    return {
        **rendered,
        "problem": "",
        "request": {"method": request.method, "path": _without_secrets(request.path, campaign), "body": body},
    }
