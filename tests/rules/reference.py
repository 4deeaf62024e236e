"""A slow, plain second opinion on calling hours: looks at every minute, shares no code with what it judges."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

MINUTE = timedelta(minutes=1)
#: How far back the last match of a cron expression is looked for; the generated ones match every week.
BACK = timedelta(days=8)


@dataclass(frozen=True)
class PlainWindow:
    """A window as a manager would write it down."""

    days: str
    opens: time
    closes: time


@dataclass(frozen=True)
class PlainCron:
    """Minute, hour and weekdays (0 is Sunday, as cron has them) of an opening and a closing."""

    opens: tuple[int, int, str]
    closes: tuple[int, int, str]

    @staticmethod
    def text(at: tuple[int, int, str]) -> str:
        """Return the cron expression."""
        return f"{at[0]} {at[1]} * * {','.join(at[2])}"


@dataclass(frozen=True)
class PlainHours:
    """Windows and days without calls."""

    windows: tuple[PlainWindow | PlainCron, ...]
    closed: frozenset[date] = field(default_factory=frozenset)


def wall_is_open(hours: PlainHours, wall: datetime) -> bool:
    """Return whether calls may start when the wall clock shows ``wall``."""
    today = wall.date()
    if today in hours.closed:
        return False
    for window in hours.windows:
        if isinstance(window, PlainCron):
            if _cron_is_open(window, wall):
                return True
        elif _window_is_open(window, today, wall.time(), hours.closed):
            return True
    return False


def _window_is_open(window: PlainWindow, today: date, now: time, closed: frozenset[date]) -> bool:
    opened_today = str(today.isoweekday()) in window.days
    if window.opens < window.closes:
        return opened_today and window.opens <= now < window.closes
    if opened_today and now >= window.opens:
        return True
    if now >= window.closes:
        return False
    yesterday = today - timedelta(days=1)
    return str(yesterday.isoweekday()) in window.days and yesterday not in closed


def _cron_is_open(window: PlainCron, wall: datetime) -> bool:
    minute = wall.replace(second=0, microsecond=0)
    return _cron_state(window, minute)


_seen: dict[tuple[PlainCron, datetime], bool] = {}


def _cron_state(window: PlainCron, minute: datetime) -> bool:
    """Walk back to the last match of either expression, or to a minute whose answer is known."""
    if len(_seen) > 500_000:
        _seen.clear()
    walked, state = [], False
    for back in range(int(BACK / MINUTE)):
        at = minute - back * MINUTE
        known = _seen.get((window, at))
        if known is not None:
            state = known
            break
        walked.append(at)
        # Where both match the closing wins.
        if _matches(window.closes, at):
            break
        if _matches(window.opens, at):
            state = True
            break
    # Only what is known for certain is kept: every minute up to the match has its state.
    for at in walked:
        _seen[window, at] = state
    return state


def _matches(cron: tuple[int, int, str], at: datetime) -> bool:
    return at.minute == cron[0] and at.hour == cron[1] and str(at.isoweekday() % 7) in cron[2]


def is_open(requirements: list[tuple[PlainHours, str]], at: datetime) -> bool:
    """Return whether every one of the hours is open at ``at`` in its zone."""
    for hours, zone in requirements:
        if not wall_is_open(hours, at.astimezone(zoneinfo.ZoneInfo(zone)).replace(tzinfo=None)):
            return False
    return True


def next_open(requirements: list[tuple[PlainHours, str]], at: datetime, *, minutes: int) -> datetime | None:
    """Return the first open instant from ``at`` on, trying ``at`` and each whole minute of so many; None: none."""
    at = at.astimezone(UTC)
    if is_open(requirements, at):
        return at
    minute = at.replace(second=0, microsecond=0)
    for _ in range(minutes):
        minute += MINUTE
        if is_open(requirements, minute):
            return minute
    return None
