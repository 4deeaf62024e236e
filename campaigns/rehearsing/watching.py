"""Watches campaigns to their end: samples what is due and live, so that the fill can be judged while leads were due."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dialer.sql import hot_cursor

#: How often the database is looked at.
SAMPLE_SECONDS = 0.1


@dataclass(slots=True)
class Watch:
    """What was seen. Instants are Unix time; ``due_intervals``: stretches in which leads were due, by campaign."""

    due_intervals: dict[int, list[tuple[float, float]]] = field(default_factory=dict)
    started_at: float = 0.0
    ended_at: float = 0.0
    timed_out: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One look: campaigns with leads that are due, leads not ended, live attempts, campaigns not over."""

    due: frozenset[int]
    open_leads: int
    live: int
    open_campaigns: int


_SAMPLE = """
SELECT ARRAY(SELECT c.id FROM unnest(%(ids)s::bigint[]) AS c(id)
              WHERE EXISTS (SELECT 1 FROM campaigns_lead l
                             WHERE l.campaign_id = c.id AND l.state = 'PENDING' AND l.next_attempt_at <= now())),
       (SELECT count(*) FROM campaigns_lead
         WHERE campaign_id = ANY(%(ids)s::bigint[]) AND state IN ('PENDING', 'DIALING')),
       (SELECT count(*) FROM campaigns_attempt WHERE campaign_id = ANY(%(ids)s::bigint[]) AND ended_at IS NULL),
       (SELECT count(*) FROM campaigns_campaign
         WHERE id = ANY(%(ids)s::bigint[]) AND state IN ('RUNNING', 'PAUSED', 'SCHEDULED'))
"""


def look(campaign_ids: Sequence[int]) -> Sample:
    """Return what the database says now."""
    with hot_cursor() as cursor:
        cursor.execute(_SAMPLE, {"ids": list(campaign_ids)})
        due, open_leads, live, open_campaigns = cursor.fetchone()
    return Sample(due=frozenset(due), open_leads=open_leads, live=live, open_campaigns=open_campaigns)


def watch(
    *,
    campaign_ids: Sequence[int],
    within_seconds: float,
    on_sample: Callable[[Sample], object] | None = None,
    until: Callable[[Sample], bool] | None = None,
) -> Watch:
    """Look until every campaign is over and every lead has ended, or time is up."""
    seen = Watch(started_at=time.time())
    over = until or (lambda sample: sample.open_campaigns == 0 and sample.open_leads == 0)
    previous: tuple[float, Sample] | None = None
    deadline_seconds = time.monotonic() + within_seconds
    while True:
        at, sample = time.time(), look(campaign_ids)
        # Leads were due through the whole stretch only if they were at both ends of it.
        if previous is not None:
            for campaign_id in sample.due & previous[1].due:
                _extend(seen.due_intervals.setdefault(campaign_id, []), previous[0], at)
        previous = (at, sample)
        if on_sample is not None:
            on_sample(sample)
        if over(sample):
            break
        if time.monotonic() > deadline_seconds:
            seen.timed_out = True
            break
        time.sleep(SAMPLE_SECONDS)
    seen.ended_at = time.time()
    return seen


def _extend(intervals: list[tuple[float, float]], start: float, end: float) -> None:
    if intervals and intervals[-1][1] == start:
        intervals[-1] = (intervals[-1][0], end)
    else:
        intervals.append((start, end))
