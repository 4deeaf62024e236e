"""What claiming reads of an account's campaigns under the gate's lock: those that run, and whether each may call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from campaigns.claiming import readiness_reading
from campaigns.claiming.agent_reading import agent_slots, read_agents
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

#: Where the rules begin in such a row, and where what tells of its readiness.
_CALL = 11
_WAYS = _CALL + WIDTH


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
    cursor.execute(_CAMPAIGNS, {"account": account_id})
    rows = [
        row
        for row in cursor.fetchall()
        if partners.may_claim(account_id=account_id, first_id=row[-2], second_id=row[-1], now=now)
    ]
    ids = [row[0] for row in rows]
    if not ids:
        return (), ()
    live_by_campaign = Counter(partners.live_by_campaign) + live.by_campaign
    # One Slot for one DID or agent, however many campaigns name it: what one takes, the others no longer have.
    rules = {row[0]: rules_of_row(row[_CALL : _CALL + WIDTH]) for row in rows}
    dids = read_dids(
        cursor,
        campaign_ids=ids,
        account_id=account_id,
        live=live.by_did,
        counted_for={campaign_id for campaign_id in ids if rules[campaign_id].rotation.needs_usage},
        now=now,
        keep=keep,
    )
    rest_poor(cursor, dids=dids, now=now, keep=keep)
    # Most campaigns have none, and a statement less for each turn is a tenth of it.
    with_agents = [row[0] for row in rows if row[_CALL - 1]]
    people = read_agents(cursor, campaign_ids=with_agents, now=now) if with_agents else {}
    facts = readiness_reading.facts_of(
        cursor,
        ways={row[0]: row[_WAYS : _WAYS + readiness_reading.WIDTH] for row in rows},
        rules=rules,
        dids=dids.lines,
        agents={campaign_id: [one.line for one in of_one] for campaign_id, of_one in people.items()},
    )
    # What the start of a campaign refuses, each claim refuses: a second account may call while the first one is off.
    unready = {pk for pk, known in facts.items() if any(not problem.waits for problem in why_not(known))}
    agents, addresses = agent_slots(people, account_id=account_id, live=live.by_agent)
    views = tuple(
        _campaign(
            row,
            live=live_by_campaign[row[0]],
            rules=rules[row[0]],
            dids=dids,
            agents=agents.get(row[0], []) if capabilities.rings_agent(row[3]) else None,
            addresses=addresses,
            is_standing_in=row[-2] != account_id,
            is_logged=capabilities.logs_every_call(row[3], orjson.loads(row[4])),
        )
        for row in rows
        if row[0] not in unready
        # With two accounts, the DIDs may all be of the other one: then nothing is called from nowhere.
        and (dids.by_campaign.get(row[0]) or not capabilities.wants_caller_id(row[3]))
    )
    return views, tuple(sorted(unready))


def _campaign(
    row: tuple[Any, ...],
    *,
    live: int,
    rules: CampaignRules,
    dids: DIDs,
    agents: list[Slot] | None,
    addresses: Mapping[int, tuple[str, str]],
    is_standing_in: bool,
    is_logged: bool,
) -> CampaignView:
    campaign_id, weight, limit, action, options, variables, ring, record, longest, template_id, _ = row[:_CALL]
    slots = of_series(slots=dids.by_campaign.get(campaign_id, []), profile=rules.profile, purpose=rules.purpose)
    return CampaignView(
        id=campaign_id,
        template_id=template_id,
        rules=rules,
        action=action,
        options=orjson.loads(options),
        variable_names=orjson.loads(variables),
        max_ring_seconds=ring,
        record=record,
        share=Share(
            campaign_id=campaign_id,
            weight=weight,
            live=live,
            limit=limit,
            dids=slots,
            agents=agents,
            rotation=rules.rotation,
        ),
        did_numbers=dids.numbers,
        agent_addresses=addresses,
        is_standing_in=is_standing_in,
        max_call_seconds=longest,
        is_logged=is_logged,
    )
