"""The house at an instant: what is live and what it could carry, how fast it calls, and each campaign under way.

Read by the windows of an index on the ends of calls, by what is live and by the counts that are kept: it costs the
same whatever has been called before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from campaigns.explaining.counts import Counts, answered_percent, read_counts
from campaigns.explaining.lines_taken import LinesTaken
from campaigns.explaining.pace import PACE_OVER, done_about, per_minute
from campaigns.lifecycle.standing import OF_SINGLE_CALLS
from campaigns.models import OVER, CampaignState
from campaigns.rules.campaign import read_rules
from campaigns.rules.ruleset import CampaignRules
from campaigns.states.campaigns import BY_A_PERSON
from dialer.reader import at_clocks

ANSWERED_OVER = timedelta(hours=1)
#: So many campaigns are shown of each kind; the list has them all.
MOST_SHOWN = 24
_NOT_SINGLE = "NOT (is_standing AND name LIKE ANY(%(single)s))"
_COLUMNS = "id, name, state, state_reason, state_changed_at, account_id, time_zone, starts_at, started_at, archived_at"
#: Of a campaign, its account, what holds it back, its pace: the columns of a ``CampaignRow``, in its order.
SHOWN = """c.id, c.name, c.state, c.state_reason, c.state_changed_at, a.name, c.time_zone, c.starts_at, c.started_at,
       c.archived_at, a.is_sandbox, COALESCE(s.limit, ''), COALESCE(s.said, ''), COALESCE(o.lately, 0)"""


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """A campaign as it is stored. ``limit_said``: what holds it back, as the workers saw it last.

    ``lately``: its calls that ended within PACE_OVER.
    """

    id: int
    name: str
    state: CampaignState
    state_reason: str
    state_changed_at: datetime | None
    account: str
    time_zone: str
    starts_at: datetime | None
    started_at: datetime | None
    archived_at: datetime | None
    is_rehearsal: bool
    limit: str
    limit_said: str
    lately: int

    @classmethod
    def of(cls, columns: Sequence[Any]) -> CampaignRow:
        """Return the row of SHOWN."""
        pk, name, state, *others = columns
        return cls(pk, name, CampaignState(state), *others)


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignNow(CampaignRow):
    """A campaign at an instant."""

    counts: Counts
    next_opening_at: datetime | None
    now: datetime

    @property
    def per_minute(self) -> float:
        """Its pace, in calls."""
        return per_minute(self.lately)

    @property
    def paused_itself(self) -> bool:
        """Whether the dialer paused it, and no person."""
        return self.state == CampaignState.PAUSED and not self.state_reason.startswith(BY_A_PERSON)

    @property
    def done_about(self) -> datetime | None:
        """When it is done if it goes on as it does, None where that cannot be told."""
        if self.state != CampaignState.RUNNING:
            return None
        calls = sum(self.counts.totals.attempts_by_outcome.values())
        return done_about(
            left=self.counts.open,
            done=self.counts.done,
            calls=calls,
            per_minute=self.per_minute,
            now=self.now,
            started_at=self.started_at,
        )

    @property
    def done_said(self) -> str:
        """When it is done, by its own clock; empty where that cannot be told."""
        return self._at(self.done_about)

    @property
    def opening_said(self) -> str:
        """From when on it calls again, by its own clock; empty where it is open."""
        return self._at(self.next_opening_at)

    @property
    def since_said(self) -> str:
        """Since when it is in its state, by its own clock."""
        return self._at(self.state_changed_at)

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.state in OVER

    @property
    def is_archived(self) -> bool:
        """Whether it was put away."""
        return self.archived_at is not None

    @property
    def tone(self) -> str:
        """The colour of its state: a pause that it made itself has one of its own."""
        return "itself" if self.paused_itself else self.state.lower()

    def _at(self, instant: datetime | None) -> str:
        return at_clocks(instant, zone=self.time_zone, now=self.now) if instant is not None else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseNow:
    """``taken``: without a limit where an account has none that is known. ``per_minute``: calls that ended."""

    now: datetime
    taken: LinesTaken
    per_minute: float
    answered_percent: int | None
    due: int
    due_is_at_least: bool
    next_opening: CampaignNow | None
    under_way: Sequence[CampaignNow]
    ended: Sequence[CampaignNow]
    more: int

    @property
    def has_rehearsals(self) -> bool:
        """Whether campaigns are shown whose calls are in no sum, as they call nobody."""
        return any(one.is_rehearsal for one in (*self.under_way, *self.ended))


# What ended within the hour, whatever became of its campaign since; and the campaigns under way or ended today.
_HOUSE = f"""
WITH ends AS MATERIALIZED (
    SELECT campaign_id, is_rehearsal, outcome, count(*) AS calls,
           count(*) FILTER (WHERE ended_at > %(pace_from)s) AS lately
      FROM campaigns_attempt WHERE ended_at > %(hour_from)s AND ended_at <= %(now)s GROUP BY 1, 2, 3
), of_campaigns AS (SELECT campaign_id, sum(lately)::int AS lately FROM ends GROUP BY 1
), shown AS (
    (SELECT {_COLUMNS} FROM campaigns_campaign WHERE state = 'RUNNING' AND {_NOT_SINGLE}
      ORDER BY state_changed_at DESC NULLS LAST LIMIT %(most)s)
     UNION ALL
    (SELECT {_COLUMNS} FROM campaigns_campaign WHERE state = 'PAUSED' AND {_NOT_SINGLE}
      ORDER BY state_changed_at DESC NULLS LAST LIMIT %(most)s)
     UNION ALL
    (SELECT {_COLUMNS} FROM campaigns_campaign WHERE state = 'SCHEDULED' AND {_NOT_SINGLE}
      ORDER BY starts_at LIMIT %(most)s)
     UNION ALL
    (SELECT {_COLUMNS} FROM campaigns_campaign
      WHERE state IN ('COMPLETED', 'STOPPED') AND state_changed_at >= %(day_from)s AND {_NOT_SINGLE}
      ORDER BY state_changed_at DESC LIMIT %(most)s)
), house AS (
    SELECT (SELECT count(*) FROM campaigns_attempt WHERE ended_at IS NULL AND NOT is_rehearsal) AS live,
           (SELECT CASE WHEN bool_and(room.most IS NOT NULL) THEN sum(room.most) END
              FROM dialer_provideraccount a JOIN dialer_accountgate g ON g.account_id = a.id
             CROSS JOIN LATERAL (
                   SELECT LEAST(a.max_live_calls, g.fleet_maximum,
                                (SELECT sum(d.max_live_calls) FROM dialer_did d
                                  WHERE d.account_id = a.id AND d.is_active)) AS most) room
             WHERE a.is_active AND NOT a.is_sandbox) AS capacity,
           (SELECT jsonb_object_agg(outcome, calls) FROM (
                   SELECT outcome, sum(calls) AS calls FROM ends WHERE NOT is_rehearsal GROUP BY 1) o) AS outcomes,
           (SELECT COALESCE(sum(lately), 0)::bigint FROM ends WHERE NOT is_rehearsal) AS lately,
           (SELECT count(*) FROM campaigns_campaign WHERE state IN ('RUNNING', 'PAUSED', 'SCHEDULED') AND {_NOT_SINGLE})
           AS under_way
)
SELECT h.live, h.capacity, h.outcomes, h.lately, h.under_way,
       {SHOWN}
  FROM house h
  LEFT JOIN shown c ON TRUE
  LEFT JOIN dialer_provideraccount a ON a.id = c.account_id
  LEFT JOIN of_campaigns o ON o.campaign_id = c.id
  LEFT JOIN campaigns_limitspan s ON s.campaign_id = c.id AND s.until_at IS NULL AND c.state = 'RUNNING'
 ORDER BY c.state_changed_at DESC NULLS LAST, c.id DESC
"""  # noqa: S608


_CAMPAIGNS = f"""
SELECT {SHOWN}
  FROM campaigns_campaign c JOIN dialer_provideraccount a ON a.id = c.account_id
  LEFT JOIN (SELECT campaign_id, count(*) AS lately FROM campaigns_attempt
              WHERE ended_at > %(pace_from)s AND ended_at <= %(now)s GROUP BY 1) o ON o.campaign_id = c.id
  LEFT JOIN campaigns_limitspan s ON s.campaign_id = c.id AND s.until_at IS NULL AND c.state = 'RUNNING'
 WHERE c.id = ANY(%(campaigns)s)
"""  # noqa: S608


def read_campaigns(cursor: Any, *, campaign_ids: Sequence[int], now: datetime) -> dict[int, CampaignNow]:
    """Return these campaigns as they are now; those that are gone are left out."""
    cursor.execute(_CAMPAIGNS, {"campaigns": list(campaign_ids), "now": now, "pace_from": now - PACE_OVER})
    rows = [CampaignRow.of(row) for row in cursor.fetchall()]
    return {one.id: one for one in campaigns_now(cursor, rows=rows, now=now)}


def read_house(cursor: Any, *, now: datetime, day_from: datetime) -> HouseNow:
    """Return the house now; ``day_from``: when today began. Three statements.

    Rehearsals are among the campaigns, and in none of the figures.
    """
    cursor.execute(
        _HOUSE,
        {
            "now": now,
            "pace_from": now - PACE_OVER,
            "hour_from": now - ANSWERED_OVER,
            "day_from": day_from,
            "most": MOST_SHOWN,
            "single": [f"{purpose} · %" for purpose in OF_SINGLE_CALLS],
        },
    )
    rows = cursor.fetchall()
    live, capacity, outcomes, lately, all_under_way = rows[0][:5]
    found = campaigns_now(cursor, rows=[CampaignRow.of(row[5:]) for row in rows if row[5] is not None], now=now)
    under_way = [one for one in found if not one.is_over]
    running = [one for one in under_way if one.state == CampaignState.RUNNING]
    closed = [one for one in running if one.next_opening_at is not None]
    return HouseNow(
        now=now,
        taken=LinesTaken.of(live, most=int(capacity) if capacity is not None else None),
        per_minute=per_minute(lately),
        answered_percent=answered_percent(orjson.loads(outcomes or "{}")),
        due=sum(one.counts.due for one in running if not one.is_rehearsal),
        due_is_at_least=any(one.counts.due_is_at_least for one in running if not one.is_rehearsal),
        next_opening=min(closed, key=lambda one: one.next_opening_at or now, default=None),
        under_way=sorted(under_way, key=_order),
        ended=[one for one in found if one not in under_way],
        more=all_under_way - len(under_way),
    )


_SHOWN_FIRST = (CampaignState.RUNNING, CampaignState.PAUSED, CampaignState.SCHEDULED)


def _order(one: CampaignNow) -> tuple[int, int]:
    """What paused itself first, then what runs."""
    return (-1 if one.paused_itself else _SHOWN_FIRST.index(one.state), -one.id)


def campaigns_now(
    cursor: Any, *, rows: Sequence[CampaignRow], now: datetime, rules: Mapping[int, CampaignRules] | None = None
) -> list[CampaignNow]:
    """Return campaigns with their counts, and from when on those that are closed call again.

    ``rules``: of those that run; None: they are read.
    """
    counts = read_counts(campaign_ids=[row.id for row in rows], now=now)
    running = [row.id for row in rows if row.state == CampaignState.RUNNING]
    if rules is None:
        rules = read_rules(cursor, campaign_ids=running) if running else {}
    openings = _openings({pk: rules[pk] for pk in running}, now)

    return [
        CampaignNow(*astuple(row), counts=counts[row.id], next_opening_at=openings.get(row.id), now=now) for row in rows
    ]


def _openings(rules: Mapping[int, CampaignRules], now: datetime) -> Mapping[int, datetime]:
    closed = {pk: found for pk, one in rules.items() if (found := one.closed_by(now)) is not None}
    return {pk: found.next_allowed_at for pk, found in closed.items() if found.next_allowed_at is not None}
