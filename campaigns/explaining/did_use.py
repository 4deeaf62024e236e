"""The DIDs of a campaign at an instant: how many lines of each are taken, what it called today, and who answers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns.explaining.lines_taken import LinesTaken

#: So many are shown, the fullest first; so many calls of a day are counted of each.
MOST_DIDS, MOST_COUNTED = 12, 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DIDUse:
    """``today``: calls of the last 24 hours, counted up to MOST_COUNTED, over all campaigns; ``cap``: most of them.

    ``rang``, ``answered``: calls of this campaign at which something rang, and those that were answered.
    """

    id: int
    number: str
    label: str
    is_active: bool
    live: int
    limit: int
    resting_until: datetime | None
    today: int
    cap: int | None
    rang: int
    answered: int

    @property
    def taken(self) -> LinesTaken:
        """The lines that its calls take, over all campaigns."""
        return LinesTaken.of(self.live, most=self.limit)

    @property
    def is_at_least(self) -> bool:
        """Whether it called more than ``today`` says."""
        return self.today == MOST_COUNTED

    @property
    def answered_percent(self) -> int | None:
        """How many of its calls are answered; None where nothing rang."""
        return round(100 * self.answered / self.rang) if self.rang else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DIDsInUse:
    """``more``: DIDs that are not shown."""

    dids: Sequence[DIDUse]
    more: int


_DIDS = """
WITH own AS (
    SELECT did_id FROM campaigns_campaign_dids WHERE campaign_id = %(campaign)s
     UNION
    SELECT m.did_id FROM campaigns_campaign_did_groups g JOIN dialer_didgroup_dids m ON m.didgroup_id = g.didgroup_id
     WHERE g.campaign_id = %(campaign)s
), live AS (
    SELECT did_id, count(*) AS calls FROM campaigns_attempt WHERE ended_at IS NULL GROUP BY 1
), kept AS (
    SELECT did, sum(number) AS rang, sum(number) FILTER (WHERE outcome = 'ANSWERED') AS answered FROM (
           SELECT value AS did, outcome, number FROM campaigns_keptcount
            WHERE campaign_id = %(campaign)s AND counted = 'DID'
            UNION ALL
           SELECT did_id::text, outcome, number FROM campaigns_countchange
            WHERE campaign_id = %(campaign)s AND NOT is_gone AND did_id IS NOT NULL) k
     WHERE outcome NOT IN ('REFUSED', 'CANCELED') GROUP BY 1
), shown AS (
    SELECT d.*, COALESCE(live.calls, 0) AS live, count(*) OVER () AS all_dids
      FROM own JOIN dialer_did d ON d.id = own.did_id LEFT JOIN live ON live.did_id = d.id
     ORDER BY COALESCE(live.calls, 0)::float / d.max_live_calls DESC, d.number LIMIT %(shown)s
)
SELECT s.id, s.number, s.label, s.is_active, s.live, s.max_live_calls,
       CASE WHEN s.resting_until > %(now)s THEN s.resting_until END, today.calls, s.max_calls_per_day,
       COALESCE(kept.rang, 0)::bigint, COALESCE(kept.answered, 0)::bigint, s.all_dids
  FROM shown s
  LEFT JOIN kept ON kept.did = s.id::text
 CROSS JOIN LATERAL (
       SELECT count(*) AS calls FROM (
              SELECT FROM campaigns_attempt a
               WHERE a.did_id = s.id AND a.reserved_at > %(now)s::timestamptz - interval '24 hours'
                 AND a.is_burned IS NOT FALSE
               LIMIT %(most)s) few) today
 ORDER BY s.live::float / s.max_live_calls DESC, s.number
"""


def read_did_use(cursor: Any, *, campaign_id: int, now: datetime) -> DIDsInUse:
    """Return the DIDs that a campaign names itself or by a group. One statement."""
    cursor.execute(_DIDS, {"campaign": campaign_id, "now": now, "shown": MOST_DIDS, "most": MOST_COUNTED})
    rows = cursor.fetchall()
    names = ("id", "number", "label", "is_active", "live", "limit", "resting_until", "today", "cap", "rang", "answered")
    dids = [DIDUse(**dict(zip(names, row[:-1], strict=True))) for row in rows]
    return DIDsInUse(dids=dids, more=rows[0][-1] - len(rows) if rows else 0)
