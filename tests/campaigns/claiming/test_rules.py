"""The rules as claiming keeps them: hours by contact, caps across campaigns, DIDs in turn, and why nobody is called."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from campaigns.explaining.progress import campaign_progress
from campaigns.lifecycle.readiness import starting_problems
from campaigns.lifecycle.rules_edits import rules_edited
from campaigns.models import Attempt, CallingWindow, Campaign, Contact, ContactList, Lead, RulesProfile
from campaigns.profiles.loading import load_profiles
from campaigns.rules.stored import profile_problems
from campaigns.settling.reports import settle
from dialer.models import DID, DIDGroup, ProviderAccount
from dialer.providers.base import CallReport, Outcome, Phase
from tests.campaigns.world import (
    NOON,
    account,
    campaign,
    claimed,
    did,
    enrol_campaign,
    numbers,
    set_fleet,
    taken_numbers,
)

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BUSY = CallReport(phase=Phase.ENDED, outcome=Outcome.BUSY)


def call(owner: ProviderAccount, *, now: datetime, outcome: Outcome = Outcome.BUSY) -> list[str]:
    """Call everybody who may be called, have each call end in a second, and return the numbers."""
    set_fleet(owner, available=1000, at=now)
    taken = claimed(owner, now=now)
    report = CallReport(phase=Phase.ENDED, outcome=outcome)
    settle(reports=[(one.attempt_id, report) for one in taken.reserved], now=now + timedelta(seconds=1))
    return taken_numbers(taken)


def waiting(made: Campaign, *, now: datetime = NOON) -> str:
    return campaign_progress([made.pk], now=now)[made.pk].waiting_for


def test_by_the_contacts_clock_each_is_called_in_its_own_hours_and_waits_for_the_exact_instant() -> None:
    owner = account()
    made = campaign(
        owner,
        leads=["+919876543210", "+12025550123", "+442079460123"],
        hours_follow="CONTACT",
        window_opens=time(9),
        window_closes=time(19),
    )
    # 12:00 UTC: 17:30 in India, 07:00 in Washington, 12:00 in London.
    assert taken_numbers(claimed(owner)) == ["+919876543210", "+442079460123"]
    lead = Lead.objects.get(campaign=made, number="+12025550123")
    assert lead.next_attempt_at == datetime(2026, 3, 2, 14, tzinfo=UTC)
    assert "America/New_York" in lead.state_reason


def test_a_number_of_several_zones_is_called_when_all_of_them_are_open_and_a_named_zone_goes_before() -> None:
    # A toll-free number of the United States may be anywhere from Maine to Hawaii.
    owner = account()
    made = campaign(owner, leads=["+18005550100"], hours_follow="CONTACT", window_opens=time(9))
    in_new_york = {"number": "+18005550101", "time_zone": "America/New_York"}
    Contact.objects.create(contact_list=made.contact_lists.get(), **in_new_york)
    enrol_campaign(campaign_id=made.pk, now=NOON)
    at = datetime(2026, 3, 2, 15, tzinfo=UTC)
    assert call(owner, now=at) == ["+18005550101"]
    lead = Lead.objects.get(campaign=made, number="+18005550100")
    assert lead.next_attempt_at >= datetime(2026, 3, 2, 18, tzinfo=UTC)


def test_a_contact_whose_zone_nobody_knows_is_never_called_by_its_clock_and_says_why() -> None:
    owner = account()
    made = campaign(owner, leads=["+88213000000"], hours_follow="CONTACT")
    assert claimed(owner).reserved == []
    lead = Lead.objects.get(campaign=made)
    assert (lead.state, "time zone" in lead.state_reason) == ("EXPIRED", True)


def test_windows_of_the_week_holidays_and_days_off_close_a_campaign_which_says_for_when_it_waits() -> None:
    owner = account()
    made = campaign(owner, time_zone="Asia/Kolkata", holiday_country="IN", blackout_dates=["2026-03-05"])
    CallingWindow.objects.create(campaign=made, days="12345", opens=time(9), closes=time(13))
    CallingWindow.objects.create(campaign=made, opens_cron="0 15 * * MON-FRI", closes_cron="0 18 * * MON-FRI")
    # NOON is 17:30 on Monday; 4 March 2026 is Holi, the 5th is a day off.
    assert waiting(made) == ""
    assert waiting(made, now=NOON + HOUR).startswith("Waiting for Tue 03 Mar 09:00 IST")
    assert waiting(made, now=NOON + DAY + HOUR).startswith("Waiting for Fri 06 Mar 09:00 IST")
    assert claimed(owner, now=NOON + HOUR).reserved == []


def test_nobody_is_called_in_the_two_seconds_before_the_hours_end() -> None:
    owner = account()
    campaign(owner, window_opens=time(9), window_closes=time(12))
    set_fleet(owner, available=100, at=NOON - timedelta(seconds=3))
    assert claimed(owner, now=NOON - timedelta(seconds=2)).reserved == []
    assert claimed(owner, now=NOON - timedelta(seconds=2, milliseconds=1)).reserved != []


def test_caps_of_a_person_hold_across_campaigns_and_accounts() -> None:
    phone = numbers(1)
    owners = [account(), account()]
    caps: dict[str, Any] = {"caps": [{"calls": 2, "hours": 24}, {"calls": 3, "hours": 72}], "retry_rules": {"BUSY": 60}}
    for owner in owners:
        campaign(owner, leads=phone, max_attempts=20, **caps)
    rung = []
    for step in range(4 * 24 * 2):
        at = NOON + step * HOUR / 2
        rung += [at for owner in owners for _ in call(owner, now=at)]
    assert [(at - NOON) / HOUR for at in rung[:4]] == [0, 0, 24, 72]
    for at in rung:
        assert sum(at - DAY < other <= at for other in rung) <= 2
        assert sum(at - 3 * DAY < other <= at for other in rung) <= 3


def test_the_least_time_between_two_calls_holds_across_campaigns() -> None:
    phone, owner = numbers(1), account()
    campaign(owner, leads=phone)
    second = campaign(owner, leads=phone, minimum_gap_seconds=7200)
    assert call(owner, now=NOON) == phone
    assert call(owner, now=NOON + timedelta(seconds=30)) == []
    lead = Lead.objects.get(campaign=second)
    assert lead.next_attempt_at == NOON + 2 * HOUR
    assert "7200 s between two calls" in lead.state_reason
    assert call(owner, now=NOON + 2 * HOUR) == phone


def test_a_country_that_requires_fields_lets_nobody_be_called_without_them() -> None:
    profile = RulesProfile.objects.create(slug="land", name="Land", rules={"required_fields": ["consent"]})
    owner = account()
    made = campaign(owner, leads=2, profile=profile)
    assert any("no contact has them" in one for one in starting_problems(campaign=made, now=NOON))
    Contact.objects.filter(pk=made.leads.order_by("id")[0].contact_id).update(variables={"consent": "2026-01-01"})
    assert starting_problems(campaign=made, now=NOON) == []
    taken = claimed(owner).reserved
    assert len(taken) == 1
    assert Attempt.objects.get(pk=taken[0].attempt_id).profile_id == profile.pk
    other = made.leads.exclude(state="DIALING").get()
    assert (other.state, other.state_reason) == ("SUPPRESSED", "land v1 requires consent of the contact.")


def test_a_number_series_is_asked_for_before_the_start_and_kept_in_claiming() -> None:
    profile = RulesProfile.objects.get(slug="in-trai", is_latest=True)
    owner = account()
    ours = did(owner)
    made = campaign(owner, dids=[ours], profile=profile)
    assert any("say what its calls are for" in one for one in starting_problems(campaign=made, now=NOON))
    made.purpose = "PROMOTIONAL"
    made.save()
    assert any("None of its DIDs may be used" in one for one in starting_problems(campaign=made, now=NOON))
    assert claimed(owner).reserved == []
    made.dids.add(DID.objects.create(account=owner, number="+911401234567", max_live_calls=3))
    assert starting_problems(campaign=made, now=NOON) == []
    assert {one.did_number for one in claimed(owner).reserved} == {"+911401234567"}


def test_profiles_come_with_the_project_each_with_its_sources_and_an_edit_is_not_overwritten() -> None:
    latest = RulesProfile.objects.filter(is_latest=True)
    assert {"in-trai", "in-rbi-recovery", "us-federal", "us-fl-ok", "uk", "none"} <= {one.slug for one in latest}
    for profile in latest:
        assert profile_problems(profile.rules) == []
        assert profile.sources or profile.slug == "none"
    edited = latest.get(slug="uk")
    edited.name, edited.file_digest = "Ours", ""
    edited.save()
    assert load_profiles() == []
    assert latest.get(slug="uk").name == "Ours"


def test_dids_of_a_group_are_used_in_turn() -> None:
    owner = account()
    group = DIDGroup.objects.create(name="West", account=owner)
    group.dids.set([did(owner, 5), did(owner, 2), did(owner, 9)])
    campaign(owner, leads=6, dids=[], did_rotation="ROUND_ROBIN").did_groups.add(group)
    used = [claimed(owner, room=1, now=NOON + n * timedelta(seconds=1)).reserved[0].did_number for n in range(6)]
    assert used[:3] == used[3:]
    assert len(set(used)) == 3


@pytest.mark.parametrize(("rotation", "expected"), [("SAME_REGION", 1), ("STICKY", 2), ("LEAST_USED", 0)])
def test_the_did_suits_the_contact(rotation: str, expected: int) -> None:
    owner = account()
    lines = [
        DID.objects.create(account=owner, number=number, max_live_calls=10)
        for number in ("+911140000000", "+912240000000", "+918040000000")
    ]
    first = campaign(owner, leads=["+912212345678"], dids=[lines[2]])
    call(owner, now=NOON)
    Campaign.objects.filter(pk=first.pk).update(state="COMPLETED")
    campaign(owner, leads=["+912212345678"], dids=lines, did_rotation=rotation)
    used = claimed(owner, now=NOON + timedelta(seconds=20)).reserved[0].did_number
    if rotation == "LEAST_USED":
        assert used != lines[2].number
    else:
        assert used == lines[expected].number


def test_a_did_makes_its_calls_of_an_hour_and_the_campaign_says_until_when_it_waits() -> None:
    owner = account()
    line = did(owner, 10, max_calls_per_hour=2, max_calls_per_day=3)
    made = campaign(owner, leads=6, dids=[line])
    assert len(call(owner, now=NOON)) == 2
    assert call(owner, now=NOON + HOUR / 2) == []
    assert waiting(made, now=NOON + HOUR / 2) == "Waiting for 13:00 UTC: Its DID has made its 2 calls of the hour"
    assert len(call(owner, now=NOON + HOUR)) == 1
    assert "Tue 03 Mar 12:00 UTC" in waiting(made, now=NOON + HOUR)
    assert call(owner, now=NOON + 23 * HOUR) == []
    assert len(call(owner, now=NOON + DAY)) == 2


def test_a_did_that_few_answer_rests() -> None:
    owner = account()
    line = did(owner, 5, rest_below_answer_percent=40, rest_after_calls=5, rest_minutes=30)
    made = campaign(owner, leads=12, dids=[line])
    assert len(call(owner, now=NOON)) == 5
    assert call(owner, now=NOON + timedelta(minutes=1)) == []
    assert "rests after too few answers" in waiting(made, now=NOON + timedelta(minutes=1))
    assert len(call(owner, now=NOON + timedelta(minutes=32))) == 5


def test_a_retry_leaves_another_did_and_rings_another_number_where_the_matrix_says_so() -> None:
    owner = account()
    cell = {"delays": [60], "other_did": True, "other_number": ["phone_2"]}
    made = campaign(owner, leads=["+919876543210"], dids=[did(owner), did(owner)], retry_rules={"BUSY": cell})
    Contact.objects.filter(number="+919876543210").update(variables={"phone_2": "98765 00002"})
    ContactList.objects.update(default_region="IN")
    assert [call(owner, now=NOON + n * HOUR) for n in range(3)] == [
        ["+919876543210"],
        ["+919876500002"],
        ["+919876543210"],
    ]
    used = list(Attempt.objects.filter(campaign=made).order_by("id").values_list("did_id", flat=True))
    assert used[0] != used[1] != used[2]


def test_leads_that_waited_for_hours_are_looked_at_anew_when_the_hours_are_edited() -> None:
    owner = account()
    made = campaign(owner, window_opens=time(13), window_closes=time(14))
    assert set(made.leads.values_list("next_attempt_at", flat=True)) == {NOON + HOUR}
    Campaign.objects.filter(pk=made.pk).update(window_opens=time(9))
    assert rules_edited(campaign_id=made.pk, now=NOON) == 5
    assert len(claimed(owner).reserved) == 5
