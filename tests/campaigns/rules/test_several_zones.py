"""Contacts who may be in several zones: no call while one of them is closed, and which one it was."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from campaigns.rules.deciding import CapFacts, Decision, LeadFacts, Profile, Rule, Schedule, decide
from campaigns.rules.hours import Hours, Window

LEGAL = Hours(windows=(Window(opens=time(8), closes=time(21)),))
ALWAYS = Hours(windows=(Window(opens=time(0), closes=time(12)), Window(opens=time(12), closes=time(0))))


def asked(number: str, at: datetime, *, zone: str = "", hours: Hours = LEGAL) -> Decision:
    """Decide on a call from eight to nine in the evening by the contact's clock."""
    schedule, lead = Schedule(hours=hours, time_zone=None), LeadFacts(number=number, time_zone=zone)
    return decide(lead=lead, did=None, schedule=schedule, profile=None, caps=CapFacts(), at=at)


@pytest.mark.parametrize(
    ("number", "zone", "at"),
    [
        # The data of phonenumbers has Paris for Algeria, and the Canaries for Morocco.
        ("+213563000116", "Africa/Algiers", "2026-07-15 07:00"),
        ("+212612000116", "Africa/Casablanca", "2026-02-25 07:30"),  # in Ramadan
        ("+212612000116", "Africa/Casablanca", "2026-01-15 21:30"),
        ("+13085550116", "America/Denver", "2027-01-15 07:00"),
        ("+13085550116", "America/Chicago", "2027-01-15 21:10"),
        ("+12195550116", "America/Chicago", "2027-01-15 07:00"),
        ("+18505550116", "America/Chicago", "2027-01-15 07:00"),
        ("+18505550116", "America/New_York", "2027-01-15 21:10"),
        ("+526141234567", "America/Chihuahua", "2027-01-15 21:10"),
        ("+78452123456", "Europe/Saratov", "2027-01-15 21:10"),
        ("+61889001234", "Australia/Darwin", "2027-01-15 07:00"),
        ("+12042345678", "America/Winnipeg", "2027-01-15 21:10"),
    ],
)
def test_nobody_is_called_before_eight_or_after_nine_where_they_live(number: str, zone: str, at: str) -> None:
    assert not asked(number, datetime.fromisoformat(at).replace(tzinfo=ZoneInfo(zone))).allowed


def test_the_zone_that_was_closed_is_named_and_the_first_instant_is_when_all_are_open() -> None:
    found = asked("+13085550116", datetime(2027, 1, 15, 14, 20, tzinfo=UTC))  # 08:20 in Chicago, 07:20 in Denver
    assert (found.rule, found.next_allowed_at) == (Rule.CAMPAIGN_HOURS, datetime(2027, 1, 15, 15, tzinfo=UTC))
    assert "America/Denver" in found.detail
    assert "America/Chicago" not in found.detail
    assert "one of 2 zones" in found.detail
    assert asked("+13085550116", datetime(2027, 1, 15, 15, tzinfo=UTC)).allowed
    assert not asked("+13085550116", datetime(2027, 1, 16, 3, 1, tzinfo=UTC)).allowed  # 21:01 in Chicago


def test_the_profiles_hours_hold_in_every_zone_as_well() -> None:
    profile = Profile(slug="us-federal", version=1, hours=LEGAL)
    lead, at = LeadFacts(number="+13085550116"), datetime(2027, 1, 15, 14, 20, tzinfo=UTC)
    schedule = Schedule(hours=ALWAYS, time_zone="UTC")
    found = decide(lead=lead, did=None, schedule=schedule, profile=profile, caps=CapFacts(), at=at)
    assert (found.rule, found.next_allowed_at) == (Rule.PROFILE_HOURS, datetime(2027, 1, 15, 15, tzinfo=UTC))
    assert "America/Denver" in found.detail


def test_a_zone_that_the_contact_names_is_the_only_one() -> None:
    found = asked("+13085550116", datetime(2027, 1, 15, 14, 20, tzinfo=UTC), zone="America/Chicago")
    assert found.allowed


def test_hours_that_are_never_open_in_all_zones_at_once_say_what_would_help() -> None:
    morning = Hours(windows=(Window(opens=time(9), closes=time(12)),))
    # A mobile number of Russia: from Kaliningrad to Kamchatka.
    found = asked("+79031234567", datetime(2027, 1, 15, 8, tzinfo=UTC), hours=morning)
    assert (found.allowed, found.next_allowed_at, found.rule) == (False, None, Rule.CAMPAIGN_HOURS)
    assert "never open" in found.detail
    assert "name its time zone" in found.detail
