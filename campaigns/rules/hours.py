"""Calling hours: windows by weekday or by cron, less holidays, read on the wall clocks of one zone or of several.

Whether an instant is open depends on what the wall clock shows then and on nothing else, which makes the days on which
clocks change right by themselves: a time that they skip does not happen, a time that they show twice counts twice.
A window that crosses midnight belongs to the day on which it opened; a closed day closes the windows that open on it
and every hour of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from campaigns.rules.calendars import NO_CALENDAR, Calendar
from campaigns.rules.cron_windows import HORIZON_DAYS, cron_problem, cron_spans
from campaigns.rules.walls import DAY, BrokenRule, stretches

EVERY_DAY = frozenset(range(1, 8))

#: No clock shows the calendar's last days whole, and nothing is open in them: "until 9999-12-31" is for ever.
LAST_DAY = date(9999, 12, 28)

Span = tuple[datetime, datetime]
_DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def days_text(days: frozenset[int]) -> str:
    """Return weekdays in words: daily, Mon–Fri, or their names."""
    if days == EVERY_DAY:
        return "daily"
    if days == frozenset(range(1, 6)):
        return "Mon–Fri"
    return ", ".join(_DAY_NAMES[day - 1] for day in sorted(days))


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From ``opens`` until just before ``closes`` on ISO weekdays (1: Monday); an earlier closing is the next day's."""

    opens: time
    closes: time
    days: frozenset[int] = EVERY_DAY

    def __str__(self) -> str:
        return f"{days_text(self.days)} {self.opens:%H:%M}–{self.closes:%H:%M}"

    def spans(self, *, starts: datetime, ends: datetime, calendar: Calendar) -> Iterator[Span]:
        """Yield the open stretches that touch wall clock times from ``starts`` to ``ends``. Raises BrokenRule."""
        if self.opens == self.closes:
            raise BrokenRule(f"The window {self.opens:%H:%M}–{self.closes:%H:%M} is empty.")
        length = datetime.combine(date.min, self.closes) - datetime.combine(date.min, self.opens)
        if length < timedelta(0):
            length += DAY
        day = starts.date() - DAY
        while day <= ends.date():
            if day.isoweekday() in self.days and not calendar.closed(day):
                opening = datetime.combine(day, self.opens)
                yield opening, opening + length
            day += DAY

    def problems(self) -> list[str]:
        """Return what is wrong with it, as sentences."""
        found = [] if self.days <= EVERY_DAY and self.days else ["A window names no weekday from 1 (Monday) to 7."]
        return [
            *found,
            *(
                ["A window closes when it opens: it is empty. A whole day is 00:00 to 23:59:59.999999."]
                if self.opens == self.closes
                else []
            ),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class CronWindow:
    """Open from each match of ``opens`` until the next match of ``closes``, both on the wall clock."""

    opens: str
    closes: str

    def __str__(self) -> str:
        return f"from {self.opens} until {self.closes}"

    def spans(self, *, starts: datetime, ends: datetime, calendar: Calendar) -> Iterator[Span]:
        """Yield the open stretches between wall clock times. Raises BrokenRule."""
        del calendar  # a cron names its days itself; closed days are taken out of every window afterwards
        yield from cron_spans(opens=self.opens, closes=self.closes, starts=starts, ends=ends)

    def problems(self) -> list[str]:
        """Return what is wrong with it, as sentences."""
        return [problem for expression in (self.opens, self.closes) if (problem := cron_problem(expression))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Windows, any of which may be open, and the days on which none is. No window: never open."""

    windows: tuple[Window | CronWindow, ...]
    calendar: Calendar = NO_CALENDAR


#: Hours that must be open in a zone.
Requirement = tuple[Hours, str]


@lru_cache(maxsize=32768)
def open_spans(hours: Hours, zone_name: str, day: date) -> tuple[Span, ...]:
    """Return when calls may start on one UTC day, in order and apart. Raises BrokenRule."""
    found: list[Span] = []
    for stretch in stretches(zone_name, day):
        starts, ends = stretch.starts + stretch.offset, stretch.ends + stretch.offset
        wall = [
            span for window in hours.windows for span in window.spans(starts=starts, ends=ends, calendar=hours.calendar)
        ]
        for opening, closing in _without_closed_days(_merged(_clipped(wall, starts, ends)), hours.calendar):
            found.append(
                ((opening - stretch.offset).replace(tzinfo=UTC), (closing - stretch.offset).replace(tzinfo=UTC))
            )
    return tuple(_merged(found))


def _clipped(spans: list[Span], starts: datetime, ends: datetime) -> list[Span]:
    return [(max(a, starts), min(b, ends)) for a, b in spans if max(a, starts) < min(b, ends)]


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for opening, closing in sorted(spans):
        if merged and opening <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], closing))
        else:
            merged.append((opening, closing))
    return merged


def _without_closed_days(spans: list[Span], calendar: Calendar) -> Iterator[Span]:
    for opening, closing in spans:
        start = opening
        while start < closing:
            midnight = datetime.combine(start.date() + DAY, time())
            end = min(midnight, closing)
            if not calendar.closed(start.date()):
                yield start, end
            start = end


@lru_cache(maxsize=32768)
def common_spans(requirements: tuple[Requirement, ...], day: date) -> tuple[Span, ...]:
    """Return when all requirements are open on one UTC day. Raises BrokenRule."""
    begins = datetime.combine(day, time(), tzinfo=UTC)
    common: list[Span] = [(begins, begins + DAY)]
    for hours, zone_name in requirements:
        spans = open_spans(hours, zone_name, day)
        common = [(max(a, c), min(b, d)) for a, b in common for c, d in spans if max(a, c) < min(b, d)]
    return tuple(common)


def is_open(*, requirements: tuple[Requirement, ...], at: datetime) -> bool:
    """Return whether all requirements are open at ``at`` (aware). Raises BrokenRule."""
    instant = at.astimezone(UTC)
    if instant.date() > LAST_DAY:
        return False
    return any(a <= instant < b for a, b in common_spans(requirements, instant.date()))


def next_open(*, requirements: tuple[Requirement, ...], at: datetime) -> datetime | None:
    """Return the first instant from ``at`` on (UTC) at which all are open, None if there is none. Raises BrokenRule."""
    instant = at.astimezone(UTC)
    day = instant.date()
    for _ in range(HORIZON_DAYS):
        if day > LAST_DAY:
            break
        for opening, closing in common_spans(requirements, day):
            if instant < closing:
                return max(instant, opening)
        day += DAY
    return None
