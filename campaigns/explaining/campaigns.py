"""What holds a campaign back at this instant, since when, and what would help. By the same limits as a lead's answer.

Since when: stored where somebody or something set it (states, the kill switch, a fleet that fails), worked out where
the rules tell it (the last closing of its hours), else seen: the workers look every few seconds and keep a span.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from campaigns.explaining.checks import Check, Limit, Mends, strongest
from campaigns.explaining.limits import House, Limits, read_limits
from campaigns.explaining.line_owners import lines_of
from campaigns.models import Campaign, LimitSpan
from campaigns.rules.hours import common_spans
from campaigns.rules.ruleset import CampaignRules
from campaigns.rules.walls import BrokenRule
from dialer.sql import hot_cursor, rows_in_order

#: The last closing is looked for so far back.
LOOK_BACK_DAYS = 60
#: Due leads are counted up to this many.
MOST_COUNTED = 100_000
#: Why leads wait is asked of so many of each rank, those that are due next.
_MOST_WAITING = 5_000
_MOST_REASONS = 5

HELP = {
    Limit.CAMPAIGN_STATE: "Start or resume it.",
    Limit.READINESS: "Mend what it says, then resume it: no claim takes a lead before.",
    Limit.PROVIDER_DIALER: "Look at the provider's dialer: it chooses whom to call.",
    Limit.HOME: "Look at the switchboard: if this database is the only one that dials, confirm it. Workers must run.",
    Limit.KILL_SWITCH: "Allow dialing at the switchboard.",
    Limit.CLOCK: "Set the clock of the workers' machines right.",
    Limit.ACCOUNT: "Switch the account on, or give the campaign DIDs of the account that takes its calls.",
    Limit.BACK_OFF: "Wait, or lower the account's limits to what the provider really takes.",
    Limit.PROBE: "Wait: it goes on once the provider takes a call again.",
    Limit.FLEET: "Ask the provider for more capacity, or name a second account.",
    Limit.ACCOUNT_LIMIT: "Raise the account's most live calls, if the provider allows more.",
    Limit.RATE: "Raise the account's calls per second, if the provider allows more.",
    Limit.CAMPAIGN_LIMIT: "Raise the campaign's most live calls.",
    Limit.DID: "Add DIDs, or raise their limits and caps.",
    Limit.AGENT: "Add agents, make some available, have their phones registered, or shorten their wrap-up.",
    Limit.HOURS: "Wait, or widen its calling hours.",
    Limit.NOTHING_DUE: "Wait for the next due time, or add leads.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignExplanation:
    """``since_at`` None: nobody has seen since when. ``until`` None: no instant is known."""

    campaign_id: int
    at: datetime
    limit: Limit
    said: str
    since_at: datetime | None
    until: datetime | None
    would_help: str
    due_now: int
    next_due_at: datetime | None
    waiting: Sequence[dict[str, Any]]
    checks: tuple[Check, ...]
    lines: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values; instants stay datetimes."""
        return {
            "campaign": self.campaign_id,
            "at": self.at,
            "limit": str(self.limit),
            "said": self.said,
            "since_at": self.since_at,
            "until": self.until,
            "would_help": self.would_help,
            "due_now": self.due_now,
            "next_due_at": self.next_due_at,
            "waiting": list(self.waiting),
            "lines": dict(self.lines),
            "checks": [check.as_dict() for check in self.checks],
        }


# One look-up per rank, as claiming does: leads that are due later are never walked over. Each is ordered, also that
# which counts: that leaves the index in this order alone (see ``rows_in_order``).
_DUE = """
WITH RECURSIVE ranks AS (
    SELECT w.campaign_id, w.most, (SELECT l.rank FROM campaigns_lead l
            WHERE l.campaign_id = w.campaign_id AND l.state = 'PENDING' ORDER BY l.rank LIMIT 1) AS rank
      FROM unnest(%(campaigns)s::bigint[], %(most)s::int[]) AS w(campaign_id, most)
    UNION ALL
    SELECT r.campaign_id, r.most, (SELECT l.rank FROM campaigns_lead l
            WHERE l.campaign_id = r.campaign_id AND l.state = 'PENDING' AND l.rank > r.rank ORDER BY l.rank LIMIT 1)
      FROM ranks r WHERE r.rank IS NOT NULL
)
SELECT r.campaign_id, sum(due.leads)::int, min(later.at)
  FROM ranks r
 CROSS JOIN LATERAL (
       SELECT count(*) AS leads FROM (
              SELECT 1 FROM campaigns_lead l
               WHERE l.campaign_id = r.campaign_id AND l.state = 'PENDING' AND l.rank = r.rank
                 AND l.next_attempt_at <= %(now)s ORDER BY l.next_attempt_at LIMIT r.most) first) due
  LEFT JOIN LATERAL (
       SELECT l.next_attempt_at AS at FROM campaigns_lead l
        WHERE l.campaign_id = r.campaign_id AND l.state = 'PENDING' AND l.rank = r.rank
          AND l.next_attempt_at > %(now)s ORDER BY l.next_attempt_at LIMIT 1) later ON TRUE
 WHERE r.rank IS NOT NULL GROUP BY 1
"""
# Of each rank the leads that are due next: a million that wait for the morning are not read to say so.
_REASONS = """
WITH RECURSIVE ranks AS (
    SELECT (SELECT l.rank FROM campaigns_lead l
             WHERE l.campaign_id = %(campaign)s AND l.state = 'PENDING' ORDER BY l.rank LIMIT 1) AS rank
    UNION ALL
    SELECT (SELECT l.rank FROM campaigns_lead l
             WHERE l.campaign_id = %(campaign)s AND l.state = 'PENDING' AND l.rank > r.rank ORDER BY l.rank LIMIT 1)
      FROM ranks r WHERE r.rank IS NOT NULL
)
SELECT waits.state_reason, count(*), min(waits.next_attempt_at)
  FROM ranks r
 CROSS JOIN LATERAL (
       SELECT l.state_reason, l.next_attempt_at FROM campaigns_lead l
        WHERE l.campaign_id = %(campaign)s AND l.state = 'PENDING' AND l.rank = r.rank
          AND l.next_attempt_at > %(now)s ORDER BY l.next_attempt_at LIMIT %(looked_at)s) waits
 WHERE r.rank IS NOT NULL AND waits.state_reason <> ''
 GROUP BY 1 ORDER BY 2 DESC LIMIT %(reasons)s
"""
_DUE_AND_REASONS = f"""
SELECT NULL::text, d.leads::bigint, d.at FROM ({_DUE}) d(campaign_id, leads, at)
 UNION ALL
SELECT * FROM ({_REASONS}) r
"""  # noqa: S608


def explain_campaign(*, campaign_id: int, now: datetime) -> CampaignExplanation | None:
    """Explain what holds a campaign back at ``now``, and who holds its lines; None when there is no such campaign."""
    campaign = Campaign.objects.select_related("account", "fallback_account").filter(pk=campaign_id).first()
    if campaign is None:
        return None
    with hot_cursor() as cursor:
        lines = lines_of(cursor, campaign_ids=[campaign_id], now=now)[campaign_id]
    return replace(explain(campaign=campaign, now=now), lines=lines.as_dict(zone=campaign.time_zone, now=now))


def explain(*, campaign: Campaign, now: datetime) -> CampaignExplanation:
    """Explain what holds a campaign back at ``now``, without its lines: for a page that has them, and asks often."""
    with hot_cursor() as cursor:
        limits = read_limits(house=House(cursor, now=now), campaign=campaign)
    due, next_due_at, waiting = _waiting(campaign_id=campaign.pk, now=now)
    binding = binding_limit(limits, due=due, next_due_at=next_due_at)
    return CampaignExplanation(
        campaign_id=campaign.pk,
        at=now,
        limit=binding.limit,
        said=binding.said,
        since_at=_since(campaign, limits.rules, binding, now),
        until=binding.until,
        would_help="" if binding.mends == Mends.NEVER else HELP.get(binding.limit, ""),
        due_now=due,
        next_due_at=next_due_at,
        waiting=waiting,
        checks=limits.all_checks,
    )


def _waiting(*, campaign_id: int, now: datetime) -> tuple[int, datetime | None, list[dict[str, Any]]]:
    """Return how many leads are due, when the next one is, and for what those wait that are not: one statement."""
    asked: dict[str, Any] = {"campaigns": [campaign_id], "most": [MOST_COUNTED], "campaign": campaign_id, "now": now}
    asked |= {"looked_at": _MOST_WAITING, "reasons": _MOST_REASONS}
    due, next_due_at, waiting = 0, None, []
    for reason, leads, at in rows_in_order(_DUE_AND_REASONS, asked):
        if reason is None:
            due, next_due_at = leads, at
        else:
            waiting.append({"reason": reason, "leads": leads, "next_at": at})
    return due, next_due_at, sorted(waiting, key=lambda one: -one["leads"])


def due_leads(*, most: Mapping[int, int], now: datetime) -> defaultdict[int, tuple[int, datetime | None]]:
    """Return by campaign how many leads are due, counted in each rank up to ``most``, and when the next one is."""
    rows = rows_in_order(_DUE, {"campaigns": list(most), "most": list(most.values()), "now": now})
    found = {campaign_id: (due, next_at) for campaign_id, due, next_at in rows}
    return defaultdict(lambda: (0, None), found)


def standing_limit(limits: Limits) -> Check | None:
    """Return what refuses every call, however many leads are due."""
    return strongest(check for check in limits.all_checks if check.mends != Mends.ROOM and check.limit != Limit.RATE)


def narrowest_room(limits: Limits) -> Check | None:
    """Return the limit that takes the fewest calls, None where none is set."""
    rooms = (check for check in limits.all_checks if check.room is not None)
    return min(rooms, key=lambda check: check.room or 0, default=None)


def binding_limit(limits: Limits, *, due: int, next_due_at: datetime | None) -> Check:
    """Return the limit that binds: what refuses every call, else the narrowest room if more leads are due than that."""
    standing, narrowest = standing_limit(limits), narrowest_room(limits)
    if standing is not None:
        return standing
    if not due:
        said = f"No lead is due before {next_due_at:%Y-%m-%d %H:%M:%S} UTC." if next_due_at else "No lead waits."
        return Check(limit=Limit.NOTHING_DUE, said=said, mends=Mends.TIME, until=next_due_at)
    if narrowest is not None and (narrowest.room or 0) < due:
        return narrowest
    return Check(limit=Limit.NONE, said="Nothing holds it back: what is due is being called.")


def _since(campaign: Campaign, rules: CampaignRules, binding: Check, now: datetime) -> datetime | None:
    if binding.limit in (Limit.CAMPAIGN_STATE, Limit.PROVIDER_DIALER):
        return campaign.state_changed_at
    if binding.limit in (Limit.KILL_SWITCH, Limit.HOME, Limit.CLOCK):
        since: datetime = binding.values["since"]
        return since
    started = campaign.state_changed_at
    if binding.limit == Limit.HOURS and (closed := closed_since(rules, now)) is not None:
        return max(closed, started) if started else closed
    span = LimitSpan.objects.filter(campaign=campaign, until_at=None).first()
    return span.since_at if span is not None and span.limit == binding.limit else None


def closed_since(rules: CampaignRules, now: datetime) -> datetime | None:
    """Return the last closing of a campaign's own hours, None where it was never open of late, or is by contacts."""
    schedule = rules.schedule
    if schedule.time_zone is None or rules.problem:
        return None
    instant, day = now.astimezone(UTC), now.astimezone(UTC).date()
    try:
        for _ in range(LOOK_BACK_DAYS):
            spans = common_spans(((schedule.hours, schedule.time_zone),), day)
            closings = [closing for _, closing in spans if closing <= instant]
            if closings:
                return closings[-1]
            day -= timedelta(days=1)
    except BrokenRule:
        pass
    return None
