"""A campaign in five steps: a draft at each, only what belongs to its account, and what was typed stays."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from campaigns.models import CallTemplate, Campaign, ContactList
from dialer.models import DID, ItemKind, SyncedItem
from tests.admin import builders
from tests.admin.sent import Inputs, inputs_of
from tests.api.conftest import with_token
from tests.campaigns import world

ADD = "/admin/campaigns/campaign/add/"
FORM = "steps_form"


def shown(reply: Any) -> Inputs:
    """Return what a browser sends of the step."""
    return inputs_of(reply.content.decode(), form=FORM)


def errors_of(reply: Any) -> dict[str, str]:
    """Return what is wrong with a step, by field."""
    return {name: " ".join(texts) for name, texts in reply.context["form"].errors.items()}


def take(client: Client, address: str, **entered: Any) -> Any:
    """Send the step at this address as it is shown, with what was entered; follow to the next one."""
    sent = {**shown(client.get(address)), **entered}
    return client.post(address, {name: value for name, value in sent.items() if value is not None}, follow=True)


def at(campaign: Campaign, step: str) -> str:
    """Return the address of a step."""
    return reverse("admin:campaigns_campaign_steps", args=[campaign.pk, step])


def test_the_hours_of_a_new_campaign_are_by_the_clock_of_who_makes_it_unless_its_account_has_one(
    owner: Client,
) -> None:
    owner.post("/admin/zone/", {"time_zone": "Asia/Kolkata"})
    for zone, expected in (("UTC", "Asia/Kolkata"), ("Asia/Dubai", "Asia/Dubai")):
        account = builders.account(name=zone, time_zone=zone)
        page = owner.get(ADD, {"account": account.pk})
        owner.post(ADD, {**shown(page), "name": zone, "new-voxcore__VOICE_BOT__bot_id": "b-7"})
        assert Campaign.objects.get(name=zone).time_zone == expected


def test_five_steps_lead_from_nothing_to_the_page_that_starts(owner: Client) -> None:
    account = builders.account()
    mine = DID.objects.create(account=account, number="+918010000001")
    stranger = DID.objects.create(account=builders.account(name="Other"), number="+918010000002")
    page = owner.get(ADD, {"account": account.pk})
    assert "Name:" not in page.content.decode()  # the theme's label, not Django's
    what = {
        **shown(page),
        "name": "Renewals",
        "new-voxcore__VOICE_BOT__bot_id": "b-7",
        "new-variables-0-theirs": "customer_name",
        "new-variables-0-ours": "name",
    }
    reply: Any = owner.post(ADD, what, follow=True)
    campaign = Campaign.objects.get()
    assert reply.redirect_chain == [(at(campaign, "whom"), 302)]
    assert (campaign.state, campaign.time_zone) == ("DRAFT", account.time_zone)
    assert campaign.template.options["bot_id"] == "b-7"
    assert campaign.template.variables == {"customer_name": "name"}

    file = SimpleUploadedFile("march.csv", b"phone,name\n9812345678,Asha\nnonsense,Ravi\n")
    reply = take(owner, at(campaign, "whom"), file=file, list_name="March", region="in")
    assert "1 contact, 0 duplicates, 1 refused" in reply.content.decode()
    assert campaign.contact_lists.get().default_region == "IN"

    hours = {"windows-0-days": ["1", "2"], "windows-0-opens": "10:00", "windows-0-closes": "17:00"}
    reply = take(owner, at(campaign, "when"), time_zone="India Standard Time", **hours)
    campaign.refresh_from_db()
    assert (campaign.time_zone, str(campaign.windows.get())) == ("Asia/Kolkata", "12 10:00–17:00")

    offered = owner.get(at(campaign, "how")).content.decode()
    assert mine.number in offered
    assert stranger.number not in offered
    reply = take(owner, at(campaign, "how"), max_live_calls="4")
    campaign.refresh_from_db()
    assert ([did.pk for did in campaign.dids.all()], campaign.max_live_calls) == ([mine.pk], 4)

    said = reply.content.decode()
    assert reply.redirect_chain == [(at(campaign, "check"), 302)]
    assert "Nothing is missing" in said
    assert "customer_name" in said
    assert "Asha" in said
    assert reverse("admin:campaigns_campaign_operate", args=[campaign.pk, "start"]) in said


def test_what_the_sync_of_the_account_has_read_is_offered_by_name(owner: Client) -> None:
    account = world.account(provider="ivrsolutions")
    SyncedItem.objects.create(
        account=account, kind=ItemKind.CALL_FLOW, external_id="77", name="Renewals flow", seen_at=builders.NOW
    )
    page = owner.get(ADD, {"account": str(account.pk), "new-action": "PLAY_FLOW"}).content.decode()
    assert "Renewals flow" in page


def test_a_broken_step_keeps_what_was_typed_and_saves_nothing(owner: Client) -> None:
    account = builders.account()
    typed = {**shown(owner.get(ADD, {"account": account.pk})), "name": "Renewals", "new-voxcore__VOICE_BOT__bot_id": ""}
    typed |= {"new-variables-3-theirs": "customer_name"}
    reply: Any = owner.post(ADD, typed)
    assert "The new one has errors" in errors_of(reply)["template"]
    again = shown(reply)
    assert again["name"] == ["Renewals"]
    assert again["new-variables-0-theirs"] == ["customer_name"]
    said = reply.content.decode()
    assert "Bot ID is required." in said
    assert "Choose the column that fills it." in said
    assert not Campaign.objects.exists()
    assert not CallTemplate.objects.exists()


def test_a_file_without_contacts_makes_no_list_and_is_said_at_the_file(owner: Client) -> None:
    campaign = builders.campaign(builders.account())
    campaign.contact_lists.clear()
    before = ContactList.objects.count()
    file = SimpleUploadedFile("names.csv", b"name,city\nAsha,Pune\n")
    reply = take(owner, at(campaign, "whom"), file=file, list_name="Names")
    assert "No list was made" in errors_of(reply)["file"]
    assert ContactList.objects.count() == before
    assert "Choose a list" in errors_of(take(owner, at(campaign, "whom")))["contact_lists"]


def test_a_step_of_a_campaign_that_was_started_leads_to_its_page(owner: Client) -> None:
    campaign = builders.campaign(builders.account(), state="RUNNING")
    reply = owner.get(at(campaign, "when"))
    assert reply["Location"] == reverse("admin:campaigns_campaign_live", args=[campaign.pk])


def test_a_step_that_is_left_is_a_draft_in_the_list(owner: Client) -> None:
    campaign = builders.campaign(builders.account())
    reply = take(owner, at(campaign, "how"), max_attempts="7", _later="")
    assert reply.redirect_chain == [(reverse("admin:campaigns_campaign_changelist"), 302)]
    campaign.refresh_from_db()
    assert campaign.max_attempts == 7


def test_templates_of_other_providers_are_not_offered(owner: Client) -> None:
    campaign = builders.campaign(builders.account())
    other = CallTemplate.objects.create(name="Of another", provider="intellicall", action="CONNECT_AGENT")
    for address in (at(campaign, "what"), reverse("admin:campaigns_campaign_change", args=[campaign.pk])):
        page = owner.get(address).content.decode()
        assert campaign.template.name in page
        assert other.name not in page


#: Of a whole page. The form of everything, for editing, has the inputs of all steps.
MOST_BYTES, MOST_BYTES_OF_ALL = 80_000, 100_000


def test_no_page_of_a_campaign_holds_hundreds_of_names_of_zones_or_lines(owner: Client) -> None:
    campaign = builders.campaign(builders.account())
    DID.objects.bulk_create(
        DID(account=account, number=f"+9180{place}000{number:04}")
        for place, account in enumerate([campaign.account, builders.account(name="Other")], 20)
        for number in range(200)
    )
    pages = [at(campaign, step) for step in ("what", "whom", "when", "how", "check")]
    for address in (ADD, *pages, reverse("admin:campaigns_campaign_change", args=[campaign.pk])):
        with CaptureQueriesContext(connection) as queries:
            page = owner.get(address).content
        assert 0 < len(page) < (MOST_BYTES_OF_ALL if address.endswith("change/") else MOST_BYTES), address
        assert len(queries) <= 40, address
    zones = owner.get(reverse("admin:dialer_places", args=["zones"])).json()["places"]
    assert ["Asia/Kolkata", "India UTC+05:30"] in zones


@pytest.mark.parametrize("face", ["admin", "rest"])
def test_a_clone_is_a_draft_with_all_that_people_set(owner: Client, face: str) -> None:
    campaign = builders.campaign(builders.account(), state="STOPPED", max_live_calls=3, ends_at=builders.NOW)
    campaign.windows.create(days="12", opens="09:00", closes="12:00")
    builders.lead(campaign, "+919900000001")
    if face == "admin":
        reply: Any = owner.post(reverse("admin:campaigns_campaign_clone", args=[campaign.pk]))
        assert reply.status_code == 302
    else:
        api = with_token(User.objects.get(username="olga"))
        reply = api.post(f"/api/v1/campaigns/{campaign.pk}/clone/", {}, format="json")
        assert (reply.status_code, reply.json()["state"]) == (201, "DRAFT")
        taken = api.post(f"/api/v1/campaigns/{campaign.pk}/clone/", {"name": campaign.name}, format="json")
        assert taken.status_code == 400
    made = Campaign.objects.exclude(pk=campaign.pk).get()
    assert (made.name, made.state, made.ends_at, made.max_live_calls) == (f"{campaign.name} (copy)", "DRAFT", None, 3)
    assert [str(one) for one in made.windows.all()] == [str(one) for one in campaign.windows.all()]
    assert (list(made.dids.all()), list(made.contact_lists.all())) == (
        list(campaign.dids.all()),
        list(campaign.contact_lists.all()),
    )
    assert not made.leads.exists()
