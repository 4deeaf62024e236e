"""Counts the lines that calls take: of an account, and of each of its campaigns, DIDs and agents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from campaigns.claiming.fleet_bound import Bound, lines_taken


class Counted(NamedTuple):
    """Calls of one campaign, DID and agent whose end nobody told; ``covered``: those that the bound covers."""

    campaign_id: int
    did_id: int | None
    agent_id: int | None
    calls: int
    covered: int = 0


#: Which live attempts a bound covers. An attempt has ``placed_at`` once the provider took its call, and by the clock of
#: PostgreSQL, as ``placing_at`` and the instant of a reading are.
COVERED = "placed_at < %(before)s AND placing_at >= %(since)s AND NOT holds_until_told"
_COUNT = """
SELECT campaign_id, did_id, agent_id, count(*) FROM campaigns_attempt
 WHERE account_id = %(account)s AND ended_at IS NULL GROUP BY 1, 2, 3
"""
_COUNT_COVERED = f"""
SELECT campaign_id, did_id, agent_id, count(*), count(*) FILTER (WHERE {COVERED}) FROM campaigns_attempt
 WHERE account_id = %(account)s AND ended_at IS NULL GROUP BY 1, 2, 3
"""  # noqa: S608


def count_live(cursor: Any, *, account_id: int, bound: Bound | None) -> list[Counted]:
    """Return the account's calls whose end nobody told; under the gate's lock, in a statement of its own."""
    values: dict[str, Any] = {"account": account_id}
    if bound is None:
        cursor.execute(_COUNT, values)
    else:
        cursor.execute(_COUNT_COVERED, {**values, "before": bound.before_at, "since": bound.since_at})
    return [Counted(*row) for row in cursor.fetchall()]


@dataclass(frozen=True)
class LiveCounts:
    """Counted calls, and the lines that they take at most by what the fleet counts."""

    rows: Sequence[Counted]
    bound: Bound | None

    @property
    def counted(self) -> int:
        """Return the calls whose end nobody told."""
        return sum(row.calls for row in self.rows)

    @property
    def lines(self) -> int:
        """Return the lines that the whole account takes."""
        return lines_taken(counted=self.counted, covered=sum(row.covered for row in self.rows), bound=self.bound)

    @cached_property
    def by_campaign(self) -> Counter[int]:
        """Return the lines of each campaign."""
        return self._lines_by("campaign_id")

    @cached_property
    def by_did(self) -> Counter[int]:
        """Return the lines of each DID."""
        return self._lines_by("did_id")

    @cached_property
    def by_agent(self) -> Counter[int]:
        """Return the calls of each agent: who has one is busy until its end is told, and the wrap-up begins then."""
        found: Counter[int] = Counter()
        for row in self.rows:
            if row.agent_id is not None:
                found[row.agent_id] += row.calls
        return found

    def _lines_by(self, owner: str) -> Counter[int]:
        counted: Counter[int] = Counter()
        covered: Counter[int] = Counter()
        for row in self.rows:
            key = getattr(row, owner)
            counted[key] += row.calls
            covered[key] += row.covered
        return Counter(
            {
                key: lines_taken(counted=calls, covered=covered[key], bound=self.bound)
                for key, calls in counted.items()
                if key is not None
            }
        )
