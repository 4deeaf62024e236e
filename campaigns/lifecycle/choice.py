"""What does not go together in a campaign that is being saved: its one or two accounts, their templates and lines."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from campaigns.claiming.readiness_reading import why_not_of
from campaigns.lifecycle.approval import approval_problems, is_refused_for_good, template_problem
from campaigns.lifecycle.readiness import stopped_itself
from campaigns.models import CallTemplate, Campaign, CampaignState
from campaigns.rules.may_call import without_lines
from dialer.models import ProviderAccount
from dialer.sql import hot_cursor

#: The campaign's fields of lines that belong to an account each, and what one of them is called.
LINES = {"dids": "DID", "did_groups": "DID group", "agents": "agent"}
_MOST_NAMED = 5


class Way(NamedTuple):
    """An account, the template of calls through it, and the field that chose that."""

    account: ProviderAccount
    template: CallTemplate
    field: str


def choice_problems(
    *,
    account: ProviderAccount,
    template: CallTemplate | None,
    fallback_account: ProviderAccount | None,
    fallback_template: CallTemplate | None,
    lines: Mapping[str, Collection[Any]],
) -> dict[str, str]:
    """Return a sentence by field; ``lines``: rows by the fields of LINES.

    One with a single account may be saved before its lines are chosen; a second account comes with lines of both.
    """
    accounts = [account, *([fallback_account] if fallback_account is not None else [])]
    found = _strangers({one.pk: one.name for one in accounts}, lines)
    if template is None or any(one.problem for one in accounts):
        return found  # the rest says the model
    ways = [Way(account, template, "template")]
    if fallback_account is not None:
        own = "fallback_template" if fallback_template is not None else "fallback_account"
        ways.append(Way(fallback_account, fallback_template or template, own))
    if any(way.template.problem or way.template.provider != way.account.provider for way in ways):
        return found
    return (_missing(ways, lines) if len(ways) > 1 else {}) | dict(_refused_texts(ways)) | found


def save_warnings(*, campaign: Campaign, now: datetime) -> list[str]:
    """Return what a person should know of a campaign that was just saved, as sentences."""
    if campaign.broken:
        return []
    found = stopped_itself(campaign=campaign, now=now)
    if campaign.state in (CampaignState.DRAFT, CampaignState.PAUSED):
        found += [f"It cannot call yet. {problem}" for problem in approval_problems(campaign=campaign)]
        found += _bare(campaign, now)
    return found + _other_variables(campaign)


def _strangers(accounts: Mapping[int, str], lines: Mapping[str, Collection[Any]]) -> dict[str, str]:
    found = {}
    for name, kind in LINES.items():
        strangers = [f"{line} (id {line.pk})" for line in lines.get(name, ()) if line.account_id not in accounts]
        if strangers:
            more = f" and {len(strangers) - _MOST_NAMED} more" if len(strangers) > _MOST_NAMED else ""
            named = ", ".join(strangers[:_MOST_NAMED]) + more
            found[name] = f"Not of account {' or '.join(accounts.values())}: {kind} {named}. Take them out."
    return found


def _missing(ways: Collection[Way], lines: Mapping[str, Collection[Any]]) -> dict[str, str]:
    callers = {line.account_id for name in ("dids", "did_groups") for line in lines.get(name, ())}
    people = {line.account_id for line in lines.get("agents", ())}
    found: dict[str, str] = {}
    for account, template, _ in ways:
        capabilities = account.api.capabilities
        if capabilities.wants_caller_id(template.action) and account.pk not in callers:
            found["dids"] = without_lines("DID", account.name)
        if capabilities.rings_agent(template.action) and account.pk not in people:
            found["agents"] = without_lines("agent", account.name)
    return found


def _refused_texts(ways: Collection[Way]) -> Iterator[tuple[str, str]]:
    """Give the texts that a provider has rejected or no longer lists; one that waits is refused at the start."""
    for account, template, field in ways:
        if is_refused_for_good(account=account, template=template):
            yield field, template_problem(account=account, template=template)


def _bare(campaign: Campaign, now: datetime) -> list[str]:
    """Return what keeps one of two accounts from calling: the lines may have gone since they were chosen."""
    if campaign.fallback_account_id is None:
        return []
    with hot_cursor() as cursor:
        found = why_not_of(cursor, campaign_ids=[campaign.pk], now=now)[campaign.pk]
    return [f"It cannot be started yet. {problem.said}" for problem in found if problem.spares]


def _other_variables(campaign: Campaign) -> list[str]:
    """Warn of variables that only the calls of the second account are given: the lists may be without them."""
    second = campaign.fallback_template
    if second is None or campaign.fallback_account is None or second.problem or not second.variables:
        return []
    known = campaign.template.variables
    more = sorted(set(second.variables.values()) - set(known.values())) if known else []
    if not more:
        return []
    return [
        f"Calls of account {campaign.fallback_account.name} also need {', '.join(more)}, which those of "
        f"{campaign.account.name} do not: the preflight counts the contacts without."
    ]
