"""What the kept counts of campaigns say: the one place from which pages, REST and commands have their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from campaigns.models import LEAD_ENDS, LeadState


@dataclass(slots=True, kw_only=True)
class Totals:
    """Of one campaign, at one instant. Leads and ended attempts that were deleted since are counted too."""

    leads_by_state: dict[str, int] = field(default_factory=dict)
    attempts_by_outcome: dict[str, int] = field(default_factory=dict)
    live_attempts: int = 0
    # Live ones of which no reply told whether they ring.
    live_uncertain: int = 0

    def add(self, counted: str, value: str, number: int) -> None:
        """Take in a row of ``TOTALS``."""
        if counted == "LEADS":
            self.leads_by_state[value] = number
        elif counted == "OUTCOME":
            self.attempts_by_outcome[value] = number
        else:
            self.live_attempts += number
            self.live_uncertain += number if value == "UNCERTAIN" else 0

    @property
    def leads(self) -> int:
        """All leads, whatever their state."""
        return sum(self.leads_by_state.values())

    @property
    def leads_ended(self) -> int:
        """Leads of which nothing more is to come."""
        return sum(self.leads_by_state.get(state, 0) for state in LEAD_ENDS)

    @property
    def leads_canceled(self) -> int:
        """Those of the ended ones that somebody, or the stop of their campaign, took out."""
        return self.leads_by_state.get(LeadState.CANCELED, 0)

    @property
    def attempts(self) -> int:
        """All attempts: those that have ended, and those that are live."""
        return sum(self.attempts_by_outcome.values()) + self.live_attempts


#: Campaign, what is counted, its value, how many. One statement, so that all of it is of one instant: a call that ends
#: meanwhile is either live here or has its outcome.
TOTALS = """
SELECT campaign_id, counted, value, sum(number)::bigint FROM (
       SELECT campaign_id, counted, value, number FROM campaigns_keptcount
        WHERE campaign_id = ANY(%(campaigns)s) AND counted IN ('LEADS', 'OUTCOME')
        UNION ALL
       SELECT campaign_id, CASE WHEN outcome IS NULL THEN 'LEADS' ELSE 'OUTCOME' END, COALESCE(outcome, lead_state),
              number
         FROM campaigns_countchange WHERE campaign_id = ANY(%(campaigns)s) AND NOT is_gone
        UNION ALL
       SELECT campaign_id, 'LIVE', state, 1 FROM campaigns_attempt
        WHERE campaign_id = ANY(%(campaigns)s) AND ended_at IS NULL) c
 GROUP BY 1, 2, 3 HAVING sum(number) <> 0
"""


def totals_of(cursor: Any, *, campaign_ids: Sequence[int]) -> dict[int, Totals]:
    """Return the totals of each campaign. What it costs does not depend on how many leads and attempts they have."""
    found = {campaign_id: Totals() for campaign_id in campaign_ids}
    cursor.execute(TOTALS, {"campaigns": list(campaign_ids)})
    for campaign_id, counted, value, number in cursor.fetchall():
        found[campaign_id].add(counted, value, number)
    return found
