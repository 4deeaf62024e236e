"""Every call and every time that somebody was passed over can be proved, with the rules as they stood."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from campaigns.explaining.proving import as_csv, record_of
from campaigns.models import Attempt, Campaign, Lead, RulesVersion, SuppressedNumber, SuppressionList
from tests.campaigns.world import NOON, account, campaign, claimed, set_fleet

pytestmark = pytest.mark.django_db


def rows(number: str, kind: str) -> list[dict[str, Any]]:
    return [row for row in record_of(number=number) if row["kind"] == kind]


def test_a_call_names_the_version_of_the_rules_and_the_zones_by_which_it_was_allowed() -> None:
    owner = account()
    made = campaign(owner, leads=1, hours_follow="CONTACT", caps=[{"calls": 3, "hours": 24}])
    claimed(owner)
    number = made.leads.get().number
    call = rows(number, "CALL")[0]
    assert (call["rule"], call["zones"], call["calls_before"]) == ("ALLOWED", ["Asia/Kolkata"], {"3 per 24 h": 0})
    version = RulesVersion.objects.get()
    assert (call["rules_version"], version.version) == (str(version), 1)
    assert version.rules["caps"] == [{"calls": 3, "hours": 24}]
    assert len(rows(number, "RULES")) == 1


def test_an_edit_of_the_rules_is_a_version_of_its_own_and_a_pause_is_none() -> None:
    owner = account()
    made = campaign(owner, leads=3)
    versions = []
    for values in ({}, {"state_reason": "paused and resumed"}, {"max_attempts": 7}):
        Campaign.objects.filter(pk=made.pk).update(**values)
        assert claimed(owner, room=1).reserved
        latest = Attempt.objects.latest("id").rules_version
        assert latest is not None
        versions.append(latest.version)
    assert versions == [1, 1, 2]


def test_who_is_passed_over_is_written_down_once_a_reason() -> None:
    owner = account()
    made = campaign(owner, leads=1, hours_follow="CONTACT", window_closes="12:00")
    number = made.leads.get().number
    # As if its hours had been open when it was enrolled.
    made.leads.update(state_reason="")
    for minutes in range(3):
        at = NOON + timedelta(minutes=minutes)
        Lead.objects.filter(campaign=made).update(next_attempt_at=at)
        set_fleet(owner, available=9, at=at)
        assert claimed(owner, now=at).reserved == []
    SuppressedNumber.objects.create(suppression_list=SuppressionList.objects.create(name="DNC"), number=number)
    Lead.objects.filter(campaign=made).update(next_attempt_at=NOON)
    claimed(owner, now=NOON)
    skips = rows(number, "SKIP")
    assert [skip["rule"] for skip in skips] == ["CAMPAIGN_HOURS", "SUPPRESSION"]
    assert [skip["rules_version"] for skip in skips] == [str(RulesVersion.objects.get())] * 2
    assert skips[0]["until"] is not None
    assert skips[1]["until"] is None
    assert rows(number, "SUPPRESSED")[0]["detail"].startswith("DNC")


def test_a_claim_that_is_rolled_back_leaves_no_version_that_a_later_one_would_name() -> None:
    owner = account()
    campaign(owner, leads=1)
    with transaction.atomic():
        assert claimed(owner).reserved
        transaction.set_rollback(True)
    assert not RulesVersion.objects.exists()
    assert claimed(owner).reserved
    assert Attempt.objects.get().rules_version == RulesVersion.objects.get()


def test_the_record_as_csv_has_every_column_and_nobody_elses_rows() -> None:
    owner = account()
    made = campaign(owner, leads=2)
    claimed(owner)
    first, second = made.leads.order_by("id")
    text = "".join(as_csv(number=first.number))
    found = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
    assert {row["number"] for row in found} == {first.number}
    assert {row["kind"] for row in found} == {"LEAD", "CALL", "RULES"}
    assert second.number not in text


def test_the_record_as_csv_runs_nothing_in_a_spreadsheet() -> None:
    lead = campaign(account(), leads=1).leads.get()
    listed = SuppressionList.objects.create(name='=HYPERLINK("http://example.com")')
    SuppressedNumber.objects.create(suppression_list=listed, number=lead.number, reason="asked")
    text = "".join(as_csv(number=lead.number)).lstrip("\ufeff")
    found = {row["kind"]: row for row in csv.DictReader(io.StringIO(text))}
    assert found["SUPPRESSED"]["detail"] == '\'=HYPERLINK("http://example.com"): asked'
    assert found["SUPPRESSED"]["number"] == lead.number
