"""What claiming reads of agents under the gate's lock: who takes how many calls now, and who never will as they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from campaigns.claiming.slots import Slot
from campaigns.rules.may_call import AgentLine
from dialer.models.agents import lapsed

#: An agent whose phone was not registered gets no other call for this long.
AWAY_SECONDS = 30

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
            THEN g.max_live_calls ELSE 0 END,
       g.name, g.account_id, g.is_disabled_there, g.expires_at, g.expires_there_at
  FROM campaigns_campaign_agents ca JOIN dialer_agent g ON g.id = ca.agent_id
 WHERE ca.campaign_id = ANY(%(campaigns)s) ORDER BY g.id
"""


class AgentRow(NamedTuple):
    """An agent of a campaign; ``limit`` 0: takes no call now."""

    id: int
    address: tuple[str, str]
    limit: int
    line: AgentLine


def read_agents(cursor: Any, *, campaign_ids: Sequence[int], now: datetime) -> dict[int, list[AgentRow]]:
    """Return the agents of campaigns, of whatever account, in the order of their ids."""
    cursor.execute(_AGENTS, {"now": now, "away": AWAY_SECONDS, "campaigns": list(campaign_ids)})
    found: dict[int, list[AgentRow]] = {}
    for campaign_id, agent_id, kind, address, limit, name, account_id, disabled, expires, there in cursor.fetchall():
        why = lapsed(is_disabled_there=disabled, expires_at=expires, expires_there_at=there, now=now)
        row = AgentRow(agent_id, (kind, address), limit, AgentLine(name, account_id, why))
        found.setdefault(campaign_id, []).append(row)
    return found


def agent_slots(
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
