"""When calls may start: a daily window in a time zone. Pure, and it fails closed: a broken rule means no call."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyWindow:
    """From ``opens`` until just before ``closes``, by the wall clock of ``time_zone``; may cross midnight."""

    time_zone: str
    opens: time
    closes: time


def is_open(*, window: DailyWindow, at: datetime) -> bool:
    """Return whether a call may start at ``at`` (aware). False when the zone or the window is no good."""
    zone = _zone(window.time_zone)
    if zone is None or window.opens == window.closes:
        return False
    wall = at.astimezone(zone).time()
    if window.opens < window.closes:
        return window.opens <= wall < window.closes
    return wall >= window.opens or wall < window.closes


def next_open(*, window: DailyWindow, at: datetime) -> datetime | None:
    """Return the first instant from ``at`` on (UTC) at which a call may start, or None if there is none."""
    if is_open(window=window, at=at):
        return at.astimezone(UTC)
    zone = _zone(window.time_zone)
    if zone is None:
        return None
    day = at.astimezone(zone).date()
    openings = (
        datetime.combine(day + timedelta(days=offset), window.opens, tzinfo=zone).replace(fold=fold).astimezone(UTC)
        for offset in (0, 1, 2)
        for fold in (0, 1)
    )
    return min((start for start in openings if start >= at and is_open(window=window, at=start)), default=None)


def _zone(name: str) -> zoneinfo.ZoneInfo | None:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None
