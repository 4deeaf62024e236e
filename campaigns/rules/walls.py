"""UTC days as the wall clocks of a zone show them: stretches of one offset, cut where the clocks change."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise

DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
#: No zone has ever changed its clocks twice within this time.
_BETWEEN_CHANGES = timedelta(hours=6)


class BrokenRule(ValueError):
    """A rule that cannot be applied, in a sentence. No call is made by it."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """From ``starts`` until just before ``ends`` (UTC, naive) wall clocks show UTC plus ``offset``."""

    starts: datetime
    ends: datetime
    offset: timedelta


@lru_cache(maxsize=256)
def zone_of(name: str) -> zoneinfo.ZoneInfo:
    """Return the IANA zone. Raises BrokenRule."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BrokenRule(f"There is no time zone {name!r}.") from error


@lru_cache(maxsize=16384)
def stretches(zone_name: str, day: date) -> tuple[Stretch, ...]:
    """Return the stretches that make up one UTC day: one, or two on a day on which the clocks change."""
    zone = zone_of(zone_name)
    begins = datetime.combine(day, time())
    cuts = [begins, *_changes(zone, begins), begins + DAY]
    return tuple(Stretch(starts, ends, _offset(zone, starts)) for starts, ends in pairwise(cuts) if starts < ends)


def _changes(zone: zoneinfo.ZoneInfo, begins: datetime) -> Iterator[datetime]:
    for part in range(DAY // _BETWEEN_CHANGES):
        low = begins + part * _BETWEEN_CHANGES
        high = low + _BETWEEN_CHANGES
        before = _offset(zone, low)
        if before == _offset(zone, high):
            continue
        while high - low > _SECOND:
            middle = low + ((high - low) // 2 // _SECOND) * _SECOND
            if _offset(zone, middle) == before:
                low = middle
            else:
                high = middle
        yield high


def _offset(zone: zoneinfo.ZoneInfo, instant: datetime) -> timedelta:
    """Return wall clock minus UTC at an instant (UTC, naive)."""
    return zone.fromutc(instant.replace(tzinfo=zone)).replace(tzinfo=None) - instant


def at_clock(instant: datetime, *, zone: str, now: datetime, seconds: bool = False) -> str:
    """Return an instant as people of a zone say it: 09:00 IST, with the day where it is another one than ``now``'s."""
    info = _zone_or_utc(zone)
    wall, today = instant.astimezone(info), now.astimezone(info).date()
    said = f"{wall:%H:%M:%S}" if seconds else f"{wall:%H:%M}"
    said = f"{said} {zone_letters(wall)}"
    if wall.date() == today:
        return said
    return f"{wall:%a %d %b} {said}" if abs(wall.date() - today) < 300 * DAY else f"{wall:%d %b %Y} {said}"


def zone_letters(wall: datetime) -> str:
    """Return what a zone is called at an instant of its wall clock: IST, or UTC+04 where it has no letters."""
    letters = f"{wall:%Z}"
    return f"UTC{letters}" if letters[:1] in ("+", "-") else letters


def _zone_or_utc(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zone_of(name)
    except BrokenRule:
        return zone_of("UTC")


def from_now(instant: datetime, *, now: datetime) -> str:
    """Return how far an instant is, where it is near: "in 5 min", "20 s ago"; empty from an hour on."""
    seconds = (instant - now).total_seconds()
    size = abs(seconds)
    if size >= 3600:
        return ""
    said = f"{size:.0f} s" if size < 60 else f"{size / 60:.0f} min"
    return f"in {said}" if seconds > 0 else f"{said} ago"
