"""Starting, pausing, stopping, turning over and putting right: the states, and nothing stuck in between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from campaigns.lifecycle import operations
from campaigns.lifecycle.completion import turn_campaigns
from campaigns.models import Attempt, Campaign, Contact, ContactImport, Lead
from campaigns.settling.reconciling import reconcile
from campaigns.settling.reports import settle
from campaigns.states.campaigns import UnableToOperate
from dialer.providers.base import CallReport, Outcome, Phase
from tests.campaigns.world import NOON, account, agent, campaign, claimed, contact_list, enrol_campaign, lead_of, place

pytestmark = pytest.mark.django_db(transaction=True)

BUSY = CallReport(phase=Phase.ENDED, outcome=Outcome.BUSY)
VERBS: dict[str, Callable[..., Any]] = {
    "start": operations.start_campaign,
    "pause": operations.pause_campaign,
    "resume": operations.resume_campaign,
    "stop": operations.stop_campaign,
}
ALLOWED = {
    ("DRAFT", "start"): "RUNNING",
    ("SCHEDULED", "start"): "RUNNING",
    ("SCHEDULED", "pause"): "PAUSED",
    ("RUNNING", "pause"): "PAUSED",
    ("PAUSED", "resume"): "RUNNING",
    **{(state, "stop"): "STOPPED" for state in ("DRAFT", "SCHEDULED", "RUNNING", "PAUSED")},
}


@pytest.mark.parametrize("state", ["DRAFT", "SCHEDULED", "RUNNING", "PAUSED", "COMPLETED", "STOPPED"])
@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_in_every_state_works_or_says_why_not(state: str, verb: str) -> None:
    made = campaign(account(), leads=1, state=state)
    if (state, verb) in ALLOWED:
        VERBS[verb](campaign_id=made.pk, now=NOON, by="Asha")
        made.refresh_from_db()
        assert made.state == ALLOWED[state, verb]
        assert "Asha" in made.state_reason
    else:
        with pytest.raises(UnableToOperate, match=f"nothing to {verb}"):
            VERBS[verb](campaign_id=made.pk, now=NOON, by="Asha")
        assert Campaign.objects.get(pk=made.pk).state == state


def test_a_campaign_that_cannot_call_says_what_to_mend() -> None:
    owner = account(provider="intellicall", is_active=False)
    made = campaign(owner, leads=0, dids=[], state="DRAFT")
    made.contact_lists.clear()
    with pytest.raises(UnableToOperate) as caught:
        operations.start_campaign(campaign_id=made.pk, now=NOON, by="Asha")
    said = " ".join(caught.value.problems)
    for word in ("switched off", "no contact list", "no DID", "no agents"):
        assert word in said


def test_pausing_gives_back_what_had_not_left_and_lists_what_had() -> None:
    owner = account()
    made = campaign(owner, leads=4)
    reserved, placed = place(made, state="RESERVED"), place(made, state="PLACED")
    in_flight = operations.pause_campaign(campaign_id=made.pk, now=NOON, by="Asha")
    assert in_flight.attempt_ids == [placed.pk]
    reserved.refresh_from_db()
    assert (reserved.state, reserved.is_burned, lead_of(reserved).state) == ("ENDED", False, "PENDING")
    assert claimed(owner).reserved == []


def test_stopping_cancels_who_waits_and_what_ends_later_ends_as_well() -> None:
    made = campaign(account(), leads=3)
    attempt = place(made)
    operations.stop_campaign(campaign_id=made.pk, now=NOON, by="Asha")
    assert made.leads.filter(state="CANCELED").count() == 2
    settle(reports=[(attempt.pk, BUSY)], now=NOON)
    assert set(made.leads.values_list("state", flat=True)) == {"CANCELED"}


def test_the_kill_switch_stops_every_campaign_and_lists_what_is_in_flight() -> None:
    one, other = campaign(account()), campaign(account())
    attempts = [place(one), place(other)]
    stopped = operations.set_dialing_allowed(allowed=False, reason="Fire", by="Asha", now=NOON)
    assert stopped.attempt_ids == [attempt.pk for attempt in attempts]
    assert claimed(one.account).reserved == claimed(other.account).reserved == []
    operations.set_dialing_allowed(allowed=True, reason="", by="Asha", now=NOON)
    assert claimed(one.account).reserved != []


def test_enrolling_again_adds_only_who_is_new() -> None:
    made = campaign(account(), leads=3)
    extra = contact_list(["+919812345678", made.leads.earliest("id").number])
    made.contact_lists.add(extra)
    assert enrol_campaign(campaign_id=made.pk, now=NOON) == 1
    assert enrol_campaign(campaign_id=made.pk, now=NOON) == 0
    assert made.leads.count() == 4
    assert Contact.objects.count() == 5


def test_a_reservation_of_a_dead_process_goes_back() -> None:
    attempt = place(campaign(account(), leads=1), state="RESERVED")
    reconcile(now=NOON + timedelta(seconds=2))
    assert lead_of(attempt).state == "DIALING"
    reconcile(now=NOON + timedelta(seconds=4))
    assert (lead_of(attempt).state, lead_of(attempt).attempts_made) == ("PENDING", 0)


def test_a_request_whose_process_died_is_uncertain_and_is_never_sent_again() -> None:
    owner = account(reply_timeout_seconds=20, max_call_seconds=60)
    attempt = place(campaign(owner, leads=1), state="PLACING")
    reconcile(now=NOON + timedelta(seconds=24))
    assert Attempt.objects.get().state == "PLACING"
    reconcile(now=NOON + timedelta(seconds=26))
    assert Attempt.objects.get().state == "UNCERTAIN"
    assert claimed(owner, now=NOON + timedelta(seconds=27)).reserved == []
    reconcile(now=NOON + timedelta(seconds=200))
    attempt.refresh_from_db()
    assert (attempt.outcome, lead_of(attempt).state, lead_of(attempt).attempts_made) == ("UNCERTAIN", "EXHAUSTED", 1)


def test_a_call_without_news_past_its_deadline_is_lost_and_its_slot_free() -> None:
    owner = account(provider="intellicall", max_call_seconds=60)
    attempt = place(campaign(owner, leads=2, agents=[agent(owner)]))
    reconcile(now=NOON + timedelta(seconds=99))
    assert claimed(owner, now=NOON).reserved == []
    reconcile(now=NOON + timedelta(seconds=101))
    attempt.refresh_from_db()
    assert attempt.outcome == "LOST"
    assert len(claimed(owner, now=NOON + timedelta(seconds=102)).reserved) == 1


def test_a_campaign_is_completed_when_nobody_is_left_and_no_upload_is_under_way() -> None:
    made = campaign(account(), leads=1)
    attempt = place(made)
    turn_campaigns(now=NOON)
    assert Campaign.objects.get().state == "RUNNING"
    settle(reports=[(attempt.pk, CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED))], now=NOON)
    upload = ContactImport.objects.create(contact_list=made.contact_lists.get(), state="RUNNING")
    turn_campaigns(now=NOON)
    assert Campaign.objects.get().state == "RUNNING"
    upload.delete()
    turn_campaigns(now=NOON)
    assert Campaign.objects.get().state == "COMPLETED"


def test_a_campaign_past_its_end_expires_who_is_left() -> None:
    made = campaign(account(), leads=2, ends_at=NOON)
    turn_campaigns(now=NOON - timedelta(seconds=1))
    assert made.leads.filter(state="PENDING").count() == 2
    turn_campaigns(now=NOON)
    assert made.leads.filter(state="EXPIRED").count() == 2
    assert Campaign.objects.get().state == "COMPLETED"


def test_a_lead_that_comes_back_after_the_stop_is_canceled_too() -> None:
    made = campaign(account(), leads=1)
    operations.stop_campaign(campaign_id=made.pk, now=NOON, by="Asha")
    # A settling that had read RUNNING before the stop commits after it.
    Lead.objects.filter(campaign=made).update(state="PENDING", ended_at=None)
    turn_campaigns(now=NOON + timedelta(seconds=2))
    assert Lead.objects.get().state == "CANCELED"
