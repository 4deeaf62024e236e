"""A large list is enrolled in pieces: the first calls leave at once, nobody is left out, whatever happens between."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection

from campaigns.explaining.progress import campaign_progress
from campaigns.importing.running import import_rows
from campaigns.leads import enrolling
from campaigns.leads.enrolling import enrol_waiting
from campaigns.lifecycle import operations
from campaigns.lifecycle.completion import turn_campaigns
from campaigns.models import Campaign, Contact, Skip
from tests.campaigns.world import NOON, account, campaign, claimed, contact_list, taken_numbers

pytestmark = pytest.mark.django_db

PIECE = 40
LIST = 2 * PIECE + 7


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> Campaign:
    """Return a campaign that has just been started over a list of three pieces, the last of seven contacts."""
    for name in ("FIRST_PIECE", "PIECE"):
        monkeypatch.setattr(enrolling, name, PIECE)
    made = campaign(account(), leads=[], state="DRAFT")
    owner = made.contact_lists.get()
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO campaigns_contact (contact_list_id, number, name, variables, external_reference, time_zone)
               SELECT %s, '+91' || (7000000000 + n), '', '{}', '', '' FROM generate_series(1, %s) n""",
            [owner.pk, LIST],
        )
    return operations.start_campaign(campaign_id=made.pk, now=NOON, by="Asha")


def enrol_all() -> None:
    """Do what a worker's bell does until nothing is left."""
    while enrol_waiting(now=NOON):
        pass


def end_leads(made: Campaign) -> None:
    """Let every lead that exists have ended."""
    made.leads.update(state="COMPLETED", ended_at=NOON)


def test_calls_leave_before_a_large_list_is_enrolled_to_its_end(large: Campaign) -> None:
    assert large.leads.count() == PIECE
    assert campaign_progress([large.pk], now=NOON)[large.pk].contacts_to_enrol == LIST - PIECE
    assert len(claimed(large.account, room=5).reserved) == 5
    enrol_all()
    assert large.leads.count() == LIST
    assert campaign_progress([large.pk], now=NOON)[large.pk].contacts_to_enrol == 0


def test_a_campaign_is_not_complete_while_contacts_are_not_leads_yet(large: Campaign) -> None:
    end_leads(large)
    turn_campaigns(now=NOON)
    large.refresh_from_db()
    assert large.state == "RUNNING"
    enrol_all()
    end_leads(large)
    turn_campaigns(now=NOON)
    large.refresh_from_db()
    assert large.state == "COMPLETED"


def test_a_contact_that_was_uploaded_in_the_moment_of_the_start_is_called_after_all() -> None:
    made = campaign(account(), leads=1)
    # Its upload had not committed when the start read the list, nor the start when the upload looked for campaigns.
    Contact.objects.create(contact_list=made.contact_lists.get(), number="+919812345678")
    end_leads(made)
    turn_campaigns(now=NOON)
    made.refresh_from_db()
    assert made.state == "RUNNING"
    assert list(made.leads.filter(state="PENDING").values_list("number", flat=True)) == ["+919812345678"]


def test_the_leads_of_a_stopped_campaign_are_all_canceled_those_that_come_later_as_well(large: Campaign) -> None:
    operations.stop_campaign(campaign_id=large.pk, now=NOON, by="Asha")
    enrol_all()
    turn_campaigns(now=NOON + timedelta(seconds=1))
    assert large.leads.filter(state="CANCELED").count() == LIST


def test_an_upload_to_a_running_campaign_is_enrolled_from_its_first_contact_on(
    large: Campaign,
) -> None:
    enrol_all()
    import_rows(contact_list=large.contact_lists.get(), rows=[{"phone": "+919812345678"}])
    large.refresh_from_db()
    assert large.enrolling_after_id is None
    assert large.leads.filter(number="+919812345678", state="PENDING").exists()


def test_who_was_added_by_hand_before_the_list_came_so_far_is_one_lead(large: Campaign) -> None:
    # The last of the second piece: those before it are new, and stay so.
    early = Contact.objects.get(number=f"+91{7_000_000_000 + 2 * PIECE}")
    assert enrolling.enrol_contacts(campaign_id=large.pk, contact_ids=[early.pk], due_at=NOON) == 1
    enrol_all()
    assert large.leads.count() == LIST
    assert large.leads.values("number").distinct().count() == LIST


def test_a_list_that_is_gone_through_again_makes_leads_of_who_has_none(large: Campaign) -> None:
    enrol_all()
    large.leads.filter(pk__in=large.leads.order_by("pk")[PIECE - 1 : PIECE + 2].values("pk")).delete()
    assert enrolling.begin_enrolling(campaign_id=large.pk, now=NOON) == 1
    enrol_all()
    assert large.leads.count() == LIST


def test_two_lists_with_one_number_make_one_lead_though_they_come_in_different_pieces(large: Campaign) -> None:
    again = contact_list(["+917000000001", "+919812345678"])
    large.contact_lists.add(again)
    enrol_all()
    assert large.leads.filter(number="+917000000001").count() == 1
    assert large.leads.count() == LIST + 1


def test_by_the_contacts_clocks_each_lead_is_due_when_its_own_hours_open() -> None:
    noon_to_six: dict[str, Any] = {"hours_follow": "CONTACT", "window_opens": time(12), "window_closes": time(18)}
    india, france, unknown = "+919812345678", "+33612345678", "+88213312345"
    made = campaign(account(), leads=[france, india, unknown], **noon_to_six)
    leads = {lead.number: lead for lead in made.leads.all()}
    # Enrolled at 11:00 UTC: in India it is 16:30, in France noon.
    at = NOON - timedelta(hours=1)
    assert (leads[india].next_attempt_at, leads[india].state_reason) == (at, "")
    assert leads[france].next_attempt_at == at
    # Nobody knows its zone: claiming ends it, and says why.
    assert leads[unknown].next_attempt_at == at


def test_a_large_list_that_is_asleep_does_not_hide_who_is_awake() -> None:
    from_nine: dict[str, Any] = {"hours_follow": "CONTACT", "window_opens": time(9), "window_closes": time(18)}
    made = campaign(account(), leads=[*(f"+1212555{n:04}" for n in range(100, 140)), "+919812345678"], **from_nine)
    asleep = made.leads.filter(number__startswith="+1212")
    # Monday, 2 March, 9:00 in New York.
    assert set(asleep.values_list("next_attempt_at", flat=True)) == {datetime(2026, 3, 2, 14, tzinfo=UTC)}
    assert "America/New_York" in asleep[0].state_reason
    assert taken_numbers(claimed(made.account, room=1)) == ["+919812345678"]
    assert not Skip.objects.exists()
