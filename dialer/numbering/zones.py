"""In which time zones a number may be: all of them, as nobody may be called while one of them is closed.

The data of phonenumbers names zones by the beginning of a number. Part of it is wrong (Algeria by the clock of Paris,
whose summer time it has not), and part names one zone of several (308 is the Nebraska of two). So each entry is judged
against the zones of its own country, corrections of ours (``zones.toml``, each with its source) go first, and what is
not known by place may be anywhere in its country: a mobile number, a toll-free one, one that no data knows.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberType

from dialer.numbering.clocks import clock, one_for_each_clock, same_clock, zones_by_country
from dialer.numbering.plan import country_code

DATA = Path(__file__).with_name("zones.toml")
_FIXED = {PhoneNumberType.FIXED_LINE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
#: A number that is newer than the data may be a mobile one.
_MOBILE = {PhoneNumberType.MOBILE, PhoneNumberType.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Correction:
    """The zones of all numbers of a country that begin alike. Without ``mobiles`` it holds for fixed lines only."""

    country: str
    zones: tuple[str, ...]
    mobiles: bool
    source: str


@lru_cache(maxsize=1)
def corrections() -> Mapping[str, Correction]:
    """Return what is known better than the data of phonenumbers, by the digits with which a number begins."""
    return {
        digits: Correction(group["country"], tuple(zones), group.get("mobiles", False), group["source"])
        for group in _data()["areas"]
        for digits, zones in group["zones"].items()
    }


@lru_cache(maxsize=1)
def _data() -> Mapping[str, Mapping]:  # type: ignore[type-arg]
    return tomllib.loads(DATA.read_text(encoding="utf-8"))


def zones(number: str) -> tuple[str, ...]:
    """Return the IANA time zones in which an E.164 number may be, one for each clock; () where no country has it."""
    code = country_code(number)
    if not code:
        return ()
    # Where a country has one clock its code says it all, whether or not the data knows the number yet.
    return zones_of_code(code) if _has_one_clock(code) else _zones(number)


@lru_cache(maxsize=512)
def zones_of_code(code: str) -> tuple[str, ...]:
    """Return the zones of all countries that share a country code, one for each clock; () for a code of no country."""
    countries = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(code), ())
    return one_for_each_clock(zone for country in countries for zone in country_zones(country))


@lru_cache(maxsize=512)
def _has_one_clock(code: str) -> bool:
    countries = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(code), ())
    first, *others = [zone for country in countries for zone in _listed(country)] or [""]
    return bool(first) and all(clock(zone) == clock(first) for zone in others)


@lru_cache(maxsize=512)
def country_zones(country: str) -> tuple[str, ...]:
    """Return the zones of a country by its two letters, one for each clock, in the order of zone.tab; () if unknown."""
    return one_for_each_clock(_listed(country))


def _listed(country: str) -> Sequence[str]:
    found: Sequence[str] = zones_by_country().get(country) or _data()["countries"].get(country, ())
    return found


@lru_cache(maxsize=65536)
def _zones(number: str) -> tuple[str, ...]:
    try:
        parsed = phonenumbers.parse(number, None)
    except NumberParseException:
        return zones_of_code(country_code(number))
    kind = phonenumbers.number_type(parsed)
    country = phonenumbers.region_code_for_number(parsed)
    known = _corrected(number[1:], kind, country) or _by_place(number[1:], kind, parsed, country)
    return known or (country_zones(country) if country else zones_of_code(str(parsed.country_code)))


def telling_part(number: str) -> str:
    """Return as much of a number's beginning as tells its zones from those of others, to count numbers together."""
    code = country_code(number)
    return number[: 1 + _telling_digits(code)] if code else number


@lru_cache(maxsize=512)
def _telling_digits(code: str) -> int:
    from phonenumbers.tzdata import TIMEZONE_DATA

    if _has_one_clock(code):
        return len(code)
    known = corrections() if any(digits.startswith(code) for digits in corrections()) else TIMEZONE_DATA
    return max((len(digits) for digits in known if digits.startswith(code)), default=len(code))


def _corrected(digits: str, kind: int, country: str | None) -> tuple[str, ...]:
    """Return the zones of the longest correction that holds for this kind of number, () where there is none."""
    for length in range(len(digits), 0, -1):
        found = corrections().get(digits[:length])
        if found is None or country not in {found.country, None}:
            continue
        if kind in _FIXED or (found.mobiles and kind in _MOBILE):
            return one_for_each_clock(found.zones)
    return ()


def _by_place(digits: str, kind: int, number: PhoneNumber, country: str | None) -> tuple[str, ...]:
    """Return the zones that the data names for the area of a fixed line, () where it names none or a foreign one."""
    if kind not in _FIXED or not country:
        return ()
    area = _area(digits, str(number.country_code))
    named = _named_in(area) if area else ()
    own = zones_by_country().get(country, ())
    found = {same_clock(zone, own) for zone in named}
    return () if None in found else one_for_each_clock(zone for zone in own if zone in found)


def _area(digits: str, code: str) -> str:
    """Return the shortest beginning beyond the country code for which there is data, "" where there is none.

    Within it the data tells exchanges apart; but numbers move between them, and those it does not name are anywhere.
    """
    from phonenumbers.tzdata import TIMEZONE_DATA  # large, and most processes never ask

    # Area codes of North America have three digits: a shorter beginning is none.
    shortest = 4 if code == "1" else len(code) + 1
    lengths = range(shortest, len(digits) + 1)
    return next((digits[:length] for length in lengths if digits[:length] in TIMEZONE_DATA), "")


@lru_cache(maxsize=4096)
def _named_in(area: str) -> tuple[str, ...]:
    from phonenumbers.tzdata import TIMEZONE_DATA

    named = (zone for digits, zones in TIMEZONE_DATA.items() if digits.startswith(area) for zone in zones)
    return tuple(dict.fromkeys(named))
