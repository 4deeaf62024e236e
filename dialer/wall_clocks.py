"""Instants as people of a zone say them, with the zone's letters. Pure."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, timedelta
from functools import lru_cache

#: A day so near is named without its year.
_NEAR_IN_THE_YEAR = timedelta(days=300)
#: Entered as "for ever": not every zone's clock can show what comes later.
LAST_INSTANT = datetime(9999, 12, 1, tzinfo=UTC)
TOO_LATE = "This instant is too far ahead: leave it empty where there is no end."


def at_clock(instant: datetime, *, zone: str, now: datetime, seconds: bool = False) -> str:
    """Return an instant as people of a zone say it: 09:00 IST, with the day where it is another one than ``now``'s."""
    info = _zone_or_utc(zone)
    wall, today = min(instant, LAST_INSTANT).astimezone(info), now.astimezone(info).date()
    said = f"{wall:%H:%M:%S}" if seconds else f"{wall:%H:%M}"
    said = f"{said} {zone_letters(wall)}"
    if wall.date() == today:
        return said
    return f"{wall:%a %d %b} {said}" if abs(wall.date() - today) < _NEAR_IN_THE_YEAR else f"{wall:%d %b %Y} {said}"


def zone_letters(wall: datetime) -> str:
    """Return what a zone is called at an instant of its wall clock: IST, or UTC+04 where it has no letters."""
    letters = f"{wall:%Z}"
    return f"UTC{letters}" if letters[:1] in ("+", "-") else letters


@lru_cache(maxsize=256)
def _zone_or_utc(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return zoneinfo.ZoneInfo("UTC")


def from_now(instant: datetime, *, now: datetime) -> str:
    """Return how far an instant is, where it is near: "in 5 min", "20 s ago"; empty from an hour on."""
    seconds = (instant - now).total_seconds()
    size = abs(seconds)
    if size >= 3600:
        return ""
    said = f"{size:.0f} s" if size < 60 else f"{size / 60:.0f} min"
    return f"in {said}" if seconds > 0 else f"{said} ago"
