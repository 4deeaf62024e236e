"""Who of a campaign waits in another one as well: two campaigns over one list ring its people twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from campaigns.explaining.population import PEOPLE
from campaigns.models import Campaign, CampaignState

#: So many campaigns are named, those with the most people first.
MOST_NAMED = 5
GOING = (CampaignState.RUNNING, CampaignState.PAUSED, CampaignState.SCHEDULED)

_SHARED = f"""
WITH people AS MATERIALIZED ({PEOPLE})
SELECT c.id, c.name, c.state, count(DISTINCT p.number)
  FROM campaigns_lead l
  JOIN campaigns_campaign c ON c.id = l.campaign_id
  JOIN people p ON p.number = l.number
 WHERE l.campaign_id = ANY(%(others)s) AND l.state IN ('PENDING', 'DIALING')
 GROUP BY c.id ORDER BY 4 DESC, c.id LIMIT {MOST_NAMED}
"""  # noqa: S608


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """Another campaign that goes, and how many of this one's people wait in it."""

    campaign: int
    name: str
    state: str
    people: int


def shared_people(cursor: Any, *, campaign: Campaign) -> list[Shared]:
    """Return the campaigns under way in which people of this one wait to be called."""
    others = Campaign.objects.filter(state__in=GOING).exclude(pk=campaign.pk)
    ids = list(others.values_list("pk", flat=True))
    if not ids:
        return []
    cursor.execute(_SHARED, {"campaign": campaign.pk, "others": ids})
    return [Shared(campaign=row[0], name=row[1], state=row[2], people=row[3]) for row in cursor.fetchall()]
