"""The zones of numbers: every beginning of the number plan, against its country's zones and against second opinions."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

import phonenumbers
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from phonenumbers.tzdata import TIMEZONE_DATA

from campaigns.rules.deciding import CapFacts, LeadFacts, Schedule, decide
from dialer.numbering.clocks import clock, zones_by_country
from dialer.numbering.plan import country_code
from dialer.numbering.zones import corrections, country_zones, zones
from tests.rules import places, reference, strategies
from tests.rules.tally import TRIED, is_whole, share_of
from tests.rules.test_time import agrees

#: What a beginning is filled up with until it is a number that somebody may have.
FILLINGS = ("2345678901234", "5550116", "9876543210987", "0000000000000", "1111111111111", "7654321098765")
PREFIXES = sorted({*TIMEZONE_DATA, *corrections()})


def number_with(digits: str) -> str | None:
    """Return a valid number that begins so, None where none is found."""
    code = country_code(digits)
    plans = map(phonenumbers.PhoneMetadata.metadata_for_region, phonenumbers.COUNTRY_CODE_TO_REGION_CODE[int(code)])
    lengths = {length for plan in plans if plan and plan.general_desc for length in plan.general_desc.possible_length}
    for length in sorted(lengths, reverse=True):
        for filling in FILLINGS:
            number = f"+{digits}{filling}"[: len(code) + length + 1]
            if phonenumbers.is_valid_number(phonenumbers.parse(number, None)):
                return number
    return None


def clocks(names: Iterator[str] | tuple[str, ...]) -> set[object]:
    return {clock(name) for name in names}


def country_of(number: str) -> str:
    return phonenumbers.region_code_for_number(phonenumbers.parse(number, None)) or ""


def test_every_beginning_of_the_number_plan_gives_zones_of_its_own_country_and_no_fewer_than_it_names() -> None:
    tried = 0
    for digits in PREFIXES:
        number = number_with(digits)
        if number is None:
            continue
        tried += 1
        country, found = country_of(number), zones(number)
        whole = clocks(zones_by_country().get(country, country_zones(country)))
        assert found, number
        assert clocks(found) <= whole, (number, country, found)
        named = clocks(TIMEZONE_DATA.get(digits, ()))
        if digits != country_code(digits) and not any(number[1:].startswith(known) for known in corrections()):
            assert clocks(found) >= named if named <= whole else clocks(found) == whole, (number, country, found)
    TRIED["beginnings of the number plan"] += tried
    assert tried > 2500


def test_a_number_of_a_kind_that_has_no_place_may_be_anywhere_in_its_country() -> None:
    for country, own in zones_by_country().items():
        for kind in (phonenumbers.PhoneNumberType.TOLL_FREE, phonenumbers.PhoneNumberType.PREMIUM_RATE):
            example = phonenumbers.example_number_for_type(country, kind)
            if example is not None:
                number = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
                if country_of(number) == country:
                    TRIED["numbers without a place"] += 1
                    assert clocks(zones(number)) == clocks(own), number


def test_every_place_that_the_geocoding_data_names_has_its_clock_among_the_zones_of_its_numbers() -> None:
    found = places.places()
    wrong = []
    for digits, name, zone in found if is_whole() else islice(found, 0, None, 25):
        number = number_with(digits)
        if number is not None:
            TRIED["places by name"] += 1
            if clock(zone) not in clocks(zones(number)):
                wrong.append((number, name, zone, zones(number)))
    assert wrong == [], wrong


@pytest.mark.parametrize(("area", "letters"), places.SEVERAL.items())
def test_an_area_code_in_several_zones_has_them_all(area: str, letters: str) -> None:
    names = places.CANADIAN_LETTERS if area == "807" else places.LETTERS
    for exchange in ("234", "432", "555", "872"):
        assert clocks(zones(f"+1{area}{exchange}0116")) >= clocks(tuple(names[letter] for letter in letters))


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("+15515550116", ["America/New_York"]),
        ("+16235550116", ["America/Phoenix"]),
        ("+15345550116", ["America/Chicago"]),
        ("+14425550116", ["America/Los_Angeles"]),
        ("+18085550116", ["Pacific/Honolulu"]),
        ("+79160000116", ["Europe/Moscow"]),
        ("+919820000116", ["Asia/Kolkata"]),
        ("+213563000116", ["Africa/Algiers"]),
        ("+212612000116", ["Africa/Casablanca"]),
        ("+38344123456", ["Europe/Belgrade"]),
        ("+80012345678", []),
        ("nonsense", []),
        ("+", []),
    ],
)
def test_zones_by_number(number: str, expected: list[str]) -> None:
    assert list(zones(number)) == expected


@pytest.mark.parametrize(
    ("number", "country"),
    [
        ("+18005550116", "US"),
        ("+61491570116", "AU"),
        ("+5219999999999", "MX"),  # no number of the plan
        ("+628112345678", "ID"),
        ("+79031234567", "RU"),
        ("+34612345678", "ES"),
    ],
)
def test_a_number_without_a_place_has_every_clock_of_its_country(number: str, country: str) -> None:
    assert clocks(zones(number)) == clocks(zones_by_country()[country])


def test_each_clock_is_named_once_and_by_a_zone_that_exists() -> None:
    for digits in PREFIXES:
        found = zones(f"+{digits}2345678"[:16])
        assert len(clocks(found)) == len(found), found
        for name in found:
            zoneinfo.ZoneInfo(name)


def test_every_correction_says_where_it_is_from_and_is_of_its_own_country() -> None:
    for digits, known in corrections().items():
        assert known.source, digits
        assert set(known.zones) <= {*zones_by_country()[known.country]} | {"Europe/Simferopol"}, digits
        assert known.country in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[int(country_code(digits))], digits


def test_the_clocks_are_those_of_the_newest_database() -> None:
    # Morocco left its summer time in 2026, which an older database of the system does not know.
    at = datetime(2027, 1, 15, 20, 30, tzinfo=UTC)
    assert at.astimezone(zoneinfo.ZoneInfo("Africa/Casablanca")).hour == 20


_NUMBERS = st.sampled_from(PREFIXES).map(lambda digits: number_with(digits) or f"+{digits}2345678"[:16])


@settings(max_examples=share_of(3_000), suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(_NUMBERS, st.data())
def test_nobody_is_called_while_one_of_the_zones_is_closed(number: str, data: st.DataObject) -> None:
    TRIED["numbers of several zones"] += 1
    at = data.draw(strategies.instants())
    plain = data.draw(strategies.plain_hours(near=at))
    schedule = Schedule(hours=strategies.hours(plain), time_zone=None)
    found = decide(lead=LeadFacts(number=number), did=None, schedule=schedule, profile=None, caps=CapFacts(), at=at)
    required = [(plain, zone) for zone in zones(number)]
    assert found.allowed == reference.is_open(required, at)
    agrees(found.next_allowed_at, required, at, look_minutes=12 * 60)
    # What the data names of the country's own is never left out, whatever it was corrected by.
    closed = [zone for zone in zones(number) if not reference.is_open([(plain, zone)], at)]
    assert found.allowed == (not closed)
