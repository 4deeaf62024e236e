"""Lenient readers: what is understood is exact, what is not is None."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.providers import parsing
from tests.providers.garbage import json_values


@pytest.mark.parametrize(
    ("value", "time_zone", "expected"),
    [
        ("2026-07-03T10:00:00Z", "Asia/Kolkata", datetime(2026, 7, 3, 10, tzinfo=UTC)),
        ("2026-07-03T10:00:00+05:30", "UTC", datetime(2026, 7, 3, 4, 30, tzinfo=UTC)),
        ("2026-07-03 10:00:00", "Asia/Kolkata", datetime(2026, 7, 3, 4, 30, tzinfo=UTC)),
        ("2026-07-03 10:00:00", "Not/AZone", None),
        ("2027-11-07 00:59:59", "America/New_York", datetime(2027, 11, 7, 4, 59, 59, tzinfo=UTC)),
        ("2027-11-07 01:30:00", "America/New_York", None),  # comes twice
        ("2027-11-07 01:30:00-05:00", "America/New_York", datetime(2027, 11, 7, 6, 30, tzinfo=UTC)),
        ("2027-11-07 02:00:00", "America/New_York", datetime(2027, 11, 7, 7, tzinfo=UTC)),
        ("2027-03-28 02:30:00", "Europe/Berlin", None),  # is skipped
        ("2027-03-28 03:00:00", "Europe/Berlin", datetime(2027, 3, 28, 1, tzinfo=UTC)),
        (1_783_072_800, "UTC", datetime(2026, 7, 3, 10, tzinfo=UTC)),
        (1_783_072_800_500, "UTC", datetime(2026, 7, 3, 10, 0, 0, 500_000, tzinfo=UTC)),
        (42, "UTC", None),
        ("", "UTC", None),
        ("yesterday", "UTC", None),
        ("0001-01-01T00:00:00+14:00", "UTC", None),
        (True, "UTC", None),
    ],
)
def test_moment_is_utc_whatever_the_spelling(value: Any, time_zone: str, expected: datetime | None) -> None:
    assert parsing.moment(value, time_zone=time_zone) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (42, 42.0),
        ("47.2", 47.2),
        ("00:02:30", 150.0),
        ("2:30", 150.0),
        (-1, None),
        ("1e9", None),
        ("1:2:3:4", None),
        ("a:b", None),
        (True, None),
        (None, None),
        ([], None),
    ],
)
def test_seconds_are_read_in_every_spelling_and_absurd_ones_are_not(value: Any, expected: float | None) -> None:
    assert parsing.seconds(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("abc-1", "abc-1"),
        (17, "17"),
        (17.5, None),
        (" ", None),
        ("a\nb", None),
        ("a" * 201, None),
        (False, None),
        ({}, None),
    ],
)
def test_identifier_is_short_printable_text(value: Any, expected: str | None) -> None:
    assert parsing.identifier(value) == expected


def test_text_has_no_nul_because_the_database_refuses_it() -> None:
    assert parsing.text("a\x00b") == "ab"
    assert parsing.text("\x00") is None


@pytest.mark.parametrize(
    ("given_number", "expected"),
    [
        ("+919876543210", "9876543210"),
        ("+9198765432", "+9198765432"),
        ("+14155550123", "+14155550123"),
        ("9876543210", "9876543210"),
    ],
)
def test_only_whole_indian_numbers_lose_their_country_code(given_number: str, expected: str) -> None:
    assert parsing.indian_national(given_number) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api.example.com/v1/rec/a.wav?t=1", "/rec/a.wav?t=1"),
        ("https://api.example.com/v1", None),
        ("https://api.example.com/v10/a.wav", None),
        ("https://api.example.com.evil.example/v1/a.wav", None),
        ("https://api.example.com/v1/../admin", None),
        ("http://api.example.com/v1/a.wav", None),
    ],
)
def test_path_under_a_base_url_is_never_of_another_host(url: str, expected: str | None) -> None:
    assert parsing.path_under(url, base_url="https://api.example.com/v1") == expected


@given(value=json_values)
def test_readers_take_any_json_value(value: Any) -> None:
    found = parsing.moment(value, time_zone="Asia/Kolkata")
    assert found is None or found.tzinfo is UTC
    parsing.seconds(value)
    parsing.number(value)
    parsing.word(value)
    assert parsing.identifier(value) != ""


@given(st.datetimes(timezones=st.just(UTC)))
def test_iso_moments_survive_the_round_trip(at: datetime) -> None:
    assert parsing.moment(at.isoformat()) == at
