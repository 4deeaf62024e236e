"""Days without calls: a country's public holidays and days of one's own. What is not known is said, never guessed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.rules.calendars import OWN_DAY, Calendar, calendar_problem, own_days
from campaigns.rules.walls import BrokenRule

days = st.dates(date(2020, 1, 1), date(2035, 1, 1))


def test_public_holidays_are_closed_and_said_by_their_name() -> None:
    assert "Republic Day" in Calendar(country="IN").closed(date(2026, 1, 26))
    assert Calendar(country="IN").closed(date(2026, 1, 27)) == ""
    assert Calendar().closed(date(2026, 1, 26)) == ""


def test_a_part_of_a_country_has_holidays_of_its_own() -> None:
    easter_monday = date(2026, 4, 6)
    assert Calendar(country="GB", subdivision="ENG").closed(easter_monday)
    assert not Calendar(country="GB", subdivision="SCT").closed(easter_monday)


@given(days, st.integers(0, 40), days)
def test_own_days_are_closed_from_the_first_to_the_last(first: date, length: int, asked: date) -> None:
    last = first + timedelta(days=length)
    calendar = Calendar(own=own_days([f"{first}/{last}"]))
    assert bool(calendar.closed(asked)) == (first <= asked <= last)
    assert own_days([str(first)]) == ((first, first),)


@pytest.mark.parametrize("text", ["", "20.10.2026", "2026-02-30", "2026-10-20/2026-10-19", "2026-10-20/soon"])
def test_what_is_no_day_is_refused_by_name(text: str) -> None:
    with pytest.raises(BrokenRule, match=text.replace("/", ".") or "''"):
        own_days([text])


@pytest.mark.parametrize(("country", "subdivision"), [("XX", ""), ("IN", "Atlantis"), ("", "ENG")])
def test_a_place_without_known_holidays_is_a_problem_and_no_open_day(country: str, subdivision: str) -> None:
    assert calendar_problem(country, subdivision)
    if country:
        with pytest.raises(BrokenRule):
            Calendar(country=country, subdivision=subdivision).closed(date(2026, 1, 26))


def test_no_place_is_no_problem() -> None:
    assert calendar_problem("", "") == ""
    assert calendar_problem("IN", "MH") == ""


def test_a_public_holiday_can_be_opened_and_an_own_day_stays_closed() -> None:
    republic_day = date(2026, 1, 26)
    opened = Calendar(country="IN", opened=own_days(["2026-01-26"]))
    assert Calendar(country="IN").closed(republic_day)
    assert opened.closed(republic_day) == ""
    assert opened.closed(date(2026, 8, 15))
    assert Calendar(own=own_days(["2026-01-26"]), opened=own_days(["2026-01-26"])).closed(republic_day) == OWN_DAY
