"""How full accounts and their DIDs are: calls without an end, of the most that each carries. Two statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns.explaining.lines_taken import LinesTaken

#: Those that are shown: the fullest ones.
MOST_ACCOUNTS, MOST_DIDS = 20, 12
#: Idle ones are shown up to so many gauges in all: what is idle needs nobody.
MOST_WITH_IDLE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """``free``: lines by the provider's own word, None where it says nothing."""

    id: int
    name: str
    taken: LinesTaken
    free: int | None = None
    resting_until: datetime | None = None
    is_sandbox: bool = False

    @property
    def is_idle(self) -> bool:
        """Whether nothing is to be seen of it."""
        return not self.taken.calls and self.resting_until is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauges:
    """``more_accounts``, ``more_dids``: those that are not shown."""

    accounts: Sequence[Gauge]
    dids: Sequence[Gauge]
    more_accounts: int
    more_dids: int


_ACCOUNTS = """
SELECT a.id, a.name, COALESCE(l.live, 0) AS live, LEAST(a.max_live_calls, g.fleet_maximum) AS most, g.fleet_available,
       NULL, a.is_sandbox, count(*) OVER ()
  FROM dialer_provideraccount a JOIN dialer_accountgate g ON g.account_id = a.id
  LEFT JOIN (SELECT account_id, count(*) AS live FROM campaigns_attempt WHERE ended_at IS NULL GROUP BY 1) l
    ON l.account_id = a.id
 WHERE a.is_active
 ORDER BY COALESCE(l.live, 0)::float / NULLIF(LEAST(a.max_live_calls, g.fleet_maximum), 0) DESC NULLS LAST, a.name
 LIMIT %(most)s
"""
_DIDS = """
SELECT d.id, concat_ws(' ', d.number, NULLIF(d.label, '')), COALESCE(l.live, 0), d.max_live_calls, NULL,
       CASE WHEN d.resting_until > %(now)s THEN d.resting_until END AS resting,
       FALSE, count(*) OVER ()
  FROM dialer_did d JOIN dialer_provideraccount a ON a.id = d.account_id AND a.is_active AND NOT a.is_sandbox
  LEFT JOIN (SELECT did_id, count(*) AS live FROM campaigns_attempt WHERE ended_at IS NULL GROUP BY 1) l
    ON l.did_id = d.id
 WHERE d.is_active ORDER BY COALESCE(l.live, 0)::float / d.max_live_calls DESC, resting NULLS LAST, d.number
 LIMIT %(most)s
"""


def read_gauges(cursor: Any, *, now: datetime) -> Gauges:
    """Return how full the fullest accounts and DIDs are."""
    cursor.execute(_ACCOUNTS, {"most": MOST_ACCOUNTS})
    accounts, more_accounts = _shown(cursor.fetchall())
    cursor.execute(_DIDS, {"most": MOST_DIDS, "now": now})
    dids, more_dids = _shown(cursor.fetchall())
    return Gauges(accounts=accounts, dids=dids, more_accounts=more_accounts, more_dids=more_dids)


def _shown(rows: Sequence[tuple[Any, ...]]) -> tuple[list[Gauge], int]:
    """Return the gauges that are shown of rows, the fullest of which come first, and how many there are besides."""
    gauges = [_gauge(row) for row in rows]
    busy = [one for one in gauges if not one.is_idle]
    shown = busy + [one for one in gauges if one.is_idle][: max(0, MOST_WITH_IDLE - len(busy))]
    return shown, (rows[0][7] if rows else 0) - len(shown)


def _gauge(row: tuple[Any, ...]) -> Gauge:
    pk, name, live, most, free, resting, is_sandbox = row[:7]
    taken = LinesTaken.of(live, most=most)
    return Gauge(id=pk, name=name, taken=taken, free=free, resting_until=resting, is_sandbox=is_sandbox)
