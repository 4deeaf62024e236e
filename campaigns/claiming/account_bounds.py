"""What the fleet's count proves of the calls of an account, where it is used."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from campaigns.claiming.fleet_bound import Bound
from campaigns.claiming.gate import Gate, look_at_gates
from dialer import providers
from dialer.providers.base import Provider


def bound_of(gate: Gate, provider: Provider, *, uses_bound: bool, lag_seconds: Any, now: datetime) -> Bound | None:
    """Return what the fleet's count proves of an account's calls; None where it proves nothing or is not used."""
    track = gate.track if uses_bound and provider.capabilities.reports_capacity else None
    return track.bound(lag_seconds=float(lag_seconds), now=now) if track else None


_USES_BOUND = "SELECT id, provider, uses_fleet_bound, fleet_lag_seconds FROM dialer_provideraccount WHERE id = ANY(%s)"


def read_bounds(cursor: Any, *, account_ids: Sequence[int], now: datetime) -> dict[int, Bound]:
    """Return what the fleet's count proves of the calls of accounts, where it proves something: to explain."""
    cursor.execute(_USES_BOUND, [list(account_ids)])
    found = {}
    for pk, slug, uses_bound, lag_seconds in cursor.fetchall():
        gate, provider = look_at_gates(cursor, account_id=pk)[pk], providers.of_account(slug)
        if bound := bound_of(gate, provider, uses_bound=uses_bound, lag_seconds=lag_seconds, now=now):
            found[pk] = bound
    return found
