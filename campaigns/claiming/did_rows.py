"""DIDs of campaigns as claiming reads them, each with what is kept of its calls, and what a turn makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from campaigns.claiming.did_calls import ANSWERS_AGAIN, CLOCKS, Calls, Caps
from campaigns.claiming.slots import Slot
from campaigns.rules.may_call import DIDLine

# DIDs that a campaign names itself or by a group, of whatever account.
_TAKEN_BY_WHOM = """
  FROM (SELECT campaign_id, did_id FROM campaigns_campaign_dids WHERE campaign_id = ANY(%(campaigns)s)
        UNION
        SELECT g.campaign_id, m.did_id FROM campaigns_campaign_did_groups g
          JOIN dialer_didgroup_dids m ON m.didgroup_id = g.didgroup_id
         WHERE g.campaign_id = ANY(%(campaigns)s)) cd
  JOIN dialer_did d ON d.id = cd.did_id
"""
_LINES = f"SELECT cd.campaign_id, d.number, d.account_id, d.is_active {_TAKEN_BY_WHOM} ORDER BY d.id"
# Inactive ones make a campaign wait, never call from nowhere.
_DIDS = f"""
SELECT cd.campaign_id, d.id, d.number, d.account_id, d.is_active,
       CASE WHEN d.is_active THEN d.max_live_calls ELSE 0 END, d.max_calls_per_hour,
       d.max_calls_per_day, d.rest_below_answer_percent, d.rest_after_calls, d.rest_minutes, d.resting_until,
       u.looked_at, u.hour_calls, u.day_calls, u.latest_at, u.hour_cap, u.day_cap, u.hour_free_at, u.day_free_at,
       u.answers_at
{_TAKEN_BY_WHOM}
  LEFT JOIN campaigns_didcalls u ON u.did_id = d.id
 ORDER BY d.id
"""


class Trial(NamedTuple):
    """When a DID rests: of its latest ``calls`` fewer than ``percent`` were answered; for so long, and last seen to."""

    percent: int
    calls: int
    minutes: int
    looked_at: datetime | None

    def is_due(self, *, now: datetime) -> bool:
        """Return whether it is to be seen to again."""
        return self.looked_at is None or not self.looked_at - CLOCKS <= now < self.looked_at + ANSWERS_AGAIN


class DIDRow(NamedTuple):
    """A DID of a campaign, its limits, and what is kept of its calls; these are None where nobody has looked yet."""

    campaign_id: int
    id: int
    number: str
    account_id: int
    is_active: bool
    limit: int
    per_hour: int | None
    per_day: int | None
    percent: int | None
    rest_after_calls: int
    rest_minutes: int
    resting_until: datetime | None
    looked_at: datetime | None
    hour_calls: int
    day_calls: int
    latest_at: datetime | None
    hour_cap: int | None
    day_cap: int | None
    hour_free_at: datetime | None
    day_free_at: datetime | None
    answers_at: datetime | None

    @property
    def caps(self) -> Caps:
        """Its caps as they are now."""
        return Caps(per_hour=self.per_hour, per_day=self.per_day)

    @property
    def calls(self) -> Calls | None:
        """What is kept of its calls; None where nobody has looked yet."""
        if self.looked_at is None:
            return None
        return Calls(
            looked_at=self.looked_at,
            hour_calls=self.hour_calls,
            day_calls=self.day_calls,
            latest_at=self.latest_at,
            caps=Caps(per_hour=self.hour_cap, per_day=self.day_cap),
            hour_free_at=self.hour_free_at,
            day_free_at=self.day_free_at,
        )

    @property
    def trial(self) -> Trial | None:
        """When it rests; None: never."""
        if self.percent is None:
            return None
        return Trial(self.percent, self.rest_after_calls, self.rest_minutes, self.answers_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class DIDs:
    """Slots by campaign; one Slot for one DID, however many campaigns name it: what one takes, others have not."""

    by_campaign: Mapping[int, list[Slot]]
    numbers: Mapping[int, str]
    # Those that rest after poor answers and do not rest now.
    on_trial: Mapping[int, Trial]
    # All that a campaign takes, by campaign, those of other accounts among them.
    lines: Mapping[int, Sequence[DIDLine]]


def read_lines(cursor: Any, *, campaign_ids: Sequence[int]) -> dict[int, list[DIDLine]]:
    """Return all DIDs that campaigns take, by campaign, of whatever account."""
    cursor.execute(_LINES, {"campaigns": list(campaign_ids)})
    found: dict[int, list[DIDLine]] = {}
    for campaign_id, *line in cursor.fetchall():
        found.setdefault(campaign_id, []).append(DIDLine(*line))
    return found


def read_rows(cursor: Any, *, campaign_ids: Sequence[int]) -> list[DIDRow]:
    """Return the DIDs that campaigns take, of whatever account, in the order of their ids: a row for each campaign."""
    cursor.execute(_DIDS, {"campaigns": list(campaign_ids)})
    return [DIDRow._make(row) for row in cursor.fetchall()]
