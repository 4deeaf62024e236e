"""The time zones of each country, and which of them keep the same clock, by the newest time zone database here.

Source: ``zone.tab`` and ``zonenow.tab`` of the IANA database (https://www.iana.org/time-zones), in the pinned package
``tzdata``.
"""

from __future__ import annotations

import re
import zoneinfo
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

_PACKAGED = files("tzdata").joinpath("zoneinfo")
#: Two zones keep the same clock when they agree on all instants from here on, for so many weeks.
COMPARED_FROM = datetime(2026, 1, 1, tzinfo=UTC)
COMPARED_WEEKS = 520
#: No clock is to change twice within this.
_WEEK = timedelta(days=7)
_MINUTE = timedelta(minutes=1)
_NAMED = re.compile(r"^# version (\d{4}[a-z]+)$", re.MULTILINE)

#: The offset at an instant, and every change of it that follows.
Clock = tuple[tuple[datetime, timedelta], ...]


def use_newest_database() -> str:
    """Let every zone of this process come from the newest IANA database, and return its version, such as 2026f.

    Python asks the operating system first, whose database may be years older than the package: clocks have changed by
    law meanwhile, and calls would start at forbidden hours. Called before any zone is made.
    """
    packaged = _version(_PACKAGED)
    system = max((_version(Path(folder)) for folder in zoneinfo.TZPATH), default="")
    if system > packaged:
        return system
    zoneinfo.reset_tzpath(to=[])
    zoneinfo.ZoneInfo.clear_cache()
    return packaged


def _version(folder: Traversable) -> str:
    """Return the version of a folder of zones; "", which is older than any, where it does not tell."""
    try:
        with folder.joinpath("tzdata.zi").open("r", encoding="ascii") as file:
            found = _NAMED.search(file.read(200))
    except (OSError, ValueError):
        return ""
    return found[1] if found else ""


def _rows(table: str) -> Iterator[list[str]]:
    text = _PACKAGED.joinpath(table).read_text(encoding="utf-8")
    return (line.split("\t") for line in text.splitlines() if line and not line.startswith("#"))


@lru_cache(maxsize=1)
def zones_by_country() -> Mapping[str, tuple[str, ...]]:
    """Return the zones of each country by its two letters, in the order of zone.tab."""
    found = defaultdict(list)
    for country, _, zone, *_ in _rows("zone.tab"):
        found[country].append(zone)
    return {country: tuple(zones) for country, zones in found.items()}


@lru_cache(maxsize=1)
def _well_known() -> frozenset[str]:
    """Return, for each clock that is kept now, the zone that the database names it by."""
    return frozenset(row[2] for row in _rows("zonenow.tab"))


@lru_cache(maxsize=1024)
def clock(zone: str) -> Clock:
    """Return what the clocks of a zone show: equal for zones that agree. Raises ZoneInfoNotFoundError."""
    info = zoneinfo.ZoneInfo(zone)
    found = [(COMPARED_FROM, _offset(info, COMPARED_FROM))]
    for number in range(COMPARED_WEEKS):
        week = COMPARED_FROM + number * _WEEK
        if _offset(info, week + _WEEK) != found[-1][1]:
            found.append(_change(info, week))
    return tuple(found)


def _offset(zone: zoneinfo.ZoneInfo, instant: datetime) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta(0)


def _change(zone: zoneinfo.ZoneInfo, week: datetime) -> tuple[datetime, timedelta]:
    """Return the minute of a week (UTC) at which the offset changes, with the offset that it changes to."""
    before, low, high = _offset(zone, week), week, week + _WEEK
    while high - low > _MINUTE:
        middle = low + (high - low) // 2 // _MINUTE * _MINUTE
        low, high = (middle, high) if _offset(zone, middle) == before else (low, middle)
    return high, _offset(zone, high)


def one_for_each_clock(zones: Iterable[str]) -> tuple[str, ...]:
    """Return the zones without those that keep the clock of another one; the better known one stays, in its place."""
    by_clock: dict[Clock, str] = {}
    for zone in zones:
        known = by_clock.setdefault(clock(zone), zone)
        if known not in _well_known() and zone in _well_known():
            by_clock[clock(zone)] = zone
    return tuple(by_clock.values())


def same_clock(zone: str, among: Iterable[str]) -> str | None:
    """Return ``zone`` if it is among others, else the first of them that keeps its clock, None where none does."""
    zones = tuple(among)
    if zone in zones:
        return zone
    return next(filter(partial(_agree, zone), zones), None)


def _agree(one: str, other: str) -> bool:
    return clock(one) == clock(other)
