"""One act on many: counted first, never done to more than was counted, and never to what a key does not reach."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from campaigns.models import Campaign, CampaignNotice, FeedEntry, Lead, NoticeKind, SuppressedNumber, SuppressionList
from dialer.models import AuditEntry
from tests.api import made
from tests.api.conftest import API, key_of
from tests.campaigns import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign() -> Campaign:
    """Return a running campaign with four leads, one of them done with, beside another campaign."""
    running = world.campaign(world.account(), leads=4)
    first = running.leads.order_by("pk")[0]
    Lead.objects.filter(pk=first.pk).update(state="COMPLETED", ended_at=world.NOON)
    world.campaign(world.account(), leads=1, state="DRAFT")
    return running


def states(campaign: Campaign) -> dict[str, int]:
    every = list(campaign.leads.values_list("state", flat=True))
    return {state: every.count(state) for state in sorted(set(every))}


def test_leads_are_counted_and_then_taken_out(api: APIClient, campaign: Campaign) -> None:
    those = {"filter": {"campaign": campaign.pk}}
    assert api.post(f"{API}/leads/cancel/", {**those, "dry_run": True}).json() == {"count": 3, "done": 0}
    assert states(campaign) == {"COMPLETED": 1, "PENDING": 3}
    assert api.post(f"{API}/leads/cancel/", {**those, "count": 3}).json() == {"count": 3, "done": 3}
    assert states(campaign) == {"CANCELED": 3, "COMPLETED": 1}
    assert Lead.objects.filter(state="PENDING").count() == 1, "that of the other campaign"
    told = AuditEntry.objects.get(what="Taken out")
    assert (told.by, told.rows, told.details) == ("root", 3, {"filter": {"campaign": campaign.pk}})


def test_nothing_is_done_without_a_count_or_to_more_than_that(api: APIClient, campaign: Campaign) -> None:
    those = {"filter": {"campaign": campaign.pk}}
    uncounted = api.post(f"{API}/leads/cancel/", those)
    assert uncounted.json()["error"]["fields"][0]["field"] == "count"
    more = api.post(f"{API}/leads/cancel/", {**those, "count": 2})
    assert (more.status_code, more.json()["error"]["code"]) == (409, "more_than_counted")
    assert states(campaign) == {"COMPLETED": 1, "PENDING": 3}


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "filter"),
        ({"capmaign": 1}, "filter.capmaign"),
        ({"campaign": ""}, "filter.campaign"),
        ({"campaign": [1, 2]}, "filter.campaign"),
        ({"state": ["WAITING"]}, "filter.state"),
        ({"state": []}, "filter.state"),
        ({"state": [], "campaign": 1}, "filter.state"),
        ({"number": "nobody's"}, "filter.number"),
    ],
)
def test_a_filter_that_would_mean_everything_is_refused(api: APIClient, asked: dict[str, Any], field: str) -> None:
    reply = api.post(f"{API}/leads/cancel/", {"filter": asked, "dry_run": True})
    assert reply.status_code == 400
    assert reply.json()["error"]["fields"][0]["field"] == field


def test_leads_are_moved_and_called_back_together(api: APIClient, campaign: Campaign) -> None:
    those = {"filter": {"campaign": campaign.pk}, "count": 4}
    assert api.post(f"{API}/leads/priority/", {**those, "priority": 2}).json()["done"] == 3
    waiting = campaign.leads.filter(state="PENDING")
    assert {rank % 10 for rank in waiting.values_list("rank", flat=True)} == {2}
    at = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert api.post(f"{API}/leads/call-back/", {**those, "at": at}).json()["done"] == 4
    assert states(campaign) == {"PENDING": 4}
    assert not campaign.leads.filter(callback_at=None).exists()


def test_of_callbacks_all_are_set_or_none(api: APIClient, campaign: Campaign) -> None:
    far = (datetime.now(UTC) + timedelta(days=400)).isoformat()
    reply = api.post(f"{API}/leads/call-back/", {"filter": {"campaign": campaign.pk}, "count": 4, "at": far})
    assert reply.status_code == 409
    assert not campaign.leads.exclude(callback_at=None).exists()


def test_numbers_of_leads_are_suppressed(api: APIClient, campaign: Campaign) -> None:
    never = SuppressionList.objects.create(name="Never")
    those = {"filter": {"campaign": campaign.pk, "state": ["PENDING"]}, "suppression_list": never.pk}
    assert api.post(f"{API}/leads/suppress/", {**those, "count": 3, "reason": "Asked"}).json()["done"] == 3
    numbers = set(campaign.leads.filter(state="PENDING").values_list("number", flat=True))
    assert set(SuppressedNumber.objects.values_list("number", flat=True)) == numbers
    assert api.post(f"{API}/leads/suppress/", {**those, "count": 3}).json() == {"count": 3, "done": 0}


def test_a_suppression_that_is_over_by_now_is_refused(api: APIClient, campaign: Campaign) -> None:
    never = SuppressionList.objects.create(name="Never")
    those = {"filter": {"campaign": campaign.pk}, "suppression_list": never.pk, "count": 9}
    reply = api.post(f"{API}/leads/suppress/", {**those, "until": "2020-01-01T00:00:00Z"})
    assert reply.status_code == 400, reply.content
    assert [one["field"] for one in reply.json()["error"]["fields"]] == ["until"]
    assert not never.numbers.exists()


def test_running_campaigns_are_stopped_together_and_the_others_left(api: APIClient, campaign: Campaign) -> None:
    other = world.campaign(world.account(), leads=1)
    those = {"filter": {"account": campaign.account_id}}
    assert api.post(f"{API}/campaigns/stop/", {**those, "dry_run": True}).json()["count"] == 1
    done = api.post(f"{API}/campaigns/stop/", {**those, "count": 1, "reason": "Complaint"}).json()
    assert (done["ids"], done["not_done"]) == ([campaign.pk], [])
    campaign.refresh_from_db()
    other.refresh_from_db()
    assert (campaign.state, other.state) == ("STOPPED", "RUNNING")
    assert "Complaint" in campaign.state_reason
    assert states(campaign) == {"CANCELED": 3, "COMPLETED": 1}


def test_a_limited_key_acts_on_its_own_leads_only(campaign: Campaign) -> None:
    root = User.objects.create_superuser("root")
    other = Campaign.objects.exclude(pk=campaign.pk).latest("pk")
    client = APIClient()
    key = key_of(root, "admin", limits={"campaigns": [campaign.pk]})
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
    mine, others = {"filter": {"campaign": campaign.pk}}, {"filter": {"campaign": other.pk}}
    assert client.post(f"{API}/leads/cancel/", {**mine, "dry_run": True}).json()["count"] == 3
    assert client.post(f"{API}/leads/cancel/", {**others, "count": 9}).json()["done"] == 0
    assert client.post(f"{API}/campaigns/stop/", {"filter": {"id": [other.pk, 7]}, "count": 9}).json()["done"] == 0
    never = SuppressionList.objects.create(name="Never").pk
    barred = client.post(f"{API}/leads/suppress/", {**mine, "count": 9, "suppression_list": never})
    assert barred.status_code == 403
    other.refresh_from_db()
    assert other.state == "DRAFT"


def test_attempts_are_those_that_left_unless_others_are_asked_for(api: APIClient) -> None:
    lead = made.lead(made.campaign(), number="+919812345678")
    rang = made.attempt(lead, disposition="Interested")
    never = made.attempt(lead, is_burned=False, outcome="FAILED")
    live = made.attempt(lead, state="RINGING", is_burned=None)

    def found(query: str) -> set[int]:
        return {row["id"] for row in api.get(f"{API}/attempts/?{query}").json()["results"]}

    assert found("") == found("left=true") == {rang.pk, live.pk}
    assert found("left=false") == found("outcome=FAILED") == {never.pk}
    assert found("left=all") == {rang.pk, never.pk, live.pk}
    assert found("external_reference=ref-5678&left=all") == {rang.pk, never.pk, live.pk}
    assert found("external_reference=ref-0000") == set()
    assert found("disposition=interested") == {rang.pk}


def test_the_feed_is_read_by_campaign_and_kind_and_loses_no_position(api: APIClient) -> None:
    one, other = made.campaign(), made.campaign()
    for campaign in (one, other, one):
        notice = CampaignNotice.objects.create(campaign=campaign, kind=NoticeKind.values[0], created_at=made.NOON)
        FeedEntry.objects.create(kind="NOTICE", notice=notice)
    page = api.get(f"{API}/results/?campaign={one.pk}").json()
    assert ([row["notice"]["campaign"] for row in page["results"]], page["next_after"]) == ([one.pk, one.pk], 3)
    page = api.get(f"{API}/results/?kind=RESULT").json()
    assert (page["results"], page["next_after"]) == ([], 3)
    assert len(api.get(f"{API}/results/?kind=NOTICE&kind=RESULT").json()["results"]) == 3
    ended = made.lead(other, number="+919812345677")
    FeedEntry.objects.create(kind="LEAD_ENDED", lead=ended)
    page = api.get(f"{API}/results/?campaign={other.pk}&kind=LEAD_ENDED").json()
    assert [row["lead"]["id"] for row in page["results"]] == [ended.pk]
    assert api.get(f"{API}/results/?kind=NOTHING").status_code == 400
