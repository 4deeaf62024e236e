"""Keeps our agents in step with what their provider listed: switched off, expired, or no longer listed.

Only agents that are known by an extension: a phone number can be anybody's. What the manager says of an agent is his.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dialer.models import ProviderAccount
from dialer.models.agents import Agent
from dialer.models.synced import ItemKind, SyncedItem
from dialer.providers.base import AgentKind
from dialer.providers.parts.lists import LAST_DAY, OFF_WORDS

#: Who never expires is listed until 9999-12-31, a day that nothing comes after.
FURTHEST = date(9998, 12, 31)


def end_of_day(day: date, *, time_zone: str) -> datetime:
    """Return the instant at which ``day`` is over by the clock of ``time_zone``, in UTC; a far one for a last day."""
    midnight = datetime.combine(min(day, FURTHEST) + timedelta(days=1), time(0), tzinfo=ZoneInfo(time_zone))
    return midnight.astimezone(UTC)


def keep_in_step(*, account: ProviderAccount) -> int:
    """Bring the account's agents in step with its synced items; return how many changed."""
    kinds = (ItemKind.AGENT, ItemKind.EXTENSION)
    listed: dict[str, list[SyncedItem]] = {}
    for item in SyncedItem.objects.filter(account=account, kind__in=kinds):
        listed.setdefault(item.external_id, []).append(item)
    changed = []
    for agent in Agent.objects.filter(account=account, kind=AgentKind.EXTENSION, address__in=listed):
        items = [item for item in listed[agent.address] if not item.is_gone]
        before = agent.is_disabled_there, agent.expires_there_at
        agent.is_disabled_there = not items or any(item.status.lower().strip() in OFF_WORDS for item in items)
        agent.expires_there_at = _expiry(items, account.time_zone) or agent.expires_there_at
        if before != (agent.is_disabled_there, agent.expires_there_at):
            changed.append(agent)
    Agent.objects.bulk_update(changed, ["is_disabled_there", "expires_there_at"])
    return len(changed)


def _expiry(items: Iterable[SyncedItem], time_zone: str) -> datetime | None:
    """Return the end of the first day that an item lists as the last one."""
    for item in items:
        try:
            day = date.fromisoformat(str(item.details.get(LAST_DAY) or "")[:10])
        except ValueError:
            continue
        return end_of_day(day, time_zone=time_zone)
    return None
