"""All rules of a campaign as one value: whatever a row holds, it calls by them or says why it calls nobody."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import orjson
import pytest

from campaigns.rules.campaign import WIDTH
from campaigns.rules.deciding import LeadFacts
from campaigns.rules.did_rotation import Rotation
from campaigns.rules.ruleset import CampaignRules, never_open, rules_of_row

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
FIELDS = (
    "state", "time_zone", "hours_follow", "window_opens", "window_closes", "windows", "holiday_country",
    "holiday_subdivision", "blackout_dates", "open_dates", "starts_at", "ends_at", "caps", "minimum_gap_seconds",
    "purpose", "did_rotation", "max_attempts", "retry_rules", "profile_id", "slug", "version", "profile_rules",
    "rehearsal",
)  # fmt: skip
ROW: dict[str, Any] = {
    "state": "RUNNING",
    "time_zone": "UTC",
    "hours_follow": "CAMPAIGN",
    "window_opens": time(9),
    "window_closes": time(18),
    "windows": "",
    "holiday_country": "",
    "holiday_subdivision": "",
    "blackout_dates": "[]",
    "open_dates": "[]",
    "starts_at": None,
    "ends_at": None,
    "caps": "[]",
    "minimum_gap_seconds": 0,
    "purpose": "",
    "did_rotation": "MOST_ROOM",
    "max_attempts": 3,
    "retry_rules": "{}",
    "profile_id": None,
    "slug": None,
    "version": None,
    "profile_rules": None,
    "rehearsal": None,
}


def rules(**fields: Any) -> CampaignRules:
    row = {**ROW, **fields}
    return rules_of_row([row[name] for name in FIELDS])


def test_the_row_that_is_read_has_as_many_columns_as_the_value_takes() -> None:
    assert len(FIELDS) == WIDTH


def test_a_campaign_calls_in_its_window_and_says_until_when_it_does_not() -> None:
    found = rules()
    assert not found.is_surely_closed(NOW)
    assert found.closed_by(NOW) is None
    assert found.is_surely_closed(NOW.replace(hour=18))
    closed = found.closed_by(NOW.replace(hour=18))
    assert closed is not None
    assert closed.next_allowed_at == NOW.replace(hour=9) + timedelta(days=1)


def test_stored_windows_go_before_the_one_window() -> None:
    found = rules(windows=orjson.dumps([{"days": "67", "opens": "10:00", "closes": "11:00"}]).decode())
    assert found.is_surely_closed(NOW)
    assert not found.is_surely_closed(datetime(2026, 3, 7, 10, 30, tzinfo=UTC))


BROKEN = [
    {"time_zone": "Nowhere/Land"},
    {"window_opens": time(9), "window_closes": time(9)},
    {"windows": '[{"opens_cron": "at noon", "closes_cron": "0 18 * * *"}]'},
    {"blackout_dates": '["soon"]'},
    {"open_dates": '["soon"]'},
    {"holiday_country": "XX"},
    {"caps": '[{"calls": 0, "hours": 24}]'},
    {"profile_id": 1, "slug": "land", "version": 1, "profile_rules": '{"hourz": []}'},
]


@pytest.mark.parametrize("fields", BROKEN)
def test_a_rule_that_cannot_be_applied_lets_nobody_be_called_and_is_said(fields: dict[str, Any]) -> None:
    found = rules(**fields)
    lead = LeadFacts(number="+919812345678", time_zone="UTC")
    assert not found.decide(lead=lead, at=NOW).allowed or found.problem
    assert found.is_surely_closed(NOW) or found.problem
    assert never_open(rules=found, at=NOW)


def test_where_the_hours_follow_the_contact_only_its_clock_says_that_it_is_closed() -> None:
    found = rules(hours_follow="CONTACT")
    assert found.needs_contact
    assert not found.is_surely_closed(NOW.replace(hour=3))
    india, newyork = (LeadFacts(number="", time_zone=zone) for zone in ("Asia/Kolkata", "America/New_York"))
    assert found.decide(lead=india, at=NOW).allowed
    assert not found.decide(lead=newyork, at=NOW).allowed


def test_the_profiles_caps_hold_beside_the_campaigns_own() -> None:
    profile = {"profile_id": 1, "slug": "land", "version": 1, "profile_rules": '{"caps": [{"calls": 3, "hours": 24}]}'}
    found = rules(caps='[{"calls": 9, "hours": 168}]', **profile)
    assert [(cap.calls, cap.hours) for cap in found.caps.caps] == [(3, 24), (9, 168)]


def test_a_rotation_that_nobody_knows_is_the_plainest_one() -> None:
    assert rules(did_rotation="BY_MOON").rotation == Rotation.MOST_ROOM


CHANGES = {
    "time_zone": "Asia/Kolkata",
    "hours_follow": "CONTACT",
    "window_closes": time(19),
    "holiday_country": "IN",
    "blackout_dates": '["2026-10-20"]',
    "open_dates": '["2026-10-21"]',
    "starts_at": NOW,
    "ends_at": NOW,
    "caps": '[{"calls": 1, "hours": 24}]',
    "minimum_gap_seconds": 60,
    "purpose": "SERVICE",
    "did_rotation": "STICKY",
    "max_attempts": 4,
    "retry_rules": '{"BUSY": 60}',
    "slug": "land",
}


@pytest.mark.parametrize("name", CHANGES)
def test_every_rule_that_changes_makes_another_version(name: str) -> None:
    assert rules(**{name: CHANGES[name]}).digest != rules().digest


def test_a_campaign_that_is_paused_has_the_same_rules() -> None:
    assert rules(state="PAUSED").digest == rules().digest
