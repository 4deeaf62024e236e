"""The list of campaigns: how far each is, tabs, what can be done with a row, tags, clones and the archive."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from campaigns.admin.tabs import LIVE, address_of_tab
from campaigns.lifecycle.operations import stop_campaign
from campaigns.models import Campaign
from tests.admin import builders, scenes
from tests.admin.starting import start
from tests.admin.test_live import words
from tests.api.conftest import api, client_for

__all__ = ["api", "client_for"]

pytestmark = pytest.mark.django_db
LIST = reverse("admin:campaigns_campaign_changelist")
ROWS = reverse("admin:campaigns_campaign_rows")


def names(page: str) -> set[str]:
    return set(re.findall(r"/admin/campaigns/campaign/\d+/live/[^\"]*\"[^>]*>\s*([^<]+?)\s*</a>", page))


def cell(page: str, campaign: Campaign, name: str) -> str:
    found = re.search(rf'<div id="c{campaign.pk}-{name}"[^>]*>(.*?)</div>(?=\s*(<div id="c|</td>|$))', page, re.S)
    assert found is not None
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[1]))).strip()


@pytest.mark.parametrize(
    ("tab", "shown"),
    [
        ("running", {"Renewals of March", "Test calls · Bots · Bot"}),
        ("paused", {"Claims", "Lunch"}),
        ("scheduled", {"Tomorrow"}),
        ("ended", {"Surveys"}),
        ("drafts", set()),
        ("archived", set()),
    ],
)
def test_tabs_have_the_campaigns_of_their_states(owner: Client, tab: str, shown: set[str]) -> None:
    scenes.busy_house()
    page = owner.get(LIST, {"tab": tab}).content.decode()
    assert names(page) == shown
    assert f'href="?tab={tab}" aria-current="page"' in page


def test_a_row_has_the_numbers_of_progress(owner: Client, api: APIClient) -> None:
    house = scenes.busy_house()
    runs = house["runs"]
    page = owner.get(LIST).content.decode()
    told = api.get(f"/api/v1/campaigns/{runs.pk}/progress/").json()
    assert cell(page, runs, "progress") == f"8 of {told['leads_total']}"
    assert cell(page, runs, "pace") == f"{told['live_calls']} live , 1 /min 43 % answered"
    assert cell(page, house["broken"], "state").startswith("Paused itself The provider refused")
    assert cell(page, house["paused"], "state") == "Paused"
    assert cell(page, house["done"], "ends").startswith("Ended ")
    assert "Ends ≈" in cell(page, runs, "ends")
    assert re.search(r"Renewals of March</a></p>\s*<p[^>]*>Account of Renewals of March</p>", page)


def test_leads_that_a_stop_canceled_are_told_apart_wherever_ended_ones_are(owner: Client) -> None:
    stopped = scenes.busy_house()["runs"]
    stop_campaign(campaign_id=stopped.pk, now=timezone.now(), by="Asha")
    leads, canceled = stopped.leads.count(), stopped.leads.filter(state="CANCELED").count()
    assert 0 < canceled < leads
    ended = stopped.leads.exclude(state__in=["PENDING", "DIALING"]).count()
    page = owner.get(LIST).content.decode()
    assert cell(page, stopped, "progress") == f"{ended} of {leads} {canceled} canceled"
    live = words(owner.get(address_of_tab(stopped.pk, LIVE)).content.decode())
    assert f"{ended} of {leads} leads ended , {canceled} of them canceled" in live
    assert f"{ended} of {leads} {canceled} canceled" in words(owner.get("/admin/").content.decode())


def test_the_rows_renew_themselves_with_what_has_changed(owner: Client) -> None:
    runs = scenes.busy_house()["runs"]
    page = owner.get(LIST).content.decode()
    asked = re.search(rf'hx-get="({ROWS}\?ids=[\d,]+)"', page)
    assert asked is not None
    scenes.ringing(runs, first=700)
    renewed = owner.get(asked[1]).content.decode()
    assert cell(renewed, runs, "pace").startswith("4 live")
    assert f'<div id="c{runs.pk}-acts" hx-swap-oob="true">' in renewed


def test_each_row_offers_what_its_state_allows_and_each_act_asks_first(owner: Client) -> None:
    house = scenes.busy_house()
    page = owner.get(LIST).content.decode()
    assert cell(page, house["runs"], "acts") == "Pause Rehearse Clone Export"
    assert cell(page, house["broken"], "acts") == "Resume Rehearse Clone"
    assert cell(page, house["done"], "acts") == "Rehearse Clone Export Archive"
    before = list(Campaign.objects.order_by("pk").values())
    for address in re.findall(r'class="d-button d-small" href="([^"]+)"', page):
        assert owner.get(address).status_code == 200
    assert list(Campaign.objects.order_by("pk").values()) == before


def test_a_viewer_may_export_and_nothing_else(viewer: Client) -> None:
    house = scenes.busy_house()
    page = viewer.get(LIST).content.decode()
    assert cell(page, house["runs"], "acts") == "Export"
    for name in ("clone", "archive"):
        address = reverse(f"admin:campaigns_campaign_{name}", args=[house["done"].pk])
        assert viewer.post(address).status_code == 403


def test_an_export_of_a_row_is_the_file_that_was_asked_for(owner: Client) -> None:
    done = scenes.busy_house()["done"]
    address = reverse("admin:campaigns_campaign_export", args=[done.pk])
    reply = owner.post(address, {"what": "leads", "form": "csv"})
    lines = b"".join(reply.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert reply["Content-Disposition"] == f'attachment; filename="leads-of-campaign-{done.pk}.csv"'
    assert len(lines) == 3
    assert "state" in lines[0]


def test_a_clone_is_a_draft_with_all_that_people_set_and_none_of_what_happened(owner: Client, api: APIClient) -> None:
    made = builders.campaign(builders.account(), tags=["march", "claims"], max_live_calls=7)
    made.windows.create(days="12345", opens="10:00", closes="19:00")
    made.ends_at = timezone.now() + timedelta(days=9)
    made.starts_at = timezone.now() - timedelta(days=1)
    made.save()
    start(owner, made)
    reply = owner.post(reverse("admin:campaigns_campaign_clone", args=[made.pk]), {"name": ""})
    copy = Campaign.objects.get(name="Renewals (copy)")
    assert str(copy.pk) in reply["Location"]
    assert (copy.state, copy.owner, copy.started_at, copy.starts_at) == ("DRAFT", "olga", None, None)
    assert (copy.tags, copy.max_live_calls, copy.ends_at) == (["march", "claims"], 7, made.ends_at)
    assert copy.windows.count() == 1
    assert list(copy.dids.all()) == list(made.dids.all())
    assert not copy.leads.exists()
    again = api.post(f"/api/v1/campaigns/{made.pk}/clone/", {}).json()
    assert (again["name"], again["state"]) == ("Renewals (copy 2)", "DRAFT")
    taken = api.post(f"/api/v1/campaigns/{made.pk}/clone/", {"name": "Renewals"})
    assert taken.status_code in (400, 409)


def test_what_is_archived_is_left_out_and_can_be_taken_back(owner: Client, api: APIClient) -> None:
    house = scenes.busy_house()
    archive = reverse("admin:campaigns_campaign_archive", args=[house["done"].pk])
    owner.post(archive)
    assert "Surveys" not in names(owner.get(LIST).content.decode())
    assert names(owner.get(LIST, {"tab": "archived"}).content.decode()) == {"Surveys"}
    kept = api.get("/api/v1/campaigns/", {"archived": "true"}).json()["results"]
    assert [one["name"] for one in kept] == ["Surveys"]
    owner.post(archive)
    assert "Surveys" in names(owner.get(LIST).content.decode())
    refused = api.post(f"/api/v1/campaigns/{house['runs'].pk}/archive/")
    assert refused.status_code == 409
    assert api.post(f"/api/v1/campaigns/{house['done'].pk}/archive/").json()["archived_at"]
    assert api.post(f"/api/v1/campaigns/{house['done'].pk}/unarchive/").json()["archived_at"] is None


def test_campaigns_are_found_by_their_tags(owner: Client, api: APIClient) -> None:
    made = builders.campaign(builders.account(), tags=["march"])
    builders.campaign(made.account, name="Other", number=7)
    assert names(owner.get(LIST, {"tag": "march"}).content.decode()) == {"Renewals"}
    found = api.get("/api/v1/campaigns/", {"tag": "march"}).json()["results"]
    assert [(one["name"], one["tags"]) for one in found] == [("Renewals", ["march"])]
    changed = api.patch(f"/api/v1/campaigns/{made.pk}/", {"tags": ["april", "claims"]}, format="json")
    assert changed.json()["tags"] == ["april", "claims"]


def test_the_owner_and_the_first_start_are_kept(owner: Client) -> None:
    made = builders.campaign(builders.account())
    start(owner, made)
    first = made.started_at
    assert first is not None
    for verb in ("pause", "resume"):
        owner.post(reverse("admin:campaigns_campaign_operate", args=[made.pk, verb]))
    made.refresh_from_db()
    assert (made.state, made.started_at) == ("RUNNING", first)


def test_a_renewal_takes_as_many_statements_for_many_rows_as_for_few(owner: Client) -> None:
    house = scenes.busy_house()
    ids = [one.pk for one in house.values()]
    owner.get(ROWS, {"ids": f"{ids[0]}"})
    with CaptureQueriesContext(connection) as few:
        owner.get(ROWS, {"ids": f"{ids[0]}"})
    with CaptureQueriesContext(connection) as many:
        owner.get(ROWS, {"ids": ",".join(map(str, ids))})
    assert len(many) <= len(few) <= 4 + 2  # two are of the login


@pytest.mark.parametrize("ids", ["", "x", "1,,2", "9" * 40])
def test_rows_that_are_not_there_are_no_error(owner: Client, ids: str) -> None:
    assert owner.get(ROWS, {"ids": ids}).status_code == 200
