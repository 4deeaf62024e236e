"""What claiming reads of an account's campaigns under the gate's lock: those that run, and whether each may call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from campaigns.claiming import readiness_reading
from campaigns.claiming.agent_reading import AgentRow, agent_slots, read_agents
from campaigns.claiming.did_limits import of_series, read_dids
from campaigns.claiming.did_rests import rest_poor
from campaigns.claiming.did_rows import DIDs
from campaigns.claiming.failover import Partners
from campaigns.claiming.lines import LiveCounts
from campaigns.claiming.seating import Share
from campaigns.claiming.slots import Slot
from campaigns.rules.campaign import COLUMNS, JOIN, WIDTH
from campaigns.rules.may_call import why_not
from campaigns.rules.ruleset import CampaignRules, rules_of_row
from dialer.providers.base import Capabilities


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignView:
    """A running campaign as claiming and placing need it."""

    id: int
    rules: CampaignRules
    action: str
    options: Mapping[str, Any]
    variable_names: Mapping[str, str]
    max_ring_seconds: int
    record: bool
    share: Share
    did_numbers: Mapping[int, str]
    agent_addresses: Mapping[int, tuple[str, str]]
    # The account that claims is the campaign's second one.
    is_standing_in: bool = False
    template_id: int | None = None
    # The longest call of its template, in seconds; None: as its account says.
    max_call_seconds: int | None = None
    # The provider's log lists every such call once it is over: see campaigns.rules.absence.
    is_logged: bool = False


_CAMPAIGNS = f"""
SELECT c.id, c.weight, c.max_live_calls, t.action, t.options, t.variables, t.max_ring_seconds, t.record,
       t.max_call_seconds, t.id, EXISTS (SELECT FROM campaigns_campaign_agents ca WHERE ca.campaign_id = c.id),
       {COLUMNS}, {readiness_reading.COLUMNS}, c.account_id, c.fallback_account_id
  FROM campaigns_campaign c {JOIN} {readiness_reading.JOIN}
  JOIN campaigns_calltemplate t ON t.id = CASE WHEN c.account_id = %(account)s THEN c.template_id
                                               ELSE COALESCE(c.fallback_template_id, c.template_id) END
 WHERE (c.account_id = %(account)s OR c.fallback_account_id = %(account)s) AND c.state = 'RUNNING'
   AND c.runs_on = 'HERE'
 ORDER BY c.id
"""  # noqa: S608


class _Own(NamedTuple):
    """A campaign's own columns and those of its template, at the beginning of such a row."""

    id: int
    weight: int
    max_live_calls: int | None
    action: str
    options: str
    variables: str
    max_ring_seconds: int
    record: bool
    max_call_seconds: int | None
    template_id: int
    has_agents: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Running:
    """A row of ``_CAMPAIGNS``: a campaign that runs, its rules, its two ways, and the accounts of these."""

    own: _Own
    rules: CampaignRules
    ways: Sequence[Any]
    account_id: int
    fallback_account_id: int | None


_RULES = len(_Own._fields)
_WAYS = _RULES + WIDTH


def _running(row: Sequence[Any]) -> _Running:
    *ways, account_id, fallback_account_id = row[_WAYS:]
    return _Running(
        own=_Own(*row[:_RULES]),
        rules=rules_of_row(row[_RULES:_WAYS]),
        ways=ways,
        account_id=account_id,
        fallback_account_id=fallback_account_id,
    )


def read_campaigns(
    cursor: Any,
    *,
    account_id: int,
    live: LiveCounts,
    capabilities: Capabilities,
    partners: Partners,
    now: datetime,
    keep: bool,
) -> tuple[tuple[CampaignView, ...], tuple[int, ...]]:
    """Return the campaigns that may call, and the ids of those that may not as they are set."""
    running = _claimable(cursor, account_id=account_id, partners=partners, now=now)
    if not running:
        return (), ()
    dids = _dids(cursor, running=running, account_id=account_id, live=live, now=now, keep=keep)
    # Most campaigns have none, and a statement less for each turn is a tenth of it.
    with_agents = [one.own.id for one in running if one.own.has_agents]
    people = read_agents(cursor, campaign_ids=with_agents, now=now) if with_agents else {}
    unready = _unready(cursor, running=running, dids=dids, people=people)
    agents, addresses = agent_slots(people, account_id=account_id, live=live.by_agent)
    live_by_campaign = Counter(partners.live_by_campaign) + live.by_campaign
    views = tuple(
        _view(
            one,
            live=live_by_campaign[one.own.id],
            dids=dids,
            agents=agents.get(one.own.id, []) if capabilities.rings_agent(one.own.action) else None,
            addresses=addresses,
            is_standing_in=one.account_id != account_id,
            is_logged=capabilities.logs_every_call(one.own.action, orjson.loads(one.own.options)),
        )
        for one in running
        if one.own.id not in unready
        # With two accounts, the DIDs may all be of the other one: then nothing is called from nowhere.
        and (dids.by_campaign.get(one.own.id) or not capabilities.wants_caller_id(one.own.action))
    )
    return views, tuple(sorted(unready))


def _claimable(cursor: Any, *, account_id: int, partners: Partners, now: datetime) -> list[_Running]:
    """Return the running campaigns of which the account may take calls now; the other one of two may be at it."""
    cursor.execute(_CAMPAIGNS, {"account": account_id})
    return [
        one
        for one in map(_running, cursor.fetchall())
        if partners.may_claim(
            account_id=account_id, first_id=one.account_id, second_id=one.fallback_account_id, now=now
        )
    ]


def _dids(
    cursor: Any, *, running: Sequence[_Running], account_id: int, live: LiveCounts, now: datetime, keep: bool
) -> DIDs:
    """Return their DIDs: one Slot for one DID, however many campaigns name it, as what one takes others no longer have.

    Those of which too few were answered lately rest.
    """
    dids = read_dids(
        cursor,
        campaign_ids=[one.own.id for one in running],
        account_id=account_id,
        live=live.by_did,
        counted_for={one.own.id for one in running if one.rules.rotation.needs_usage},
        now=now,
        keep=keep,
    )
    rest_poor(cursor, dids=dids, now=now, keep=keep)
    return dids


def _unready(
    cursor: Any, *, running: Sequence[_Running], dids: DIDs, people: Mapping[int, Sequence[AgentRow]]
) -> set[int]:
    """Return the campaigns that may not call as they are set.

    What the start of a campaign refuses, each claim refuses: a second account may call while the first one is off.
    """
    facts = readiness_reading.facts_of(
        cursor,
        ways={one.own.id: one.ways for one in running},
        rules={one.own.id: one.rules for one in running},
        dids=dids.lines,
        agents={campaign_id: [one.line for one in of_one] for campaign_id, of_one in people.items()},
    )
    return {pk for pk, known in facts.items() if any(not problem.waits for problem in why_not(known))}


def _view(
    campaign: _Running,
    *,
    live: int,
    dids: DIDs,
    agents: list[Slot] | None,
    addresses: Mapping[int, tuple[str, str]],
    is_standing_in: bool,
    is_logged: bool,
) -> CampaignView:
    own, rules = campaign.own, campaign.rules
    slots = of_series(slots=dids.by_campaign.get(own.id, []), profile=rules.profile, purpose=rules.purpose)
    return CampaignView(
        id=own.id,
        template_id=own.template_id,
        rules=rules,
        action=own.action,
        options=orjson.loads(own.options),
        variable_names=orjson.loads(own.variables),
        max_ring_seconds=own.max_ring_seconds,
        record=own.record,
        share=Share(
            campaign_id=own.id,
            weight=own.weight,
            live=live,
            limit=own.max_live_calls,
            dids=slots,
            agents=agents,
            rotation=rules.rotation,
        ),
        did_numbers=dids.numbers,
        agent_addresses=addresses,
        is_standing_in=is_standing_in,
        max_call_seconds=own.max_call_seconds,
        is_logged=is_logged,
    )
