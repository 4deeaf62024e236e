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
