"""What claiming reads under the gate's lock: the account, its campaigns, live counts, due leads, suppression."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from campaigns.claiming.budget import FleetReading
from campaigns.claiming.did_limits import DIDs, of_series, read_dids, rest_poor
from campaigns.claiming.failover import Partners, read_partners
from campaigns.claiming.gate import Gate
from campaigns.claiming.hosted_lines import with_held_lines
from campaigns.claiming.seating import Share, Slot
from campaigns.rules.campaign import COLUMNS, JOIN, WIDTH
from campaigns.rules.ruleset import CampaignRules, rules_of_row
from dialer import providers
from dialer.home.allowing import DIALING_ALLOWED
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


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """An active account under its gate's lock."""

    id: int
    gate: Gate
    max_live_calls: int | None
    calls_per_second: float | None
    max_call_seconds: int
    poll_after_seconds: int
    live: int
    # Calls whose request may be on its way; read only while it is probed.
    unanswered: int
    has_fleet: bool
    polls: bool
    campaigns: tuple[CampaignView, ...]

    @property
    def is_probing(self) -> bool:
        """Whether the provider has turned calls away in a row: one at a time shows when it takes them again."""
        return self.gate.is_crowded

    @property
    def reading(self) -> FleetReading | None:
        """The fleet reading, or None when there is none to trust."""
        return self.gate.reading


_ACCOUNT = f"""
SELECT a.provider, a.max_live_calls, a.calls_per_second, a.max_call_seconds, a.poll_after_seconds
  FROM dialer_provideraccount a
 WHERE a.id = %s AND a.is_active AND {DIALING_ALLOWED}
"""  # noqa: S608

_CAMPAIGNS = f"""
SELECT c.id, c.weight, c.max_live_calls, t.action, t.options, t.variables, t.max_ring_seconds, t.record,
       {COLUMNS}, c.account_id, c.fallback_account_id
  FROM campaigns_campaign c {JOIN}
  JOIN campaigns_calltemplate t ON t.id = CASE WHEN c.account_id = %(account)s THEN c.template_id
                                               ELSE COALESCE(c.fallback_template_id, c.template_id) END
 WHERE (c.account_id = %(account)s OR c.fallback_account_id = %(account)s) AND c.state = 'RUNNING'
   AND c.runs_on = 'HERE'
 ORDER BY c.id
"""  # noqa: S608

#: Where the rules begin in such a row.
_CALL = 8

_LIVE = """
SELECT campaign_id, did_id, agent_id, count(*) FROM campaigns_attempt
 WHERE account_id = %s AND ended_at IS NULL GROUP BY 1, 2, 3
"""

#: An agent whose phone was not registered gets no other call for this long.
AWAY_SECONDS = 30

_UNANSWERED = """
SELECT count(*) FROM campaigns_attempt
 WHERE account_id = %s AND ended_at IS NULL AND state IN ('RESERVED', 'PLACING')
"""

# An agent is free when usable (as AgentQuerySet.usable says), below the limit, and past the wrap-up of the last call
# that reached a customer or rang the agent: an attempt that was refused before anything rang (is_burned false) asks
# for no wrap-up, but one that was refused because the agent was away asks for a rest.
_AGENTS = """
SELECT ca.campaign_id, g.id, g.kind, g.address,
       CASE WHEN g.is_available AND NOT g.is_disabled_there
             AND COALESCE(LEAST(g.expires_at, g.expires_there_at) > %(now)s::timestamptz, TRUE) AND NOT EXISTS (
            SELECT 1 FROM campaigns_attempt w
             WHERE g.wrap_up_seconds > 0 AND w.agent_id = g.id AND w.is_burned
               AND w.ended_at > %(now)s::timestamptz - make_interval(secs => g.wrap_up_seconds)) AND NOT EXISTS (
            SELECT 1 FROM campaigns_attempt w
             WHERE w.agent_id = g.id AND w.refusal = 'TARGET_AWAY'
               AND w.ended_at > %(now)s::timestamptz - make_interval(secs => %(away)s))
            THEN g.max_live_calls ELSE 0 END
  FROM campaigns_campaign_agents ca JOIN dialer_agent g ON g.id = ca.agent_id
 WHERE ca.campaign_id = ANY(%(campaigns)s) AND g.account_id = %(account)s ORDER BY g.id
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
    slug, max_live_calls, calls_per_second, max_call_seconds, poll_after_seconds = row
    capabilities = providers.of_account(slug).capabilities
    cursor.execute(_LIVE, [account_id])
    live = cursor.fetchall()
    if capabilities.hosted_actions:
        live = with_held_lines(cursor, account_id=account_id, live=live)
    return AccountView(
        id=account_id,
        gate=gates[account_id],
        max_live_calls=max_live_calls,
        calls_per_second=placing_rate(given=calls_per_second, capabilities=capabilities),
        max_call_seconds=max_call_seconds,
        poll_after_seconds=poll_after_seconds,
        live=sum(count for *_, count in live),
        unanswered=_unanswered(cursor, account_id) if gates[account_id].is_crowded else 0,
        has_fleet=capabilities.reports_capacity,
        polls=capabilities.polls_call or capabilities.pulls_logs,
        campaigns=_campaigns(
            cursor,
            account_id=account_id,
            live=live,
            capabilities=capabilities,
            partners=read_partners(cursor, account_id=account_id, gates=gates),
            now=now,
            keep=keep,
        ),
    )


def _unanswered(cursor: Any, account_id: int) -> int:
    cursor.execute(_UNANSWERED, [account_id])
    return int(cursor.fetchone()[0])


def _campaigns(
    cursor: Any,
    *,
    account_id: int,
    live: Sequence[tuple[int, int, int, int]],
    capabilities: Capabilities,
    partners: Partners,
    now: datetime,
    keep: bool,
) -> tuple[CampaignView, ...]:
    cursor.execute(_CAMPAIGNS, {"account": account_id})
    rows = [
        row
        for row in cursor.fetchall()
        # A template can be changed under a running campaign: watching pauses it, and the others go on.
        if row[3] in capabilities.actions
        and partners.may_claim(account_id=account_id, first_id=row[-2], second_id=row[-1], now=now)
    ]
    ids = [row[0] for row in rows]
    if not ids:
        return ()
    live_by_campaign: Counter[int] = Counter(partners.live_by_campaign)
    live_by_did: Counter[int] = Counter()
    live_by_agent: Counter[int] = Counter()
    for campaign_id, did_id, agent_id, count in live:
        live_by_campaign[campaign_id] += count
        live_by_did[did_id] += count
        live_by_agent[agent_id] += count
    # One Slot for one DID or agent, however many campaigns name it: what one takes, the others no longer have.
    rules = {row[0]: rules_of_row(row[_CALL : _CALL + WIDTH]) for row in rows}
    dids = read_dids(
        cursor,
        campaign_ids=ids,
        account_id=account_id,
        live=live_by_did,
        counted_for={campaign_id for campaign_id in ids if rules[campaign_id].rotation.needs_usage},
        now=now,
    )
    rest_poor(cursor, dids=dids, now=now, keep=keep)
    asked = {"now": now, "away": AWAY_SECONDS, "campaigns": ids, "account": account_id}
    agents, addresses = _slots(cursor, _AGENTS, asked, live_by_agent, value=lambda row: (row[2], row[3]))
    return tuple(
        _campaign(
            row,
            live=live_by_campaign[row[0]],
            rules=rules[row[0]],
            dids=dids,
            agents=agents.get(row[0], []) if capabilities.rings_agent(row[3]) else None,
            addresses=addresses,
            is_standing_in=row[-2] != account_id,
        )
        for row in rows
        # With two accounts, the DIDs may all be of the other one: then nothing is called from nowhere.
        if row[-1] is None or dids.by_campaign.get(row[0]) or not capabilities.wants_caller_id(row[3])
    )


def _slots(
    cursor: Any, sql: str, parameters: Mapping[str, Any], live: Counter[int], *, value: Any
) -> tuple[dict[int, list[Slot]], dict[int, Any]]:
    """Return the slots by campaign, and the number or address by slot id."""
    cursor.execute(sql, parameters)
    slots: dict[int, Slot] = {}
    by_campaign: dict[int, list[Slot]] = {}
    values: dict[int, Any] = {}
    for row in cursor.fetchall():
        campaign_id, slot_id, limit = row[0], row[1], row[-1]
        slot = slots.setdefault(slot_id, Slot(id=slot_id, limit=max(limit, 1), live=live[slot_id]))
        if limit == 0:
            slot.live = slot.limit
        by_campaign.setdefault(campaign_id, []).append(slot)
        values[slot_id] = value(row)
    return by_campaign, values


def _campaign(
    row: tuple[Any, ...],
    *,
    live: int,
    rules: CampaignRules,
    dids: DIDs,
    agents: list[Slot] | None,
    addresses: Mapping[int, tuple[str, str]],
    is_standing_in: bool,
) -> CampaignView:
    campaign_id, weight, limit, action, options, variables, ring, record = row[:_CALL]
    slots = of_series(slots=dids.by_campaign.get(campaign_id, []), profile=rules.profile, purpose=rules.purpose)
    return CampaignView(
        id=campaign_id,
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
    )
