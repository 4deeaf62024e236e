"""The first instant from a wished one on at which a lead may be called, for those who set due times."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from campaigns.models import Campaign, Lead
from campaigns.rules.deciding import LeadFacts
from campaigns.ruling import CampaignRules, calls_of, read_rules


def first_permitted(*, campaign: Campaign, lead_id: int, at: datetime, now: datetime) -> datetime | None:
    """Return the first instant (UTC) from ``at`` on that every rule permits for this lead; None: there is none.

    Claiming judges again; this keeps a lead from coming due while it may not be called.
    """
    lead = Lead.objects.select_related("contact").get(pk=lead_id)
    with connection.cursor() as cursor:
        rules = read_rules(cursor, campaign_ids=[campaign.pk])[campaign.pk]
        calls = calls_of(cursor, numbers=[lead.number], seconds=rules.caps.longest_seconds, now=now)
    if rules.problem:
        return None
    contact = lead.contact
    facts = LeadFacts(number=lead.number, time_zone=contact.time_zone, variables=contact.variables)
    return rules.decide(lead=facts, at=at, calls=calls.get(lead.number, ())).next_allowed_at


def first_due(*, rules: CampaignRules, at: datetime) -> tuple[datetime, str]:
    """Return when new leads are due, the first instant from ``at`` on in the campaign's own hours, and why not before.

    By the contacts' clocks it differs from lead to lead: claiming puts each off to its own instant.
    """
    closed = rules.closed_by(at)
    if closed is None or closed.next_allowed_at is None:
        return at, ""
    return closed.next_allowed_at, closed.detail[:200]
