"""Time zones as people, Excel and Windows write them: the IANA name, or why it is none and what to write instead."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, lru_cache
from importlib.resources import files

from tzlocal.windows_tz import win_tz

from dialer.numbering.clocks import clock, same_clock, zones_by_country
from dialer.numbering.zones import zones

#: Abbreviations that mean several clocks, with zones that keep them. Some are IANA names too, of a clock without summer
#: time that is seldom meant.
_SEVERAL = {
    "IST": ("Asia/Kolkata", "Asia/Jerusalem", "Europe/Dublin"),
    "EST": ("America/New_York", "America/Panama", "Australia/Brisbane"),
    "EDT": ("America/New_York",),
    "CST": ("America/Chicago", "Asia/Shanghai", "America/Havana"),
    "CDT": ("America/Chicago", "America/Havana"),
    "MST": ("America/Denver", "America/Phoenix", "Asia/Kuala_Lumpur"),
    "MDT": ("America/Denver",),
    "PST": ("America/Los_Angeles", "Asia/Manila"),
    "PDT": ("America/Los_Angeles",),
    "BST": ("Europe/London", "Asia/Dhaka"),
    "AST": ("America/Halifax", "America/Puerto_Rico", "Asia/Riyadh"),
    "GST": ("Asia/Dubai", "Atlantic/South_Georgia"),
    "SST": ("Asia/Singapore", "Pacific/Pago_Pago"),
    "ET": ("America/New_York",),
    "CT": ("America/Chicago",),
    "MT": ("America/Denver",),
    "PT": ("America/Los_Angeles",),
    "AEST": ("Australia/Brisbane", "Australia/Sydney"),
    "ACST": ("Australia/Darwin", "Australia/Adelaide"),
    "WIB": ("Asia/Jakarta",),
    "MSK": ("Europe/Moscow",),
    "SGT": ("Asia/Singapore",),
    "JST": ("Asia/Tokyo",),
    "PKT": ("Asia/Karachi",),
    "SAST": ("Africa/Johannesburg",),
}
#: Names in the database that are no place's clock.
_NOBODYS = {"Factory", "localtime", "posixrules"}
_OFFSET = re.compile(r"(?:UTC|GMT)?\s*([+\-\u2212])\s*(\d{1,2})(?:[:.]?(\d{2}))?", re.IGNORECASE)
_AS_WINDOWS_SHOWS_IT = re.compile(r"\((?:UTC|GMT)\s*([+\-\u2212]\d{1,2}:?\d{2})?\)\s*(.+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ZoneProblem:
    """Why a text names no time zone, and what to write."""

    message: str


def read_zone(text: str, *, number: str = "") -> str | ZoneProblem:
    """Return the IANA zone that a text names, "" for none. ``number`` (E.164) is whose it is, to say what to write."""
    name = " ".join(text.split()).strip("'\"")
    if not name:
        return ""
    several = _SEVERAL.get(name.upper())
    if several is not None:
        return _several(name, several, number)
    found = _names().get(name.replace(" ", "_").casefold()) or _windows().get(name.casefold())
    if found is not None:
        return found
    shown = _AS_WINDOWS_SHOWS_IT.fullmatch(name)
    if shown is not None and (place := _of_cities(shown[2], shown[1])):
        return place
    offset = _OFFSET.fullmatch((shown[1] or "+0") if shown is not None else name)
    if offset is not None:
        return _offset(name, offset, number)
    own = zones(number)[:3]
    or_none = f" Empty, it is that of the number: {', '.join(own)}." if own else ""
    return ZoneProblem(f"There is no time zone {name[:60]!r}; use a name such as Asia/Kolkata.{or_none}")


@cache
def _names() -> Mapping[str, str]:
    return {name.casefold(): name for name in zoneinfo.available_timezones() - _NOBODYS}


@cache
def _windows() -> Mapping[str, str]:
    """Return the zones of Windows' names; of two names of a zone the one that countries list."""
    return {windows.casefold(): _listed(zone) for windows, zone in win_tz.items()}


@lru_cache(maxsize=512)
def _listed(zone: str) -> str:
    listed = {one for own in zones_by_country().values() for one in own}
    return zone if zone in listed else _links().get(zone, zone)


@cache
def _links() -> Mapping[str, str]:
    """Return old names of zones with the present ones (lines ``L present old`` of the database)."""
    lines = files("tzdata").joinpath("zoneinfo", "tzdata.zi").read_text(encoding="ascii").splitlines()
    return {old: present for kind, present, old in (line.split() for line in lines if line.startswith("L "))}


def _several(name: str, meant: tuple[str, ...], number: str) -> ZoneProblem:
    own = tuple(zone for zone in meant if same_clock(zone, zones(number)))
    if len(meant) == 1:
        return ZoneProblem(f"{name} is an abbreviation, which does not say when clocks change: write {meant[0]}.")
    likely = f"for this number write {own[0]}" if len(own) == 1 else f"write {_or(meant)}"
    return ZoneProblem(f"{name} is short for several clocks: {likely}.")


def _or(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last


def _of_cities(text: str, offset: str | None) -> str | None:
    """Return the zone of cities that Windows names together, where they keep one clock with that offset."""
    by_city = _cities()
    known = [
        by_city[city] for part in text.split(",") if (city := part.strip().replace(" ", "_").casefold()) in by_city
    ]
    clocks = {clock(zone) for zone in known}
    wanted = _OFFSET.fullmatch(offset) if offset else None
    if len(clocks) != 1 or (wanted is not None and not _keeps(known[0], _timedelta(wanted))):
        return None
    return known[0]


@cache
def _cities() -> Mapping[str, str]:
    return {zone.rpartition("/")[2].casefold(): zone for own in zones_by_country().values() for zone in own}


def _timedelta(match: re.Match[str]) -> timedelta:
    size = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return size if match[1] == "+" else -size


def _keeps(zone: str, offset: timedelta) -> bool:
    return any(kept == offset for _, kept in clock(zone))


def _offset(name: str, match: re.Match[str], number: str) -> ZoneProblem:
    own = [zone for zone in zones(number) if _keeps(zone, _timedelta(match))]
    written = f"for this number {_or(own[:3])}" if own else "such as Asia/Kolkata"
    return ZoneProblem(
        f"{name} is an offset, which does not say when clocks change: write the name of a zone, {written}."
    )
