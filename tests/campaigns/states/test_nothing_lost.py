"""What is written in one moment by two stays as both meant it: no lead, no priority, no pause is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from campaigns.importing.running import import_rows
from campaigns.leads.enrolling import enrol_contacts
from campaigns.leads.single_calls import call_once
from campaigns.lifecycle.completion import turn_campaigns
from campaigns.lifecycle.operations import resume_campaign, start_campaign
from campaigns.models import Attempt, Campaign, Contact, Lead
from campaigns.states import campaigns as campaign_states
from campaigns.states import leads as lead_states
from campaigns.states.campaigns import UnableToOperate
from tests.campaigns.states.racing import ANSWERED, BUSY, beside_a_transaction, holding, on_the_line, told
from tests.campaigns.world import NOON, account, campaign, lead_of, numbers

pytestmark = pytest.mark.django_db(transaction=True)


def about_to_complete() -> Campaign:
    """Return a running campaign whose last lead has ended."""
    made = campaign(account(), leads=1)
    told(on_the_line(made, 1), ANSWERED)()
    return made


def contact_of(made: Campaign) -> Contact:
    return Contact.objects.create(contact_list=made.contact_lists.get(), number=numbers(1)[0])


def test_a_campaign_that_gets_a_lead_at_its_end_is_not_completed() -> None:
    made = about_to_complete()
    with beside_a_transaction() as race:
        assert enrol_contacts(campaign_id=made.pk, contact_ids=[contact_of(made).pk], due_at=NOON) == 1
        race.run(lambda: turn_campaigns(now=NOON))
    assert Campaign.objects.get().state == "RUNNING"
    turn_campaigns(now=NOON)
    assert (Campaign.objects.get().state, made.leads.filter(state="PENDING").count()) == ("RUNNING", 1)


def test_a_campaign_that_completes_first_says_that_it_takes_no_leads() -> None:
    made = about_to_complete()
    turn_campaigns(now=NOON)
    extra = contact_of(made)
    with pytest.raises(UnableToOperate, match="completed: it takes no leads"):
        enrol_contacts(campaign_id=made.pk, contact_ids=[extra.pk], due_at=NOON)
    assert made.leads.filter(state="PENDING").count() == 0


def test_rows_that_come_while_a_campaign_completes_make_no_leads_that_nobody_calls() -> None:
    made = about_to_complete()
    row = {"phone": numbers(1)[0]}
    contact_list = made.contact_lists.get()
    with holding(Campaign.objects.filter(pk=made.pk)) as race:
        race.start(lambda: import_rows(contact_list=contact_list, rows=[row]))
        campaign_states.complete(campaign_ids=[made.pk], now=NOON)
    assert Contact.objects.filter(number=row["phone"]).exists()
    assert made.leads.filter(state="PENDING").count() == 0


@pytest.mark.parametrize("before", ["DRAFT", "PAUSED"])
def test_rows_that_come_in_the_moment_of_a_start_become_leads(before: str) -> None:
    made = campaign(account(), leads=0, is_standing=True, state=before)
    operate = start_campaign if before == "DRAFT" else resume_campaign
    with beside_a_transaction() as race:
        import_rows(contact_list=made.contact_lists.get(), rows=[{"phone": numbers(1)[0]}])
        race.begin(lambda: operate(campaign_id=made.pk, now=NOON, by="Asha"))
    assert (Campaign.objects.get().state, made.leads.count()) == ("RUNNING", 1)


def test_a_campaign_that_is_paused_at_its_end_stays_paused() -> None:
    made = about_to_complete()
    with holding(Campaign.objects.filter(pk=made.pk)) as race, connection.cursor() as cursor:
        race.start(lambda: turn_campaigns(now=NOON))
        assert campaign_states.pause_running(cursor, campaign_id=made.pk, reason="Paused by Asha", now=NOON)
    assert Campaign.objects.get().state == "PAUSED"


def test_a_priority_that_is_set_while_a_call_ends_holds_for_the_next_one() -> None:
    made = campaign(account(), leads=1)
    (attempt_id,) = on_the_line(made, 1)
    lead = lead_of(Attempt.objects.get(pk=attempt_id))
    with holding(Lead.objects.filter(pk=lead.pk)) as race, connection.cursor() as cursor:
        race.start(told([attempt_id], BUSY))
        assert lead_states.set_priority(cursor, lead_id=lead.pk, priority=2)
    lead.refresh_from_db()
    assert (lead.state, lead.rank % 10) == ("PENDING", 2)


def test_a_single_call_to_a_number_that_is_just_enrolled_is_a_lead_of_its_own() -> None:
    made = campaign(account(), leads=1, is_standing=True)
    contact = contact_of(made)
    with beside_a_transaction() as race:
        enrol_contacts(campaign_id=made.pk, contact_ids=[contact.pk], due_at=NOON + timedelta(hours=1))
        race.start(lambda: call_once(campaign=made, number=contact.number, at=None, variables={}, now=NOON))
    assert list(made.leads.filter(number=contact.number).order_by("id").values_list("occasion", flat=True)) == [0, 1]
