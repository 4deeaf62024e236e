"""New leads are due at the first permitted instant: by the campaign's clock, or each contact's own."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from campaigns.leads.due_times import Due, first_due, first_due_by_contact, first_permitted
from campaigns.models import Attempt, Campaign
from campaigns.rules.campaign import read_rules
from campaigns.rules.ruleset import CampaignRules
from dialer.sql import hot_cursor
from tests.campaigns.world import NOON, account, campaign, place

pytestmark = pytest.mark.django_db
OFFICE: dict[str, Any] = {"window_opens": time(9), "window_closes": time(18)}


def rules_of(made: Campaign) -> CampaignRules:
    with hot_cursor() as cursor:
        return read_rules(cursor, campaign_ids=[made.pk])[made.pk]


def test_inside_the_hours_a_lead_is_due_when_it_was_asked_and_outside_when_they_open() -> None:
    rules = rules_of(campaign(account(), leads=0, **OFFICE))
    assert first_due(rules=rules, at=NOON) == Due(NOON, "")
    due = first_due(rules=rules, at=NOON.replace(hour=20))
    assert due.at == NOON.replace(hour=9) + timedelta(days=1)
    assert "Outside the campaign's hours" in due.reason


def test_who_may_never_be_called_is_due_at_once_so_that_claiming_says_why() -> None:
    rules = rules_of(campaign(account(), leads=0, ends_at=NOON - timedelta(days=1), **OFFICE))
    assert first_due(rules=rules, at=NOON) == Due(NOON, "")
    contacts = [(1, "+919812345678", "")]
    assert first_due_by_contact(rules=rules, contacts=contacts, at=NOON) == {Due(NOON, ""): [1]}


def test_each_contact_is_due_by_its_own_clock() -> None:
    rules = rules_of(campaign(account(), leads=0, hours_follow="CONTACT", **OFFICE))
    contacts = [(1, "+919812345678", ""), (2, "+12025550123", ""), (3, "+919812345679", "Europe/London"), (4, "", "")]
    at = datetime(2026, 3, 2, 6, tzinfo=UTC)
    found = first_due_by_contact(rules=rules, contacts=contacts, at=at)
    assert {ids[0]: due.at for due, ids in found.items()} == {
        1: at,  # 11:30 in India, and 4 has no clock: claiming says so
        2: datetime(2026, 3, 2, 14, tzinfo=UTC),  # 09:00 in Washington
        3: datetime(2026, 3, 2, 9, tzinfo=UTC),
    }
    assert found[Due(at, "")] == [1, 4]


def test_the_first_permitted_instant_of_a_lead_keeps_the_caps_of_its_person() -> None:
    made = campaign(account(), leads=1, caps=[{"calls": 1, "hours": 24}], **OFFICE)
    called = place(made)
    at = NOON + timedelta(hours=2)
    Attempt.objects.filter(pk=called.pk).update(is_burned=True, placing_at=NOON)
    assert first_permitted(campaign=made, lead_id=called.lead_id, at=at, now=at) == NOON + timedelta(days=1)
    made.caps = []
    made.save()
    assert first_permitted(campaign=made, lead_id=called.lead_id, at=at, now=at) == at


def test_a_campaign_with_a_broken_rule_permits_no_instant() -> None:
    made = campaign(account(), leads=1)
    Campaign.objects.filter(pk=made.pk).update(blackout_dates=["soon"])
    assert first_permitted(campaign=made, lead_id=made.leads.get().pk, at=NOON, now=NOON) is None
