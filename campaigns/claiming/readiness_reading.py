"""Reads what decides whether campaigns may call as they are set; ``rules.may_call`` decides.

A claim takes the facts from the rows that it reads anyway, everybody else by ``why_not_of``: the statements are the
same, so that a start and a claim cannot differ.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from django.db.models import QuerySet

from campaigns.claiming.agent_reading import read_agents
from campaigns.claiming.did_rows import read_lines
from campaigns.models import Approval, CallTemplate, Campaign, CampaignState
from campaigns.rules import campaign as stored_rules
from campaigns.rules.may_call import AgentLine, DIDLine, Problem, ReadinessFacts, Way, why_not
from campaigns.rules.ruleset import CampaignRules, rules_of_row
from dialer import providers
from dialer.models import ItemKind, ProviderAccount
from dialer.models.texts import refused_in_words, standing_as
from dialer.providers.base import Provider

#: Of a campaign ``c``: its two ways, an ``_Account`` and a ``_Template`` each; NULL where there is no second one.
COLUMNS = """c.account_id, a1.name, a1.provider, a1.is_active, t1.name, t1.provider, t1.action, t1.options::text,
       t1.variables::text, t1.approval,
       c.fallback_account_id, a2.name, a2.provider, a2.is_active, t2.name, t2.provider, t2.action, t2.options::text,
       t2.variables::text, t2.approval"""
JOIN = """JOIN dialer_provideraccount a1 ON a1.id = c.account_id
  JOIN campaigns_calltemplate t1 ON t1.id = c.template_id
  LEFT JOIN dialer_provideraccount a2 ON a2.id = c.fallback_account_id
  LEFT JOIN campaigns_calltemplate t2 ON t2.id = c.fallback_template_id"""


class _Account(NamedTuple):
    """Of a way in COLUMNS: its account."""

    id: int
    name: str
    slug: str
    is_active: bool


class _Template(NamedTuple):
    """And what its calls do; options and variables as JSON."""

    name: str
    slug: str
    action: str
    options: str
    variables: str
    approval: str


_OF_ACCOUNT = len(_Account._fields)
_OF_ONE = _OF_ACCOUNT + len(_Template._fields)
WIDTH = 2 * _OF_ONE
_GOING = (CampaignState.SCHEDULED, CampaignState.RUNNING)

_BY_ID = f"""
SELECT c.id, {COLUMNS}, {stored_rules.COLUMNS} FROM campaigns_campaign c {stored_rules.JOIN} {JOIN}
 WHERE c.id = ANY(%s) ORDER BY c.id
"""  # noqa: S608
# The newest that is still listed goes before those that are gone, as in ``dialer.models.texts.text_standing``.
_TEXTS = """
SELECT DISTINCT ON (s.account_id, s.name) s.account_id, s.name, s.status, s.is_gone
  FROM unnest(%(accounts)s::bigint[], %(names)s::text[]) AS asked(account_id, name)
  JOIN dialer_synceditem s ON s.account_id = asked.account_id AND s.kind = %(kind)s AND s.name = asked.name
 ORDER BY s.account_id, s.name, s.is_gone, s.seen_at DESC
"""


def why_not_of(cursor: Any, *, campaign_ids: Collection[int], now: datetime) -> dict[int, list[Problem]]:
    """Return by campaign what keeps it from calling anybody, hours that never open among it. Five queries at most."""
    cursor.execute(_BY_ID, [list(campaign_ids)])
    rows = {row[0]: row for row in cursor.fetchall()}
    agents = read_agents(cursor, campaign_ids=list(rows), now=now)
    facts = facts_of(
        cursor,
        ways={pk: row[1 : 1 + WIDTH] for pk, row in rows.items()},
        rules={pk: rules_of_row(row[1 + WIDTH :]) for pk, row in rows.items()},
        dids=read_lines(cursor, campaign_ids=list(rows)),
        agents={pk: [agent.line for agent in of_one] for pk, of_one in agents.items()},
    )
    return {pk: why_not(found, at=now) for pk, found in facts.items()}


def stopped(cursor: Any, *, campaigns: QuerySet[Campaign], now: datetime) -> list[str]:
    """Return a sentence for each of the campaigns that runs, or is about to, and cannot call as it is set now.

    Also for one of whose two accounts that is true.

    For who has just changed something that they rely on: no claim takes a lead of theirs, and they are paused.
    """
    names = dict(campaigns.filter(state__in=_GOING).order_by("pk").values_list("pk", "name"))
    found = why_not_of(cursor, campaign_ids=names, now=now) if names else {}
    return [f"{_what_stops(names[pk], problems)} {_said(problems)}" for pk, problems in found.items() if problems]


def _what_stops(name: str, problems: Sequence[Problem]) -> str:
    spared = {problem.spares for problem in problems}
    if "" in spared or len(spared) > 1:
        return f"Campaign “{name}” cannot call any more."
    return f"Campaign “{name}” can call by account {spared.pop()} alone."


def _said(problems: Sequence[Problem]) -> str:
    return " ".join(problem.said for problem in problems)


def facts_of(
    cursor: Any,
    *,
    ways: Mapping[int, Sequence[Any]],
    rules: Mapping[int, CampaignRules],
    dids: Mapping[int, Sequence[DIDLine]],
    agents: Mapping[int, Sequence[AgentLine]],
) -> dict[int, ReadinessFacts]:
    """Return the facts of campaigns; ``ways`` has their COLUMNS. It asks only where a text needs approval."""
    known = {pk: _ways(row) for pk, row in ways.items()}
    spoken = {(way.account_id, way.text) for found in known.values() for way in found if way.text}
    if spoken:
        refused = _refused_texts(cursor, spoken)
        known = {pk: tuple(_with_text(way, refused) for way in found) for pk, found in known.items()}
    return {
        pk: ReadinessFacts(ways=found, dids=dids.get(pk, ()), agents=agents.get(pk, ()), rules=rules[pk])
        for pk, found in known.items()
    }


def _ways(row: Sequence[Any]) -> tuple[Way, ...]:
    first, second = row[:_OF_ONE], row[_OF_ONE:]
    template = _Template(*first[_OF_ACCOUNT:])
    way = _way(_Account(*first[:_OF_ACCOUNT]), template)
    if second[0] is None:
        return (way,)
    # Without a template of its own the second account makes the same calls.
    own = _Template(*second[_OF_ACCOUNT:]) if second[_OF_ACCOUNT] is not None else template
    return way, _way(_Account(*second[:_OF_ACCOUNT]), own)


def _way(account: _Account, template: _Template) -> Way:
    capabilities = providers.of_account(account.slug).capabilities
    what = _template(providers.of_account(template.slug), *template[:-1])
    is_there = account.slug in providers.slugs()
    return Way(
        account_id=account.id,
        account=account.name,
        provider=account.slug,
        is_active=account.is_active,
        account_problem="" if is_there else ProviderAccount(name=account.name, provider=account.slug).problem,
        template=template.name,
        template_provider=template.slug,
        template_problem=what.problem,
        is_approved=template.approval in (Approval.NOT_NEEDED, Approval.APPROVED),
        wants_caller_id=capabilities.wants_caller_id(template.action),
        rings_agent=capabilities.rings_agent(template.action),
        text=what.text,
    )


class _What(NamedTuple):
    """What a template is worth by itself: why no call can be made with it, and the name of the text that it speaks."""

    problem: str
    text: str


@lru_cache(maxsize=1024)
def _template(_: Provider, name: str, slug: str, action: str, options: str, variables: str) -> _What:
    """Judge a template by its columns, once for what they hold; the provider says what it can do while it lives."""
    template = CallTemplate(
        name=name,
        provider=slug,
        action=action,
        options=orjson.loads(options),
        variables=orjson.loads(variables),
    )
    return _What(problem=template.problem, text=template.text_name)


def _refused_texts(cursor: Any, spoken: Collection[tuple[int, str]]) -> dict[tuple[int, str], str]:
    """Return of texts why they may not be spoken, in words; what was never read is not among them."""
    asked = sorted(spoken)
    accounts, names = [account_id for account_id, _ in asked], [name for _, name in asked]
    cursor.execute(_TEXTS, {"accounts": accounts, "names": names, "kind": str(ItemKind.TEXT_TEMPLATE)})
    return {
        (account_id, name): refused_in_words(standing_as(status, is_gone=is_gone))
        for account_id, name, status, is_gone in cursor.fetchall()
    }


def _with_text(way: Way, refused: Mapping[tuple[int, str], str]) -> Way:
    return replace(way, text_refused=refused.get((way.account_id, way.text), ""))
