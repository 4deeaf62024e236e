"""What came of a campaign: the numbers that REST tells, from the same counts, each with the way to its rows."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from campaigns.counting.folding import fold_all
from campaigns.models import Attempt, Campaign
from tests.admin import builders, scenes
from tests.api.conftest import api, client_for

__all__ = ["api", "client_for"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign() -> Campaign:
    """A campaign with calls of several outcomes, hours and dispositions; some of its counts are folded, some not."""
    made = scenes.under_way("Renewals", 1)
    scenes.ended(made, "ANSWERED ANSWERED BUSY", first=100, at=timezone.now() - timedelta(minutes=2))
    fold_all()
    scenes.ended(made, "ANSWERED NO_ANSWER", first=200, at=timezone.now())
    for nth, attempt in enumerate(Attempt.objects.filter(campaign=made).order_by("pk")):
        Attempt.objects.filter(pk=attempt.pk).update(
            nth=1 + nth % 2, week_hour=9 + 24 * nth, contact_list=made.contact_lists.get(),
            disposition="Interested" if attempt.outcome == "ANSWERED" else "",
        )  # fmt: skip
    return made


def page_of(client: Client, campaign: Campaign, query: str = "") -> str:
    return client.get(reverse("admin:campaigns_campaign_results", args=[campaign.pk]) + query).content.decode()


def cells(page: str, by: str) -> dict[str, list[str]]:
    part = page.partition(f'id="by-{by}"')[2].partition("</section>")[0]
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', part, re.S)
    return {
        unescape(name): [re.sub(r"<[^>]+>", "", one).strip() for one in re.findall(r"<td.*?</td>", cell)]
        for name, cell in rows
    }


def test_each_table_has_the_numbers_of_rest(owner: Client, api: APIClient, campaign: Campaign) -> None:
    page = page_of(owner, campaign)
    told = api.get(f"/api/v1/campaigns/{campaign.pk}/statistics/").json()
    assert {row["by"] for row in told["rows"]} >= {"attempt", "hour", "weekday", "did", "list", "disposition"}
    for by in ("attempt", "hour", "weekday", "did", "list"):
        rows = [row for row in told["rows"] if row["by"] == by]
        assert {name: cell[0] for name, cell in cells(page, by).items()} == {
            row["name"]: str(row["calls"]) for row in rows
        }, by
    assert cells(page, "disposition")["interested"][0] == "3"


def test_the_way_from_leads_to_conversions(owner: Client, campaign: Campaign) -> None:
    page = page_of(owner, campaign, "?converted=interested")
    part = page.partition('id="funnel"')[2].partition("</section>")[0]
    assert re.findall(r'data-figure="([\w-]+)">(\d+)</a>', part) == [
        ("leads", "5"), ("called-at-least-once", "3"), ("calls-answered-by-a-person", "3"), ("conversions", "3"),
    ]  # fmt: skip


@pytest.mark.parametrize("by", ["attempt", "hour", "weekday", "did", "list", "disposition"])
def test_each_number_leads_to_its_calls(owner: Client, campaign: Campaign, by: str) -> None:
    part = page_of(owner, campaign).partition(f'id="by-{by}"')[2].partition("</section>")[0]
    linked = re.findall(r'<a href="([^"]+)">(\d+)</a>', part)
    assert linked
    for address, number in linked:
        assert len(owner.get(unescape(address)).context["cl"].result_list) == int(number), address


def test_before_the_first_call_it_says_so(owner: Client) -> None:
    assert "No call has ended yet" in page_of(owner, builders.campaign(builders.account()))


def test_odd_addresses_are_no_error(owner: Client, campaign: Campaign) -> None:
    calls = f"{reverse('admin:campaigns_attempt_changelist')}?campaign__id__exact={campaign.pk}"
    for odd in ("nth=x", "nth=-1", "hour=24", "weekday=0", "weekday=8", "contact_list=9" * 30, "disposition=%00"):
        assert owner.get(f"{calls}&{odd}", follow=True).status_code == 200, odd
    assert "conversions" in page_of(owner, campaign, "?converted=nobody&converted=%00")
