"""Start is a page: nobody is called before a person has seen whom, when, from where, and what is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from unittest.mock import patch

import pytest
from django.contrib.auth.models import Permission, User
from django.core import signing
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from campaigns.explaining.preflight_runs import run_waiting
from campaigns.explaining.verdict import told_numbers
from campaigns.models import Campaign, Contact, ContactImport, Lead, PreflightRun, SuppressedNumber, SuppressionList
from dialer.models import DID, Switchboard
from tests.admin import builders
from tests.admin.starting import shown_on, start, start_address
from tests.admin.test_operating import press, said
from tests.api.conftest import api, client_for

__all__ = ["api", "client_for"]

PEOPLE = 54


@pytest.fixture
def campaign(db: None) -> Campaign:
    """A campaign over 54 people, from two numbers of four lines, by the clock of India."""
    made = builders.campaign(builders.account(), time_zone="Asia/Kolkata")
    contact_list = made.contact_lists.get()
    contact_list.contacts.all().delete()
    Contact.objects.bulk_create(
        Contact(contact_list=contact_list, number=f"+9198100{n:05}", name=f"Person {n}") for n in range(PEOPLE)
    )
    made.dids.all().delete()
    for number in ("+918011111111", "+918011111112"):
        made.dids.add(DID.objects.create(account=made.account, number=number, max_live_calls=2))
    return made


def page_of(client: Client, campaign: Campaign) -> str:
    return unescape(client.get(start_address(campaign)).content.decode())


def verdict_on(page: str) -> str:
    found = re.search(r'data-verdict="(\w+)"', page)
    assert found is not None
    return found[1]


def needs_a_variable(campaign: Campaign) -> None:
    campaign.template.variables = {"due": "amount"}
    campaign.template.save()


def test_the_page_says_whom_when_how_many_and_from_where(owner: Client, campaign: Campaign) -> None:
    page = page_of(owner, campaign)
    assert verdict_on(page) == "GREEN"
    found = re.search(r"54 people, first calls now, done about .*? IST, at most 4 at once, from (\S+ and \S+)\.", page)
    assert found is not None
    assert found[1] == "+91…11 and …12"
    assert ">Start calling 54 people<" in page
    assert "Ring my phone first" in page
    assert 'name="sure"' not in page
    assert campaign.state == "DRAFT"


def test_the_button_starts_what_was_shown(owner: Client, campaign: Campaign) -> None:
    start(owner, campaign)
    assert campaign.state == "RUNNING"
    assert Lead.objects.filter(campaign=campaign).count() == PEOPLE


def test_nothing_starts_unseen(owner: Client, campaign: Campaign) -> None:
    assert "Look at whom it would call" in said(press(owner, campaign, "start"))
    assert "Look at whom it would call" in said(press(owner, campaign, "start", sure="on"))
    assert campaign.state == "DRAFT"


def test_amber_wants_a_tick_and_names_what_is_missing(owner: Client, campaign: Campaign) -> None:
    needs_a_variable(campaign)
    page = page_of(owner, campaign)
    assert verdict_on(page) == "AMBER"
    assert "54 people have no amount, needed by the template's variable due." in page
    first = Contact.objects.order_by("pk")[0]
    assert reverse("admin:campaigns_contact_change", args=[first.pk]) in page
    assert "Tick the box" in said(start(owner, campaign, sure=""))
    assert campaign.state == "DRAFT"
    start(owner, campaign)
    assert campaign.state == "RUNNING"


def test_red_cannot_start_and_says_why(owner: Client, campaign: Campaign) -> None:
    campaign.dids.clear()
    page = page_of(owner, campaign)
    assert verdict_on(page) == "RED"
    assert "choose one or more" in page
    assert "Start calling" not in page
    assert f'id="mend" href="{reverse("admin:campaigns_campaign_change", args=[campaign.pk])}"' in page
    # Nor by what an earlier page has shown.
    start(owner, campaign)
    assert campaign.state == "DRAFT"


def test_red_where_nobody_is_left_to_call(owner: Client, campaign: Campaign) -> None:
    never = SuppressionList.objects.create(name="Never")
    SuppressedNumber.objects.bulk_create(
        SuppressedNumber(suppression_list=never, number=contact.number) for contact in Contact.objects.all()
    )
    page = page_of(owner, campaign)
    assert verdict_on(page) == "RED"
    assert "of 54 people in its lists none is left" in page


@pytest.mark.parametrize("change", ["limit", "time", "state"])
def test_what_has_changed_since_is_looked_at_again(owner: Client, campaign: Campaign, change: str) -> None:
    shown = shown_on(owner.get(start_address(campaign)).content.decode())
    if change == "limit":
        campaign.max_live_calls = 1
        campaign.save()
    if change == "state":
        Campaign.objects.filter(pk=campaign.pk).update(state="SCHEDULED")
    later = timezone.now().timestamp() + (31 * 60 if change == "time" else 0)
    with patch("time.time", return_value=later):
        assert "look once more" in said(press(owner, campaign, "start", shown=shown[0], sure="on"))
    assert not Lead.objects.exists()


def test_one_campaign_is_not_started_by_the_page_of_another(owner: Client, campaign: Campaign) -> None:
    other = builders.campaign(campaign.account, name="Other", number=7)
    shown = shown_on(owner.get(start_address(other)).content.decode())
    press(owner, campaign, "start", shown=shown[0])
    forged = signing.dumps({"campaign": campaign.pk, "verdict": "GREEN"}, salt="another")
    press(owner, campaign, "start", shown=forged)
    assert campaign.state == "DRAFT"


def test_a_stopped_house_and_duplicates_are_said_and_duplicates_are_no_refusals(
    owner: Client, api: APIClient, campaign: Campaign
) -> None:
    Switchboard.objects.update_or_create(pk=1, defaults={"dialing_allowed": False, "reason": "drill"})
    ContactImport.objects.create(
        contact_list=campaign.contact_lists.get(),
        state="DONE",
        rows_total=60,
        rows_accepted=54,
        rows_duplicate=5,
        rows_refused=1,
    )
    page = page_of(owner, campaign)
    assert verdict_on(page) == "AMBER"
    assert "All dialing is stopped by" in page
    found = api.get(f"/api/v1/campaigns/{campaign.pk}/preflight/").json()
    assert (found["refused_rows"], found["duplicate_rows"], found["verdict"]) == (1, 5, "AMBER")
    assert found["said"].startswith("54 people, first calls now")
    assert found["from_numbers"] == ["+918011111111", "+918011111112"]


def test_rest_starts_as_before(api: APIClient, campaign: Campaign) -> None:
    needs_a_variable(campaign)
    assert api.post(f"/api/v1/campaigns/{campaign.pk}/start/").json()["state"] == "RUNNING"


def test_one_that_starts_later_says_so_on_its_button(owner: Client, campaign: Campaign) -> None:
    campaign.starts_at = timezone.now() + timedelta(days=2)
    campaign.save()
    page = page_of(owner, campaign)
    assert ">Schedule calls to 54 people<" in page
    assert "first calls now" not in page


@pytest.fixture
def two(campaign: Campaign) -> Iterator[tuple[Campaign, Campaign]]:
    """Two campaigns that are chosen in the list: one is ready, the other lacks its number."""
    other = builders.campaign(campaign.account, name="Other", number=7)
    other.dids.clear()
    yield campaign, other
    campaign.refresh_from_db()


def test_several_are_looked_at_together_and_those_that_are_ready_start(
    owner: Client, two: tuple[Campaign, Campaign]
) -> None:
    ready, red = two
    address = reverse("admin:campaigns_campaign_changelist")
    chosen = {"_selected_action": [ready.pk, red.pk], "action": "start_selected"}
    page = unescape(owner.post(address, chosen).content.decode())
    assert re.findall(r'data-verdict="(\w+)"', page) == ["GREEN", "RED"]
    assert ">Start calling 54 people<" in page
    owner.post(address, {**chosen, "confirmed": "yes", "shown": shown_on(page)})
    assert dict(Campaign.objects.values_list("pk", "state")) == {ready.pk: "RUNNING", red.pk: "DRAFT"}


def test_one_chosen_in_the_list_leads_to_its_page(owner: Client, campaign: Campaign) -> None:
    chosen = {"_selected_action": [campaign.pk], "action": "start_selected"}
    reply = owner.post(reverse("admin:campaigns_campaign_changelist"), chosen)
    assert reply["Location"] == start_address(campaign)


def test_the_phone_rings_and_the_page_comes_back(owner: Client, campaign: Campaign) -> None:
    ring = reverse("admin:campaigns_campaign_ring", args=[campaign.pk])
    reply = owner.post(ring, {"number": "+919812345678", "then": "start"})
    assert reply["Location"] == start_address(campaign)
    assert Lead.objects.get().number == "+919812345678"
    campaign.refresh_from_db()
    assert campaign.state == "DRAFT"


def test_a_large_one_is_looked_at_by_a_worker_and_started_from_there(
    owner: Client, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("campaigns.explaining.preflight_runs.LARGE_CONTACTS", PEOPLE - 1)
    waiting = owner.get(start_address(campaign), follow=True)
    assert "a worker makes the preflight" in waiting.content.decode()
    run_waiting(run_id=PreflightRun.objects.get().pk, now=timezone.now())
    page = owner.get(waiting.redirect_chain[-1][0]).content.decode()
    assert verdict_on(page) == "GREEN"
    press(owner, campaign, "start", shown=shown_on(page)[0])
    assert campaign.state == "RUNNING"


def test_who_may_not_see_contacts_sees_the_verdict_and_no_contact(campaign: Campaign) -> None:
    needs_a_variable(campaign)
    user = User.objects.create_user("otto", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=("view_campaign", "change_campaign")))
    client = Client()
    client.force_login(user)
    page = page_of(client, campaign)
    assert verdict_on(page) == "AMBER"
    assert "/admin/campaigns/contact/" not in page
    assert "Ring my phone" not in page


def test_resume_says_how_many_are_due_and_pause_can_be_taken_back(owner: Client, campaign: Campaign) -> None:
    start(owner, campaign)
    paused = press(owner, campaign, "pause", next="/admin/")
    assert paused["Location"] == "/admin/"
    assert "paused by mistake?" in said(paused)
    home = owner.get("/admin/").content.decode()
    undo = re.search(r'<form method="post" action="([^"]+)"(?:(?!</form>).)*>Undo</button>', home, re.S)
    assert undo is not None
    asked = unescape(owner.get(undo[1]).content.decode())
    assert "54 leads are due now" in asked
    owner.post(undo[1])
    campaign.refresh_from_db()
    assert campaign.state == "RUNNING"


def test_a_page_of_elsewhere_is_not_led_to(owner: Client, campaign: Campaign) -> None:
    for elsewhere in ("https://evil.example/admin/", "//evil.example", "/api/v1/"):
        reply = press(owner, campaign, "pause", next=elsewhere)
        assert reply["Location"] == reverse("admin:campaigns_campaign_live", args=[campaign.pk])


def test_numbers_are_told_by_their_ends() -> None:
    assert told_numbers(["+918011111111"]) == "+91…11"
    assert told_numbers([f"+12125550{n}" for n in range(110, 117)]) == "+1…10, …11, …12 and 4 more"
