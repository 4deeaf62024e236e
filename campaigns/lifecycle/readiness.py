"""Whether a campaign is ready to call: what keeps it from starting, as sentences that say what to do."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from campaigns.claiming.readiness_reading import stopped, why_not_of
from campaigns.hosting.preparing import hosting_start_problems
from campaigns.models import CallTemplate, Campaign, Contact, RunsOn
from dialer.sql import hot_cursor


def starting_problems(*, campaign: Campaign, now: datetime) -> list[str]:
    """Return what keeps a campaign from calling, as sentences that say what to do.

    What every claim asks as well (``rules.may_call``), and what holds for good once it was so at the start.
    """
    with hot_cursor() as cursor:
        found = why_not_of(cursor, campaign_ids=[campaign.pk], now=now)[campaign.pk]
    problems = [problem.said for problem in found]
    if campaign.broken:
        return problems
    if not campaign.contact_lists.exists() and not campaign.leads.exists():
        problems.append("It has no contact list: choose one.")
    if campaign.ends_at is not None and campaign.ends_at <= now:
        problems.append("Its end has passed: set a later one.")
    problems += _required_problems(campaign)
    if campaign.runs_on == RunsOn.PROVIDER:
        problems += hosting_start_problems(campaign=campaign)
    return problems


def stopped_by_template(*, template: CallTemplate, now: datetime) -> list[str]:
    """Return a sentence for each campaign that goes and cannot call any more with the template as it is."""
    return _stopped(Campaign.objects.filter(Q(template=template) | Q(fallback_template=template)), now)


def stopped_by_profile(*, slug: str, now: datetime) -> list[str]:
    """Return a sentence for each campaign that goes and cannot call any more by the profile's latest version."""
    return _stopped(Campaign.objects.filter(profile__slug=slug), now)


def stopped_itself(*, campaign: Campaign, now: datetime) -> list[str]:
    """Return a sentence if the campaign goes and cannot call any more as it was just saved."""
    return _stopped(Campaign.objects.filter(pk=campaign.pk), now)


def _stopped(campaigns: QuerySet[Campaign], now: datetime) -> list[str]:
    with hot_cursor() as cursor:
        return stopped(cursor, campaigns=campaigns, now=now)


def _required_problems(campaign: Campaign) -> list[str]:
    """Return a sentence where the profile requires fields that no contact of the campaign's lists has.

    Contacts without them are passed over one by one when their turn comes, and say why.
    """
    fields = list((campaign.profile.rules if campaign.profile else {}).get("required_fields") or ())
    contacts = Contact.objects.filter(contact_list__campaigns=campaign)
    if not fields or not contacts.exists():
        return []
    able = contacts.filter(variables__has_keys=fields)
    for name in fields:
        able = able.exclude(**{f"variables__{name}": ""})
    if able.exists():
        return []
    return [f"{campaign.profile} requires {', '.join(fields)}, and no contact has them: add them to the lists."]
