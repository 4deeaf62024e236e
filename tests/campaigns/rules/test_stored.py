"""Rules as they are stored become values, or a sentence that says what is wrong: a misspelt rule is not no rule."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.models import Purpose
from campaigns.profiles.loading import FOLDER
from campaigns.rules.deciding import CapFacts, DIDFacts, LeadFacts, Schedule, decide
from campaigns.rules.hours import EVERY_DAY, CronWindow, Window
from campaigns.rules.stored import PURPOSES, caps_of, days_of, hours_of, profile_of, profile_problems, window_of
from campaigns.rules.walls import BrokenRule

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
KEYS = ("windows", "holidays", "caps", "minimum_gap_seconds", "series", "required_fields", "window")
anything = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-2, 2) | st.sampled_from(["", "09:00", "x", "12"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["calls", "hours", "opens", "country", "SERVICE"]), inner)
    ),
    max_leaves=6,
)


def test_windows_are_read_as_they_are_written() -> None:
    assert window_of({"opens": "09:00", "closes": "18:30"}) == Window(opens=time(9), closes=time(18, 30))
    assert window_of({"days": "12", "opens": "09:00", "closes": "10:00"}).days == {1, 2}  # type: ignore[union-attr]
    assert window_of({"opens_cron": "0 9 * * *", "closes_cron": "0 18 * * *"}) == CronWindow(
        opens="0 9 * * *", closes="0 18 * * *"
    )


@given(st.text(max_size=8))
def test_days_are_digits_of_weekdays_or_refused(text: str) -> None:
    try:
        found = days_of(text)
    except BrokenRule:
        assert not text or not set(text) <= set("1234567")
    else:
        assert found <= EVERY_DAY
        assert found == {int(character) for character in text}


@given(st.lists(anything, max_size=3))
def test_caps_are_numbers_above_nothing_or_refused(stored: list[Any]) -> None:
    try:
        found = caps_of(stored)
    except BrokenRule:
        return
    assert len(found.caps) == len(stored)
    assert all(cap.calls >= 1 and cap.hours > 0 for cap in found.caps)


@given(st.dictionaries(st.sampled_from(sorted(KEYS)), anything) | anything)
def test_whatever_is_stored_as_a_profile_is_judged_in_sentences_and_what_is_taken_decides(rules: Any) -> None:
    problems = profile_problems(rules)
    assert all(isinstance(problem, str) and problem for problem in problems)
    if not problems:
        profile = profile_of(slug="land", version=1, rules=rules)
        always = Schedule(hours=hours_of([{"opens": "00:00", "closes": "23:59"}]), time_zone="UTC")
        did = DIDFacts(number="+918000000000", purpose="SERVICE")
        caps = CapFacts(caps=profile.caps)
        found = decide(lead=LeadFacts(number="+9198"), did=did, schedule=always, profile=profile, caps=caps, at=NOON)
        assert isinstance(found.detail, str)


@pytest.mark.parametrize(
    "rules",
    [
        {"windows": [{"opens": "09:00"}]},
        {"windows": [{"opens": "09:00", "closes": "09:00"}]},
        {"minimum_gap_seconds": -1},
        {"minimum_gap_seconds": "60"},
        {"caps": [{"calls": 3}]},
        {"holidays": {"country": "XX"}},
        {"holidays": ["IN"]},
        {"holidays": {"country": ["IN"]}},
        {"series": ["140"]},
        {"series": {"SERVICE": "140"}},
        {"series": {"SERVICE": [140]}},
        {"required_fields": "consent"},
        {"required_fields": [""]},
        {"minimum_gap_seconds": True},
        {"window": []},
        "everything",
    ],
)
def test_a_profile_that_says_what_is_not_known_is_refused(rules: Any) -> None:
    assert profile_problems(rules)


def test_a_profile_has_what_it_says() -> None:
    found = profile_of(
        slug="land",
        version=2,
        rules={"series": {"SERVICE": ["+91160"]}, "required_fields": ["consent"], "minimum_gap_seconds": 60},
    )
    assert (found.series, found.required_fields, str(found)) == ({"SERVICE": ("+91160",)}, ("consent",), "land v2")
    assert found.hours is None
    assert found.caps.minimum_gap_seconds == 60


def test_hours_with_a_window_that_is_never_open_are_refused() -> None:
    with pytest.raises(BrokenRule):
        hours_of([{"opens": "09:00", "closes": "09:00"}])


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_every_profile_that_comes_with_the_project_is_in_order(path: Path) -> None:
    assert profile_problems(tomllib.loads(path.read_text())["rules"]) == []


def test_a_number_series_is_for_a_purpose_that_calls_can_have() -> None:
    assert {purpose for purpose in Purpose.values if purpose} == PURPOSES
    with pytest.raises(BrokenRule, match="series: PROMOTIONEL: no such purpose"):
        profile_of(slug="in", version=1, rules={"series": {"PROMOTIONEL": ["+91140"]}})
