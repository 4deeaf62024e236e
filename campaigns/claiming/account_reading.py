"""What claiming reads under the gate's lock: the account, its live counts, and its campaigns (campaign_reading)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from campaigns.claiming.account_bounds import bound_of
from campaigns.claiming.budget import FleetReading
from campaigns.claiming.campaign_reading import CampaignView, read_campaigns
from campaigns.claiming.failover import read_partners
from campaigns.claiming.fleet_bound import Bound
from campaigns.claiming.gate import Gate
from campaigns.claiming.hosted_lines import with_held_lines
from campaigns.claiming.lines import LiveCounts, count_live
from dialer import providers
from dialer.home.allowing import DIALING_ALLOWED
from dialer.providers.base import Capabilities, Provider


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
    campaigns, unready = read_campaigns(
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
