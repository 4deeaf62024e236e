"""Time zones as people, Excel and Windows write them."""

from __future__ import annotations

import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tzlocal.windows_tz import win_tz

from dialer.numbering.clocks import clock
from dialer.numbering.zone_names import ZoneProblem, read_zone

INDIAN = "+919820060116"


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("Asia/Kolkata", "Asia/Kolkata"),
        ("Asia/Calcutta", "Asia/Calcutta"),
        ("asia/kolkata", "Asia/Kolkata"),
        (" Asia/Kolkata\u00a0", "Asia/Kolkata"),
        ("America/New York", "America/New_York"),
        ("India Standard Time", "Asia/Kolkata"),
        ("eastern standard time", "America/New_York"),
        ("(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi", "Asia/Kolkata"),
        ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "Europe/Amsterdam"),
        ("US/Eastern", "US/Eastern"),
        ("EST5EDT", "EST5EDT"),
        ("Etc/GMT+5", "Etc/GMT+5"),
        ("Europe/Kiev", "Europe/Kiev"),
        ("UTC", "UTC"),
        ("", ""),
        ("  ", ""),
    ],
)
def test_spellings_of_a_zone(text: str, zone: str) -> None:
    assert read_zone(text, number=INDIAN) == zone


@pytest.mark.parametrize(
    ("text", "number", "to_write"),
    [
        ("IST", INDIAN, "Asia/Kolkata."),
        ("IST", "+353871234567", "Europe/Dublin."),
        ("IST", "", "Asia/Jerusalem"),
        ("EST", "+12125550116", "America/New_York"),
        ("GMT+5:30", INDIAN, "Asia/Kolkata"),
        ("UTC+05:30", INDIAN, "Asia/Kolkata"),
        ("+05:30", INDIAN, "Asia/Kolkata"),
        ("\u22125", "+13085550116", "America/Chicago"),
        ("(UTC-05:00) Eastern Time (US & Canada)", "+12125550116", "America/New_York"),
        ("local", INDIAN, "Empty, it is that of the number: Asia/Kolkata"),
        ("Factory", "", "Asia/Kolkata"),
        ("../etc/passwd", "", "Asia/Kolkata"),
    ],
)
def test_what_names_no_zone_is_told_what_to_write(text: str, number: str, to_write: str) -> None:
    found = read_zone(text, number=number)
    assert isinstance(found, ZoneProblem), found
    assert to_write in found.message


@pytest.mark.parametrize("windows", sorted(win_tz))
def test_every_zone_of_windows_keeps_the_clock_of_its_iana_zone(windows: str) -> None:
    found = read_zone(windows)
    assert isinstance(found, str)
    assert clock(found) == clock(win_tz[windows])


@given(st.text(max_size=40))
def test_any_text_is_a_zone_that_exists_or_told_why_not(text: str) -> None:
    found = read_zone(text)
    if isinstance(found, ZoneProblem):
        assert found.message.endswith(".")
    elif found:
        zoneinfo.ZoneInfo(found)
