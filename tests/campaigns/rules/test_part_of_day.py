"""The next attempt comes at another part of the contact's day, where the hours leave one."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.rules.caps import NO_CAPS, Caps
from campaigns.rules.deciding import LeadFacts, Schedule
from campaigns.rules.did_rotation import Rotation
from campaigns.rules.hours import Hours, Window
from campaigns.rules.part_of_day import DAYS, at_another_time, part_of_day
from campaigns.rules.retry import matrix_of
from campaigns.rules.ruleset import CampaignRules
from tests.rules.strategies import instants, zones

KOLKATA = "Asia/Kolkata"
MORNING, AFTERNOON, EVENING = 0, 1, 2


def rules_of(*windows: tuple[int, int], zone: str | None = KOLKATA, caps: Caps = NO_CAPS) -> CampaignRules:
    """Return the rules of a campaign that calls between these hours; zone None: by the contact's clock."""
    hours = Hours(windows=tuple(Window(opens=time(opens), closes=time(closes)) for opens, closes in windows))
    return CampaignRules(
        state="RUNNING",
        schedule=Schedule(hours=hours, time_zone=zone),
        profile=None,
        profile_id=None,
        caps=caps,
        purpose="",
        rotation=Rotation.MOST_ROOM,
        max_attempts=3,
        matrix=matrix_of("{}"),
    )


def ist(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=ZoneInfo(KOLKATA))


LEAD = LeadFacts(number="+919812345678")


@pytest.mark.parametrize(
    ("wall", "part"),
    [
        (time(0), MORNING),
        (time(11, 59, 59), MORNING),
        (time(12), AFTERNOON),
        (time(16, 59), AFTERNOON),
        (time(17), EVENING),
        (time(23, 59), EVENING),
    ],
)
def test_a_day_has_three_parts(wall: time, part: int) -> None:
    assert part_of_day(datetime.combine(ist(2, 0), wall, tzinfo=ZoneInfo(KOLKATA)), ZoneInfo(KOLKATA)) == part


@pytest.mark.parametrize(
    ("dialed", "due", "expected"),
    [
        (ist(2, 10), ist(2, 11), ist(2, 12)),  # morning: the afternoon begins soon
        (ist(2, 10), ist(2, 13), ist(2, 13)),  # due in another part already
        (ist(2, 13), ist(2, 14), ist(2, 17)),
        (ist(2, 18), ist(2, 19), ist(3, 9)),  # evening: the next day's morning, when the hours open
    ],
)
def test_the_first_permitted_instant_in_another_part_is_taken(
    dialed: datetime, due: datetime, expected: datetime
) -> None:
    found = at_another_time(rules=rules_of((9, 21)), lead=LEAD, calls=(), dialed_at=dialed, due_at=due)
    assert found == expected


def test_hours_that_leave_no_other_part_do_not_keep_a_lead_for_ever() -> None:
    found = at_another_time(rules=rules_of((9, 11)), lead=LEAD, calls=(), dialed_at=ist(2, 10), due_at=ist(2, 10, 30))
    assert found == ist(2, 10, 30)


def test_where_no_instant_is_ever_permitted_there_is_none() -> None:
    assert at_another_time(rules=rules_of(), lead=LEAD, calls=(), dialed_at=ist(2, 10), due_at=ist(2, 11)) is None


def test_the_parts_are_those_of_the_contacts_day_where_a_zone_is_known_of_it() -> None:
    lead = LeadFacts(number="+919812345678", time_zone="America/New_York")
    dialed = datetime(2026, 3, 2, 14, tzinfo=UTC)  # 09:00 in New York, 19:30 in Kolkata
    found = at_another_time(rules=rules_of((0, 23), zone=None), lead=lead, calls=(), dialed_at=dialed, due_at=dialed)
    assert found == datetime(2026, 3, 2, 12, tzinfo=ZoneInfo("America/New_York"))


@settings(max_examples=150, deadline=None)
@given(zones, instants(), st.integers(0, 3 * 24 * 3600), st.integers(0, 22), st.integers(1, 23))
def test_what_is_found_is_permitted_not_before_it_is_due_and_elsewhere_in_the_day_if_it_can_be(
    zone: str, dialed: datetime, delay: int, opens: int, length: int
) -> None:
    closes = min(opens + length, 23)
    if closes <= opens:
        return
    rules, due = rules_of((opens, closes), zone=zone), dialed + timedelta(seconds=delay)
    lead = LeadFacts(number="", time_zone=zone)
    found = at_another_time(rules=rules, lead=lead, calls=(), dialed_at=dialed, due_at=due)
    assert found is not None
    assert found >= due
    assert rules.decide(lead=lead, at=found).allowed
    there = part_of_day(dialed, ZoneInfo(zone))
    wholly = (opens >= 17, closes <= 12, opens >= 12 and closes <= 17)
    if not any(wholly):
        assert part_of_day(found, ZoneInfo(zone)) != there
        assert found <= due + timedelta(days=DAYS)
