"""What claiming reads under the gate's lock: the account, its campaigns, live counts, due leads, suppression."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from campaigns.claiming import readiness_reading
from campaigns.claiming.account_bounds import bound_of
from campaigns.claiming.agent_reading import AgentRow, read_agents
from campaigns.claiming.budget import FleetReading
from campaigns.claiming.did_limits import DIDs, of_series, read_dids, rest_poor
from campaigns.claiming.failover import Partners, read_partners
from campaigns.claiming.fleet_bound import Bound
from campaigns.claiming.gate import Gate
from campaigns.claiming.hosted_lines import with_held_lines
from campaigns.claiming.lines import LiveCounts, count_live
from campaigns.claiming.seating import Share, Slot
from campaigns.rules.campaign import COLUMNS, JOIN, WIDTH
from campaigns.rules.may_call import why_not
from campaigns.rules.ruleset import CampaignRules, rules_of_row
from dialer import providers
from dialer.home.allowing import DIALING_ALLOWED
from dialer.providers.base import Capabilities, Provider


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


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """An active account under its gate's lock."""

    id: int
    provider: Provider
    gate: Gate
    max_live_calls: int | None
    calls_per_second: float | None
    max_call_seconds: int
    # Seconds that a call can ring beyond the ring time that it asks for.
    second_leg_seconds: int
    poll_after_seconds: int
    # Lines that our calls take at most, and calls whose end nobody told: more, where the fleet says that some are over.
    live: int
    counted: int
    # What the fleet's count proves of our calls; None where it proves nothing or is not used.
    bound: Bound | None
    # Calls whose request may be on its way; read only while it is probed.
    unanswered: int
    has_fleet: bool
    polls: bool
    campaigns: tuple[CampaignView, ...]
    # Running campaigns that may not call as they are set: nothing is claimed for them, and they are to be paused.
    unready: tuple[int, ...] = ()

    @property
    def is_probing(self) -> bool:
        """Whether the provider has turned calls away in a row: one at a time shows when it takes them again."""
        return self.gate.is_crowded

    @property
    def reading(self) -> FleetReading | None:
        """The fleet reading, or None when there is none to trust."""
        reading = self.gate.reading
        if reading is None or self.bound is None:
            return reading
        # Of our calls that nobody had told the end of, the fleet contained no more than it counted.
        return replace(reading, own_live=min(reading.own_live, self.bound.calls))


_ACCOUNT = f"""
SELECT a.provider, a.max_live_calls, a.calls_per_second, a.max_call_seconds, a.poll_after_seconds,
       a.uses_fleet_bound, a.fleet_lag_seconds
  FROM dialer_provideraccount a
 WHERE a.id = %s AND a.is_active AND {DIALING_ALLOWED}
"""  # noqa: S608

_CAMPAIGNS = f"""
SELECT c.id, c.weight, c.max_live_calls, t.action, t.options, t.variables, t.max_ring_seconds, t.record,
       t.max_call_seconds, t.id,
       {COLUMNS}, {readiness_reading.COLUMNS}, c.account_id, c.fallback_account_id
  FROM campaigns_campaign c {JOIN} {readiness_reading.JOIN}
  JOIN campaigns_calltemplate t ON t.id = CASE WHEN c.account_id = %(account)s THEN c.template_id
                                               ELSE COALESCE(c.fallback_template_id, c.template_id) END
 WHERE (c.account_id = %(account)s OR c.fallback_account_id = %(account)s) AND c.state = 'RUNNING'
   AND c.runs_on = 'HERE'
 ORDER BY c.id
"""  # noqa: S608

#: Where the rules begin in such a row, and where what tells of its readiness.
_CALL = 10
_WAYS = _CALL + WIDTH

_UNANSWERED = """
SELECT count(*) FROM campaigns_attempt
 WHERE account_id = %s AND ended_at IS NULL AND state IN ('RESERVED', 'PLACING')
"""

#: The share of a provider's documented rate of requests that is for placing; the rest is for questions.
PLACING_SHARE = 0.75


def placing_rate(*, given: Any, capabilities: Capabilities) -> float | None:
    """Return how many calls a second may be placed: as the account says, and never more than the provider takes."""
    rates = [float(given)] if given is not None else []
    if capabilities.requests_per_second is not None:
        rates.append(capabilities.requests_per_second * PLACING_SHARE)
    return min(rates, default=None)


def read_account(
    cursor: Any, *, account_id: int, gates: Mapping[int, Gate], now: datetime, keep: bool = True
) -> AccountView | None:
    """Return the account with the running campaigns that it may call for, or None if it or all dialing is off.

    ``gates``: its own, and those of the accounts that share campaigns with it, all locked. Without ``keep`` nothing is
    written down of what is found, and no lock is needed: to explain.
    """
    cursor.execute(_ACCOUNT, [account_id])
    row = cursor.fetchone()
    if row is None:
        return None
    slug, max_live_calls, calls_per_second, max_call_seconds, poll_after_seconds, uses_bound, lag_seconds = row
    provider = providers.of_account(slug)
    capabilities = provider.capabilities
    bound = bound_of(gates[account_id], provider, uses_bound=uses_bound, lag_seconds=lag_seconds, now=now)
    live = count_live(cursor, account_id=account_id, bound=bound)
    if capabilities.hosted_actions:
        live = with_held_lines(cursor, account_id=account_id, live=live)
    counts = LiveCounts(rows=live, bound=bound)
    campaigns, unready = _campaigns(
        cursor,
        account_id=account_id,
        live=counts,
        capabilities=capabilities,
        partners=read_partners(cursor, account_id=account_id, gates=gates),
        now=now,
        keep=keep,
    )
    return AccountView(
        id=account_id,
        provider=provider,
        gate=gates[account_id],
        max_live_calls=max_live_calls,
        calls_per_second=placing_rate(given=calls_per_second, capabilities=capabilities),
        max_call_seconds=max_call_seconds,
        second_leg_seconds=capabilities.second_leg_seconds,
        poll_after_seconds=poll_after_seconds,
        live=counts.lines,
        counted=counts.counted,
        bound=bound,
        unanswered=_unanswered(cursor, account_id) if gates[account_id].is_crowded else 0,
        has_fleet=capabilities.reports_capacity,
        polls=capabilities.polls_call or capabilities.pulls_logs,
        campaigns=campaigns,
        unready=unready,
    )


def _unanswered(cursor: Any, account_id: int) -> int:
    cursor.execute(_UNANSWERED, [account_id])
    return int(cursor.fetchone()[0])


def _campaigns(
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
    )
    rest_poor(cursor, dids=dids, now=now, keep=keep)
    people = read_agents(cursor, campaign_ids=ids, now=now)
    facts = readiness_reading.facts_of(
        cursor,
        ways={row[0]: row[_WAYS : _WAYS + readiness_reading.WIDTH] for row in rows},
        rules=rules,
        dids=dids.lines,
        agents={campaign_id: [one.line for one in of_one] for campaign_id, of_one in people.items()},
    )
    # What the start of a campaign refuses, each claim refuses: a second account may call while the first one is off.
    unready = {pk for pk, known in facts.items() if any(not problem.waits for problem in why_not(known))}
    agents, addresses = _agent_slots(people, account_id=account_id, live=live.by_agent)
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


def _agent_slots(
    people: Mapping[int, Sequence[AgentRow]], *, account_id: int, live: Counter[int]
) -> tuple[dict[int, list[Slot]], dict[int, tuple[str, str]]]:
    """Return the account's agents as slots by campaign, and the address by slot id."""
    slots: dict[int, Slot] = {}
    by_campaign: dict[int, list[Slot]] = {}
    addresses: dict[int, tuple[str, str]] = {}
    for campaign_id, of_one in people.items():
        for agent in of_one:
            if agent.line.account_id != account_id:
                continue
            slot = slots.setdefault(agent.id, Slot(id=agent.id, limit=max(agent.limit, 1), live=live[agent.id]))
            if agent.limit == 0:
                slot.live = slot.limit
            by_campaign.setdefault(campaign_id, []).append(slot)
            addresses[agent.id] = agent.address
    return by_campaign, addresses


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
    campaign_id, weight, limit, action, options, variables, ring, record, longest, template_id = row[:_CALL]
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
