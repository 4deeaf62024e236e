"""Whether a campaign is ready to call: what keeps it from starting, as sentences that say what to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection
from django.db.models import Q

from campaigns.hosting.preparing import hosting_start_problems
from campaigns.lifecycle.approval import approval_problems
from campaigns.models import Campaign, Contact, RunsOn
from campaigns.rules.campaign import read_rules
from campaigns.rules.deciding import DIDFacts, series_problem
from campaigns.rules.ruleset import never_open
from dialer.models import DID
from dialer.models.agents import Agent

#: So many agents are named in a sentence.
MOST_NAMED = 5


def starting_problems(*, campaign: Campaign, now: datetime) -> list[str]:
    """Return what keeps a campaign from calling, as sentences that say what to do."""
    if campaign.broken:
        return [campaign.broken]
    dids = list(DID.objects.filter(Q(campaigns=campaign) | Q(groups__campaigns=campaign)).distinct())
    agents = list(campaign.agents.all())
    problems = _way_problems(campaign)
    if not campaign.contact_lists.exists() and not campaign.leads.exists():
        problems.append("It has no contact list: choose one.")
    if campaign.ends_at is not None and campaign.ends_at <= now:
        problems.append("Its end has passed: set a later one.")
    problems += _did_problems(campaign, dids)
    problems += _agent_problems(campaign, agents, now)
    problems += _required_problems(campaign)
    problems += _rules_problems(campaign, [did.number for did in dids if did.is_active], now)
    if campaign.runs_on == RunsOn.PROVIDER:
        problems += hosting_start_problems(campaign=campaign, dids=dids, agents=len(agents))
        if campaign.windows.exists():
            problems.append("The provider's own dialer keeps one window a day: remove the calling windows.")
    return problems


def _way_problems(campaign: Campaign) -> list[str]:
    """Return what is wrong with the accounts and templates by which its calls would leave."""
    problems = []
    account = campaign.account
    if not account.is_active:
        problems.append(f"Account {account.name} is switched off: switch it on.")
    if campaign.template.provider != account.provider:
        problems.append("The template is for another provider than the account: choose another one.")
    problems += approval_problems(campaign=campaign)
    if campaign.fallback_template is not None and campaign.fallback_template.problem:
        problems.append(campaign.fallback_template.problem)
    return problems


def _did_problems(campaign: Campaign, dids: Sequence[DID]) -> list[str]:
    problems = []
    capabilities, action = campaign.account.api.capabilities, campaign.template.action
    if capabilities.caller_id and action not in capabilities.actions_without_caller_id and not dids:
        problems.append("It has no DID: choose one or more of the account's.")
    if dids and not any(did.is_active for did in dids):
        problems.append("All its DIDs are switched off: switch one on or choose another.")
    if any(did.account_id != campaign.account_id for did in dids):
        problems.append("Some of its DIDs belong to another account: remove them.")
    return problems


def _agent_problems(campaign: Campaign, agents: Sequence[Agent], now: datetime) -> list[str]:
    problems = []
    if campaign.account.api.capabilities.rings_agent(campaign.template.action) and not agents:
        problems.append("It has no agents, and its calls ring an agent first: choose one or more.")
    why = {agent.name: agent.why_lapsed(now=now) for agent in agents}
    if why and all(why.values()):
        named = "; ".join(f"{name}: {reason.lower()}" for name, reason in list(why.items())[:MOST_NAMED])
        problems.append(f"None of its agents can take calls ({named}): enable one or choose another.")
    if any(agent.account_id != campaign.account_id for agent in agents):
        problems.append("Some of its agents belong to another account: remove them.")
    return problems


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


def _rules_problems(campaign: Campaign, numbers: Sequence[str], now: datetime) -> list[str]:
    """Return what in its calling rules keeps a campaign from calling anybody; ``numbers``: of its DIDs in use."""
    with connection.cursor() as cursor:
        rules = read_rules(cursor, campaign_ids=[campaign.pk])[campaign.pk]
    found = never_open(rules=rules, at=now)
    problems = [f"{found} Mend its calling hours."] if found else []
    if rules.profile is None or not rules.profile.series:
        return problems
    if not rules.purpose:
        return [*problems, f"{rules.profile} asks for a number series by purpose: say what its calls are for."]
    facts = [DIDFacts(number=number, purpose=rules.purpose) for number in numbers]
    barred = [series_problem(did=did, profile=rules.profile) for did in facts]
    if facts and all(barred) and barred[0] is not None:
        problems.append(f"None of its DIDs may be used: {barred[0].detail}")
    return problems
