"""The first instant from a wished one on at which a lead may be called, for those who set due times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from campaigns.models import Campaign, Lead
from campaigns.rules.campaign import calls_of, read_rules
from campaigns.rules.deciding import LeadFacts, contact_zones
from campaigns.rules.ruleset import CampaignRules


class Due(NamedTuple):
    """When a new lead is due (UTC), and why not before."""

    at: datetime
    reason: str


def first_permitted(*, campaign: Campaign, lead_id: int, at: datetime, now: datetime) -> datetime | None:
    """Return the first instant (UTC) from ``at`` on that every rule permits for this lead; None: there is none.

    Claiming judges again; this keeps a lead from coming due while it may not be called.
    """
    lead = Lead.objects.select_related("contact").get(pk=lead_id)
    with connection.cursor() as cursor:
        rules = read_rules(cursor, campaign_ids=[campaign.pk])[campaign.pk]
        # All of the person's numbers that are known count for caps.
        theirs = dict.fromkeys([lead.number, lead.other_number or lead.number, *lead.contact.further_numbers])
        calls = calls_of(
            cursor, numbers=list(theirs), seconds=rules.caps.longest_seconds, now=now, rehearsal=rules.rehearsal
        )
    if rules.problem:
        return None
    contact = lead.contact
    variables = contact.variables | (lead.variables or {})
    facts = LeadFacts(number=lead.number, time_zone=contact.time_zone, variables=variables)
    return rules.decide(lead=facts, at=at, calls=[call for one in calls.values() for call in one]).next_allowed_at


def first_due(*, rules: CampaignRules, at: datetime) -> Due:
    """Return when new leads are due: the first instant from ``at`` on in the campaign's own hours."""
    closed = rules.closed_by(at)
    if closed is None or closed.next_allowed_at is None:
        return Due(at, "")
    return Due(closed.next_allowed_at, closed.detail[:200])


def first_due_by_contact(
    *, rules: CampaignRules, contacts: Iterable[tuple[int, str, str]], at: datetime
) -> dict[Due, list[int]]:
    """Return when new leads of contacts (id, number, explicit zone) are due by each contact's own clock.

    Of a large list most may be asleep: were all due at once, claiming would go through them before it finds the others.
    Who may never be called is due at ``at``, so that claiming says why.
    """
    required = rules.profile.required_fields if rules.profile else ()
    now = Due(at, "")
    by_zones: dict[tuple[str, ...], Due] = {}
    found: dict[Due, list[int]] = defaultdict(list)
    for contact_id, number, zone in contacts:
        # Its variables are for claiming to judge.
        facts = LeadFacts(number=number, time_zone=zone, variables=dict.fromkeys(required, "given"))
        zones = contact_zones(facts)
        if zones not in by_zones:
            decision = rules.decide(lead=facts, at=at)
            # Allowed: ``next_allowed_at`` is ``at`` and there is no detail.
            by_zones[zones] = Due(decision.next_allowed_at, decision.detail[:200]) if decision.next_allowed_at else now
        found[by_zones[zones]].append(contact_id)
    return found
