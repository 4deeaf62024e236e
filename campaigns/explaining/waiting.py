"""How many leads of campaigns are due, and when the next one is, without going through all that wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dialer.sql import rows_in_order

#: Leads of a rank are counted up to so many, those that are due and those that are not, each for itself.
MOST_COUNTED = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """``is_at_least``: more are due than ``due`` says. ``next_due_at``: of the first lead that waits, due or not."""

    due: int = 0
    is_at_least: bool = False
    next_due_at: datetime | None = None


#: Campaign, how many are due, whether more are, the first instant. One look-up per rank, as claiming does. Where more
#: are due than are counted, all that wait, which is known, less those that are not due yet says it too: mostly one of
#: the two is few. In one statement, so that they are of one instant. Each look-up is ordered, also those that count:
#: that leaves the index in this order alone (see ``rows_in_order``).
WAITING = """
WITH RECURSIVE ranks AS (
    SELECT w.id AS campaign_id, (SELECT l.rank FROM campaigns_lead l
            WHERE l.campaign_id = w.id AND l.state = 'PENDING' ORDER BY l.rank LIMIT 1) AS rank
      FROM unnest(%(campaigns)s::bigint[]) AS w(id)
    UNION ALL
    SELECT r.campaign_id, (SELECT l.rank FROM campaigns_lead l
            WHERE l.campaign_id = r.campaign_id AND l.state = 'PENDING' AND l.rank > r.rank ORDER BY l.rank LIMIT 1)
      FROM ranks r WHERE r.rank IS NOT NULL
), counted AS (
    SELECT r.campaign_id, sum(due.leads) AS due, sum(later.leads) AS later, min(first.at) AS first_at,
           bool_or(due.leads > %(most)s) AS due_are_more, bool_or(later.leads > %(most)s) AS later_are_more
      FROM ranks r
     CROSS JOIN LATERAL (
           SELECT count(*) AS leads FROM (
                  SELECT 1 FROM campaigns_lead l
                   WHERE l.campaign_id = r.campaign_id AND l.state = 'PENDING' AND l.rank = r.rank
                     AND l.next_attempt_at <= %(now)s ORDER BY l.next_attempt_at LIMIT %(most)s + 1) few) due
     CROSS JOIN LATERAL (
           SELECT count(*) AS leads FROM (
                  SELECT 1 FROM campaigns_lead l
                   WHERE l.campaign_id = r.campaign_id AND l.state = 'PENDING' AND l.rank = r.rank
                     AND l.next_attempt_at > %(now)s ORDER BY l.next_attempt_at LIMIT %(most)s + 1) few) later
     CROSS JOIN LATERAL (
           SELECT l.next_attempt_at AS at FROM campaigns_lead l
            WHERE l.campaign_id = r.campaign_id AND l.state = 'PENDING' AND l.rank = r.rank
            ORDER BY l.next_attempt_at LIMIT 1) first
     WHERE r.rank IS NOT NULL GROUP BY 1
)
SELECT c.campaign_id,
       CASE WHEN c.due_are_more AND NOT c.later_are_more THEN p.pending - c.later ELSE c.due END::bigint,
       c.due_are_more AND c.later_are_more, c.first_at
  FROM counted c
 CROSS JOIN LATERAL (
       SELECT COALESCE(sum(number), 0) AS pending FROM (
              SELECT number FROM campaigns_keptcount
               WHERE campaign_id = c.campaign_id AND counted = 'LEADS' AND value = 'PENDING'
               UNION ALL
              SELECT number FROM campaigns_countchange
               WHERE campaign_id = c.campaign_id AND lead_state = 'PENDING' AND NOT is_gone) k) p
"""


def waiting_leads(*, campaign_ids: Sequence[int], now: datetime, most: int = MOST_COUNTED) -> dict[int, Waiting]:
    """Return what waits of each campaign at ``now``."""
    found = {
        campaign_id: Waiting(due=due, is_at_least=is_at_least, next_due_at=first_at)
        for campaign_id, due, is_at_least, first_at in rows_in_order(
            WAITING, {"campaigns": list(campaign_ids), "now": now, "most": most}
        )
    }
    return {campaign_id: found.get(campaign_id, Waiting()) for campaign_id in campaign_ids}
