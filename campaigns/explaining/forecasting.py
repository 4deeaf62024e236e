"""When a campaign will be done, on a virtual clock: the real rules decide, and what people do is assumed. Pure.

Leads that the rules treat alike go together as a cohort. Time goes in steps of a quarter of an hour; a cohort's share
that is answered is done, the rest is due again by the retry rule of NO_ANSWER until its attempts are made.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from campaigns.claiming.budget import RATE_MARGIN
from campaigns.rules.deciding import LeadFacts
from campaigns.rules.ruleset import CampaignRules
from dialer.providers.base import Outcome

STEP = timedelta(minutes=15)
#: Steps in which calls are made; a plan that needs more is cut off, and says so.
MOST_STEPS = 4000
#: Less than this part of a lead is nobody.
NOBODY = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """``lines``: calls at one time; ``calls_per_hour``, ``calls_per_day``: of all DIDs together, None for no cap."""

    lines: int
    calls_per_second: float | None = None
    calls_per_hour: int | None = None
    calls_per_day: int | None = None
    ring_seconds: float = 20.0
    talk_seconds: float = 60.0
    answer_percent: float = 40.0

    @property
    def calls_per_step(self) -> float:
        """How many calls begin in one step, caps aside."""
        seconds = self.ring_seconds + self.talk_seconds * self.answer_percent / 100
        calls = self.lines * STEP.total_seconds() / max(seconds, 1.0)
        if self.calls_per_second is None:
            return calls
        return min(calls, STEP.total_seconds() * self.calls_per_second / RATE_MARGIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """So many leads that the rules treat alike, the first of which may be called from ``free_at`` on."""

    facts: LeadFacts
    size: float
    free_at: datetime | None = None
    calls: tuple[datetime, ...] = ()


@dataclass(slots=True)
class Plan:
    """Calls begun by hour (UTC), when the first one begins and the last lead is done; None where that is not within
    what was looked at.
    """

    calls_by_hour: dict[datetime, float] = field(default_factory=dict)
    first_call_at: datetime | None = None
    finish_at: datetime | None = None
    answered: float = 0.0
    attempts_used_up: float = 0.0
    never_called: float = 0.0
    left_over: float = 0.0


class _Room:
    """How many calls may begin in a step, within rolling caps of the DIDs."""

    def __init__(self, assumed: Assumptions) -> None:
        self._assumed = assumed
        self._made: deque[tuple[datetime, float]] = deque()

    def at(self, now: datetime) -> float:
        while self._made and self._made[0][0] <= now - timedelta(days=1):
            self._made.popleft()
        rooms = [self._assumed.calls_per_step]
        if self._assumed.calls_per_day is not None:
            rooms.append(self._assumed.calls_per_day - sum(calls for _, calls in self._made))
        if self._assumed.calls_per_hour is not None:
            hour = sum(calls for at, calls in self._made if at > now - timedelta(hours=1))
            rooms.append(self._assumed.calls_per_hour - hour)
        return max(0.0, min(rooms))

    def take(self, now: datetime, calls: float) -> None:
        self._made.append((now, calls))


def forecast(*, rules: CampaignRules, cohorts: Sequence[Cohort], assumed: Assumptions, starts_at: datetime) -> Plan:
    """Return the plan of a campaign that starts at ``starts_at`` (aware)."""
    plan, room, order = Plan(), _Room(assumed), itertools.count()
    # By due instant, then first pass before retries, then in the order of coming.
    waiting = [
        (max(starts_at, cohort.free_at or starts_at), 0, next(order), cohort) for cohort in cohorts if cohort.size > 0
    ]
    heapq.heapify(waiting)
    now, steps = starts_at, 0
    while waiting and steps < MOST_STEPS:
        now = max(now, waiting[0][0])
        ready = []
        while waiting and waiting[0][0] <= now:
            _, attempts, place, cohort = heapq.heappop(waiting)
            found = rules.decide(lead=cohort.facts, at=now, calls=cohort.calls)
            if found.allowed:
                ready.append((attempts, place, cohort))
            elif found.next_allowed_at is None:
                plan.never_called += cohort.size
            else:
                heapq.heappush(waiting, (found.next_allowed_at, attempts, place, cohort))
        left = room.at(now)
        for attempts, place, cohort in sorted(ready, key=lambda item: item[:2]):
            begun = min(cohort.size, left)
            left -= begun
            if begun > 0:
                again = _call(plan, rules, assumed, now=now, cohort=cohort, begun=begun, attempts=attempts)
                room.take(now, begun)
                if again is not None:
                    heapq.heappush(waiting, (again[0], attempts + 1, next(order), again[1]))
            if cohort.size - begun > 0:
                rest = Cohort(facts=cohort.facts, size=cohort.size - begun, calls=cohort.calls)
                heapq.heappush(waiting, (now + STEP, attempts, place, rest))
        if ready:
            steps += 1
            now += STEP
    plan.left_over = sum(cohort.size for *_, cohort in waiting)
    if plan.left_over:
        plan.finish_at = None
    return plan


def _call(
    plan: Plan,
    rules: CampaignRules,
    assumed: Assumptions,
    *,
    now: datetime,
    cohort: Cohort,
    begun: float,
    attempts: int,
) -> tuple[datetime, Cohort] | None:
    """Count the calls; return those who did not answer and when they are due again, None where they are not."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    plan.calls_by_hour[hour] = plan.calls_by_hour.get(hour, 0.0) + begun
    plan.first_call_at = plan.first_call_at or now
    plan.finish_at = now + STEP
    answered = begun * assumed.answer_percent / 100
    plan.answered += answered
    rest = begun - answered
    cell = rules.matrix.get(Outcome.NO_ANSWER.value)
    delay = cell.delay_seconds(retries_before=attempts) if cell else None
    if delay is None or attempts + 1 >= rules.max_attempts or rest < NOBODY:
        plan.attempts_used_up += rest
        return None
    again = Cohort(facts=cohort.facts, size=rest, calls=(*cohort.calls, now))
    return now + timedelta(seconds=delay), again
