"""The page of a person: who it is, why or when, what happened, and what can be done."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Callback, CallNote, Lead, OptOut, RulesVersion, Skip, SuppressedNumber, SuppressionList
from dialer.models import AuditEntry
from tests.admin import builders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("next_day")]
NUMBER = "+919812345416"


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def page_of(lead: Lead) -> str:
    return reverse("admin:campaigns_contact_person", args=[lead.contact_id])


def shown(client: Client, lead: Lead) -> str:
    reply = client.get(page_of(lead))
    assert reply.status_code == 200
    return text_of(reply.content.decode())


@pytest.fixture
def lead(db: None) -> Lead:
    """Somebody in a running campaign of India, called once, with all that can have happened."""
    owner = builders.account()
    made = builders.campaign(owner, time_zone="Asia/Kolkata", state="RUNNING", state_changed_at=timezone.now())
    lead = builders.lead(made, NUMBER, variables={})
    contact = lead.contact
    contact.name, contact.external_reference, contact.variables = "Asha Rao", "CUST-1", {"due": "4,200"}
    contact.save()
    call = builders.attempt(lead, disposition="PTP", digits="2")
    now = timezone.now()
    version = RulesVersion.objects.create(campaign=made, version=1, digest="x", rules={}, made_at=now)
    Skip.objects.create(
        lead_id=lead.pk,
        campaign=made,
        number=NUMBER,
        at=now,
        rule="CAPS",
        detail="3 calls in 24 h",
        rules_version=version,
    )
    CallNote.objects.create(attempt=call, account=owner, text="Pays on Friday", written_by="vera", created_at=now)
    OptOut.objects.create(attempt=call, number=NUMBER, words="keys pressed: 9", created_at=now)
    return lead


def test_all_of_a_person_is_on_one_page_by_one_named_clock(owner: Client, lead: Lead) -> None:
    said = shown(owner, lead)
    for part in (
        *("Asha Rao", NUMBER, "CUST-1", "due 4,200", "clock of Asia/Kolkata", "Renewals"),
        *("Came in", "to List of Renewals", "Joined the campaign"),
        *("Called Mon 02 Mar 11:30 IST", "Answered · PTP · 61 s · pressed 2"),
        *("Not called (passed over)", "3 calls in 24 h", "Pays on Friday · by vera", "Opted out", "keys pressed: 9"),
    ):
        assert part in said, part
    assert "UTC" not in said.partition("What happened")[2], (
        "every instant is by the clock that is named; UTC is on hover"
    )
    assert 'title="02 Mar 2026 06:00:00 UTC"' in owner.get(page_of(lead)).content.decode()


def test_other_campaigns_of_the_number_are_there_too(owner: Client, lead: Lead) -> None:
    other = builders.campaign(builders.account("Second"), name="Surveys", number=7)
    second = builders.lead(other, NUMBER, state="COMPLETED", ended_at=timezone.now())
    for one in (lead, second):
        said = shown(owner, one)
        assert "Surveys" in said
        assert "Renewals" in said


def test_calling_back_is_by_a_choice_or_by_a_clock(owner: Client, lead: Lead) -> None:
    url = reverse("admin:campaigns_lead_call_back", args=[lead.pk])
    reply = owner.post(url, {"then": "person", "when": "tomorrow", "note": "asked"})
    assert reply["Location"] == page_of(lead)
    made = Callback.objects.get()
    assert f"{made.at:%H:%M}" == "04:30", "10:00 in India"
    assert (made.note, made.set_by) == ("asked", "olga")
    day = (timezone.now() + timedelta(days=3)).date()
    owner.post(url, {"when": "1h", "at": f"{day}T18:15", "zone": "UTC"})
    assert f"{Callback.objects.latest('id').at:%H:%M}" == "18:15", "the time that was entered goes before the choice"
    owner.post(url, {"at": f"{day}T18:15", "zone": "Asia/Kolkata"})
    assert f"{Callback.objects.latest('id').at:%H:%M}" == "12:45"
    reply = owner.post(url, {"then": "person"})
    assert "Choose when" in str(list(get_messages(reply.wsgi_request))[-1])


def test_a_callback_is_shown_and_called_off_there(owner: Client, lead: Lead) -> None:
    owner.post(reverse("admin:campaigns_lead_call_back", args=[lead.pk]), {"when": "3h"})
    assert "Cancel callback" in shown(owner, lead)
    reply = owner.post(reverse("admin:campaigns_lead_call_off", args=[lead.pk]), {"then": "person"})
    assert reply["Location"] == page_of(lead)
    said = shown(owner, lead)
    assert "Callback called off" in said
    assert "Cancel callback" not in said
    assert AuditEntry.objects.filter(what="Callback called off", by="olga", subject_id=lead.pk).exists()


def test_call_now_is_before_all_others_and_says_what_keeps_it(owner: Client, lead: Lead) -> None:
    url = reverse("admin:campaigns_lead_call_now", args=[lead.pk])
    reply = owner.post(url, {"then": "person"})
    assert "as soon as a line is free" in str(next(iter(get_messages(reply.wsgi_request))))
    lead.refresh_from_db()
    assert lead.rank < 10
    type(lead.campaign).objects.update(state="PAUSED")
    reply = owner.post(url, {"then": "person"})
    assert "is paused: nobody is called" in str(list(get_messages(reply.wsgi_request))[-1])


def test_suppressing_is_done_there_and_shown(owner: Client, lead: Lead) -> None:
    never = SuppressionList.objects.create(name="Do not call")
    url = reverse("admin:campaigns_contact_suppress", args=[lead.contact_id])
    reply = owner.post(url, {"suppression_list": never.pk, "days": "30", "reason": "complained"})
    assert reply["Location"] == page_of(lead)
    entry = SuppressedNumber.objects.get()
    assert (entry.number, entry.reason, entry.until is not None) == (NUMBER, "complained", True)
    said = shown(owner, lead)
    assert "Suppressed on Do not call until" in said
    assert "complained" in said
    assert AuditEntry.objects.filter(act="campaigns.suppressednumber.add", by="olga").exists()


def test_the_first_number_that_is_suppressed_brings_its_list(owner: Client, lead: Lead) -> None:
    said = shown(owner, lead)
    assert "which is made with it" in said
    assert 'name="suppression_list"' not in said
    owner.post(reverse("admin:campaigns_contact_suppress", args=[lead.contact_id]), {"days": "", "reason": ""})
    entry = SuppressedNumber.objects.select_related("suppression_list").get()
    assert (entry.number, entry.until, entry.suppression_list.applies_to_all) == (NUMBER, None, True)
    assert AuditEntry.objects.filter(act="campaigns.suppressionlist.add", by="olga").exists()
    assert "Suppressed on Do not call for ever" in shown(owner, lead)


def test_a_viewer_sees_a_masked_person_and_does_nothing(lead: Lead) -> None:
    user = User.objects.create_user("vera", is_staff=True)
    user.groups.add(Group.objects.get(name="viewer"))
    client = Client()
    client.force_login(user)
    said = shown(client, lead)
    assert "9812345416" not in re.sub(r"\D", "", said)
    assert "+91 98•••••416" in said
    for word in ("Call now", "Set the callback", "Suppress this number"):
        assert word not in said
    posts = [reverse("admin:campaigns_contact_suppress", args=[lead.contact_id])]
    posts += [reverse(f"admin:campaigns_lead_{act}", args=[lead.pk]) for act in ("call_back", "call_now", "call_off")]
    assert [client.post(url).status_code for url in posts] == [403] * 4


def test_what_was_stopped_offers_no_call_that_it_would_refuse(owner: Client, lead: Lead) -> None:
    at_lead = reverse("admin:campaigns_lead_change", args=[lead.pk])
    for state, is_offered in (("PAUSED", True), ("STOPPED", False)):
        type(lead.campaign).objects.update(state=state)
        for said in (shown(owner, lead), owner.get(at_lead).content.decode()):
            assert ("Call now" in said) is is_offered
            assert ("Set the callback" in said) is is_offered


def test_who_is_erased_is_called_by_nobody(owner: Client, lead: Lead) -> None:
    Lead.objects.update(number="erased-1234")
    type(lead.contact).objects.filter(pk=lead.contact_id).update(number="erased-1234")
    said = shown(owner, lead)
    assert "Call now" not in said


def test_the_list_of_contacts_leads_to_the_person(owner: Client, lead: Lead) -> None:
    page = owner.get(reverse("admin:campaigns_contact_changelist")).content.decode()
    assert page_of(lead) in page
