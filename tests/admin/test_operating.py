"""Start, pause, resume, stop and the switchboard: they work, they say what came of it, and a viewer cannot."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from campaigns.models import Campaign, CampaignState, Lead, SuppressionList
from dialer.models import DIDGroup, Switchboard
from tests.admin import builders
from tests.admin.starting import shown_on, start, start_address

SWITCHBOARD = "admin:dialer_switchboard_changelist"


def said(reply: HttpResponse) -> str:
    """Return the messages of a reply as one text."""
    return " ".join(str(message) for message in get_messages(reply.wsgi_request))  # type: ignore[attr-defined]


def press(client: Client, campaign: Campaign, verb: str, **fields: str) -> HttpResponse:
    """Press a button on the campaign's page."""
    reply = client.post(reverse("admin:campaigns_campaign_operate", args=[campaign.pk, verb]), fields)
    campaign.refresh_from_db()
    return reply  # type: ignore[return-value]


@pytest.fixture
def campaign(db: None) -> Campaign:
    """A campaign that is ready to start."""
    return builders.campaign(builders.account())


def test_the_buttons_move_a_campaign_through_its_states(owner: Client, campaign: Campaign) -> None:
    states = []
    for verb in ("start", "pause", "resume", "stop"):
        start(owner, campaign) if verb == "start" else press(owner, campaign, verb)
        states.append(campaign.state)
    assert states == ["RUNNING", "PAUSED", "RUNNING", "STOPPED"]
    assert campaign.state_reason.startswith("Stopped by olga")


def test_starting_enrols_the_contacts(owner: Client, campaign: Campaign) -> None:
    start(owner, campaign)
    assert Lead.objects.filter(campaign=campaign).count() == 1


def test_a_question_leads_back_to_where_it_was_asked(owner: Client, campaign: Campaign) -> None:
    start(owner, campaign)
    address = reverse("admin:campaigns_campaign_operate", args=[campaign.pk, "pause"])
    rows = f"{reverse('admin:campaigns_campaign_changelist')}?tab=running"
    page = owner.get(address, headers={"referer": f"http://testserver{rows}"})
    assert f'href="{rows}">Back' in page.content.decode()
    assert f'name="next" value="{rows}"' in page.content.decode()
    reply = press(owner, campaign, "pause", next=rows)
    assert (campaign.state, reply["Location"]) == ("PAUSED", rows)
    # From elsewhere, or from nowhere, it leads to the campaign.
    live = reverse("admin:campaigns_campaign_live", args=[campaign.pk])
    for referer in ("https://evil.example/admin/", "http://testserver/api/v1/docs/", f"http://testserver{address}", ""):
        text = owner.get(address, headers={"referer": referer}).content.decode()
        assert f'href="{live}">Back' in text, referer


def test_pausing_names_the_calls_in_flight(owner: Client, campaign: Campaign) -> None:
    start(owner, campaign)
    ringing = builders.live(builders.lead(campaign, "+919900000001", state="DIALING"))
    text = said(press(owner, campaign, "pause", reason="lunch"))
    assert f"1 call in flight: #{ringing.pk}" in text
    assert campaign.state_reason == "Paused by olga: lunch"


def test_a_campaign_that_cannot_start_says_what_to_do(owner: Client, campaign: Campaign) -> None:
    campaign.dids.clear()
    start(owner, campaign)
    assert campaign.state == "DRAFT"
    assert "choose one or more" in owner.get(start_address(campaign)).content.decode()


def test_stopping_asks_first(owner: Client, campaign: Campaign) -> None:
    start(owner, campaign)
    reply = owner.get(reverse("admin:campaigns_campaign_operate", args=[campaign.pk, "stop"]))
    assert "1 lead has not ended yet." in reply.content.decode()
    campaign.refresh_from_db()
    assert campaign.state == "RUNNING"
    assert "Stop for good" in reply.content.decode()


def test_looking_at_a_button_does_not_press_it(owner: Client, campaign: Campaign) -> None:
    owner.get(reverse("admin:campaigns_campaign_operate", args=[campaign.pk, "start"]))
    campaign.refresh_from_db()
    assert campaign.state == "DRAFT"


def test_the_actions_of_the_list_reach_every_selected_campaign(owner: Client, campaign: Campaign) -> None:
    other = builders.campaign(campaign.account, name="Other", number=1)
    address = reverse("admin:campaigns_campaign_changelist")
    chosen: dict[str, object] = {"_selected_action": [campaign.pk, other.pk]}
    page = owner.post(address, {**chosen, "action": "start_selected"}).content.decode()
    owner.post(address, {**chosen, "action": "start_selected", "confirmed": "yes", "shown": shown_on(page)})
    assert set(Campaign.objects.values_list("state", flat=True)) == {"RUNNING"}
    owner.post(address, {**chosen, "action": "stop_selected"})
    assert set(Campaign.objects.values_list("state", flat=True)) == {"RUNNING"}  # it asks first
    owner.post(address, {**chosen, "action": "stop_selected", "confirmed": "yes"})
    assert set(Campaign.objects.values_list("state", flat=True)) == {"STOPPED"}


@pytest.mark.parametrize("verb", ["start", "pause", "resume", "stop"])
def test_a_viewer_cannot_operate(viewer: Client, campaign: Campaign, verb: str) -> None:
    assert press(viewer, campaign, verb).status_code == 403
    assert campaign.state == "DRAFT"


def test_a_viewer_is_offered_no_button(viewer: Client, owner: Client, campaign: Campaign) -> None:
    for tab in ("live", "results", "set_up"):
        address = reverse(f"admin:campaigns_campaign_{tab}", args=[campaign.pk])
        assert "/operate/" not in viewer.get(address).content.decode()
        assert "/operate/start/" in owner.get(address).content.decode()


def test_a_campaign_that_is_over_cannot_be_edited(owner: Client, campaign: Campaign) -> None:
    start(owner, campaign)
    press(owner, campaign, "stop")
    address = reverse("admin:campaigns_campaign_change", args=[campaign.pk])
    assert owner.post(address, {"name": "Another"}).status_code == 403


def test_the_switchboard_stops_and_allows_and_keeps_who_and_why(owner: Client, campaign: Campaign) -> None:
    owner.post(reverse(SWITCHBOARD), {"allowed": "False", "reason": "flood", "sure": "on"})
    board = Switchboard.objects.get()
    assert (board.dialing_allowed, board.changed_by, board.reason) == (False, "olga", "flood")
    assert "All dialing is stopped" in owner.get(reverse("admin:index")).content.decode()
    owner.post(reverse(SWITCHBOARD), {"allowed": "True", "sure": "on"})
    assert Switchboard.objects.get().dialing_allowed


def test_the_switchboard_does_nothing_unless_it_is_meant(owner: Client, viewer: Client) -> None:
    owner.post(reverse(SWITCHBOARD), {"allowed": "False"})
    assert viewer.post(reverse(SWITCHBOARD), {"allowed": "False", "sure": "on"}).status_code == 403
    assert not Switchboard.objects.filter(dialing_allowed=False).exists()


def test_states_that_have_no_button_are_over(campaign: Campaign) -> None:
    from campaigns.admin.verbs import VERBS

    offered = {state for verb in VERBS.values() for state in verb.states}
    assert set(CampaignState) - offered == {CampaignState.COMPLETED, CampaignState.STOPPED}


@pytest.mark.django_db
@pytest.mark.parametrize("what", ["did_groups", "suppression_lists", "contact_lists", "template"])
def test_what_a_campaign_uses_is_not_deleted_and_the_page_names_the_campaign(what: str) -> None:
    made = builders.campaign(builders.account())
    group = DIDGroup.objects.create(account=made.account, name="Lines")
    made.did_groups.add(group)
    suppressed = SuppressionList.objects.create(name="Do not call")
    suppressed.numbers.create(number="+919812345678")
    made.suppression_lists.add(suppressed)
    used: Any = made.template if what == "template" else getattr(made, what).get()
    client = Client()
    client.force_login(User.objects.create_superuser("olga"))
    page = f"/admin/{used._meta.app_label}/{used._meta.model_name}/{used.pk}"
    reply = client.post(f"{page}/delete/", {"post": "yes"}, follow=True)
    assert f"{used} is used by {made.name}, so it stays." in reply.content.decode()
    used.refresh_from_db()
