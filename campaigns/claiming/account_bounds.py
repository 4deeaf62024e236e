"""What the fleet's count proves of the calls of an account, where it is used."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from campaigns.claiming.fleet_bound import Bound
from campaigns.claiming.gate import GATE_COLUMNS, Gate, gate_of_row
from dialer import providers
from dialer.providers.base import Provider


def bound_of(gate: Gate, provider: Provider, *, uses_bound: bool, lag_seconds: Any, now: datetime) -> Bound | None:
    """Return what the fleet's count proves of an account's calls; None where it proves nothing or is not used."""
    track = gate.track if uses_bound and provider.capabilities.reports_capacity else None
    return track.bound(lag_seconds=float(lag_seconds), now=now) if track else None


_GATES = f"""
SELECT a.provider, a.uses_fleet_bound, a.fleet_lag_seconds, {GATE_COLUMNS}
  FROM dialer_provideraccount a JOIN dialer_accountgate g ON g.account_id = a.id
"""  # noqa: S608
_OF_ACCOUNTS = "WHERE a.id = ANY(%s)"
_OF_CAMPAIGNS = """WHERE a.id IN (SELECT unnest(ARRAY[account_id, fallback_account_id]) FROM campaigns_campaign
                                 WHERE id = ANY(%s))"""


def read_bounds(cursor: Any, *, account_ids: Sequence[int], now: datetime) -> dict[int, Bound]:
    """Return what the fleet's count proves of the calls of accounts, where it proves something: to explain."""
    return _bounds(cursor, _OF_ACCOUNTS, account_ids, now)


def bounds_of_campaigns(cursor: Any, *, campaign_ids: Sequence[int], now: datetime) -> dict[int, Bound]:
    """Return the same of the accounts that campaigns may call by. One statement, as the other."""
    return _bounds(cursor, _OF_CAMPAIGNS, campaign_ids, now)


def _bounds(cursor: Any, which: str, ids: Sequence[int], now: datetime) -> dict[int, Bound]:
    cursor.execute(_GATES + which, [list(ids)])
    found = {}
    for slug, uses_bound, lag_seconds, *row in cursor.fetchall():
        gate, provider = gate_of_row(row), providers.of_account(slug)
        if bound := bound_of(gate, provider, uses_bound=uses_bound, lag_seconds=lag_seconds, now=now):
            found[row[0]] = bound
    return found
