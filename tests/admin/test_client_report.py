"""The report of a campaign for its client: the numbers that the results and REST have, day by day, and no person."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.lifecycle.operations import stop_campaign
from campaigns.models import Campaign
from tests.admin import builders
from tests.api.conftest import API, with_token

pytestmark = pytest.mark.django_db


def called(**of_calls: Any) -> Campaign:
    """Return a campaign that called six people on two days."""
    made = builders.campaign(builders.account(), name="Renewals", state="RUNNING", time_zone="Asia/Kolkata")
    # Providers give calls that nobody took a disposition as well.
    said = ["sold", "sold", "not_interested", "RNR", "", "rejected"]
    outcomes = ["ANSWERED", "ANSWERED", "ANSWERED", "NO_ANSWER", "MACHINE", "BUSY"]
    for nth, (outcome, word) in enumerate(zip(outcomes, said, strict=True)):
        lead = builders.lead(made, f"+9199{nth:08}", state="COMPLETED", ended_at=timezone.now())
        builders.attempt(
            lead,
            outcome=outcome,
            disposition=word,
            nth=1,
            called_on=date(2026, 3, 2) + timedelta(days=nth % 2),
            **of_calls,
        )
    builders.lead(made, "+919955555555")
    return made


def page_of(client: Client, made: Campaign, **query: str) -> str:
    reply = client.get(reverse("admin:campaigns_campaign_report", args=[made.pk]), query)
    assert reply.status_code == 200
    return reply.content.decode()


def figures(page: str) -> dict[str, list[int]]:
    found = re.findall(r'data-figure="(\w+)">(.*?)</dd>', page, re.DOTALL)
    return {name: [int(one) for one in re.findall(r"\d+", re.sub(r"<[^>]*>", "", text))] for name, text in found}


def rows_of(page: str, section: str) -> list[str]:
    (part,) = re.findall(rf'<section id="{section}".*?</section>', page, re.DOTALL)
    return [
        re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", row))).strip()
        for row in re.findall(r"<tr.*?</tr>", part, re.DOTALL)[1:]
    ]


def test_people_whom_a_stop_canceled_are_told_apart(owner: Client) -> None:
    made = called()
    assert "6 have ended: they are not called again." in page_of(owner, made)
    stop_campaign(campaign_id=made.pk, now=timezone.now(), by="Asha")
    assert "7 have ended, 1 of them canceled: they are not called again." in page_of(owner, made)


def test_its_numbers_are_those_of_rest(owner: Client) -> None:
    made = called()
    page = page_of(owner, made, converted="sold")
    api = with_token(User.objects.create_superuser("root"))
    told = api.get(f"{API}/campaigns/{made.pk}/statistics/?converted=sold").json()
    progress = api.get(f"{API}/campaigns/{made.pk}/progress/").json()
    shown = figures(page)
    assert shown["leads"] == [progress["leads_total"]] == [7]
    assert shown["called"] == [6, 86]
    assert shown["calls"] == [told["total"]["calls"]] == [6]
    assert shown["contacts"][0] == told["total"]["contacts"] == 3
    assert shown["successes"] == [told["total"]["conversions"]] == [2]
    days = {row["value"]: row["calls"] for row in told["rows"] if row["by"] == "day"}
    assert days == {"2026-03-02": 3, "2026-03-03": 3}
    assert [row.split()[:5] for row in rows_of(page, "by-day")] == [
        ["Mon", "02", "Mar", "2026", "3"],
        ["Tue", "03", "Mar", "2026", "3"],
    ]
    assert "2 calls were a success: 67 % of those that a person took" in page
    assert any(row.startswith("Busy 1 17 % The line was busy") for row in rows_of(page, "outcomes"))
    assert rows_of(page, "dispositions") == ["Sold 2 67 % a success", "Not interested 1 33 %"]
    # The days of the results tab lead to their calls.
    results = owner.get(reverse("admin:campaigns_campaign_results", args=[made.pk])).content.decode()
    (link,) = re.findall(r'href="([^"]*day=2026-03-03)"', results)
    assert owner.get(unescape(link)).content.decode().count('href="/admin/campaigns/attempt/') >= 3
    assert owner.get(unescape(link).replace("2026-03-03", "2026-13-03"), follow=True).status_code == 200


@pytest.mark.parametrize("is_told", [True, False])
def test_talk_that_no_provider_tells_is_no_zero(owner: Client, is_told: bool) -> None:
    made = called() if is_told else called(talk_seconds=None)
    api = with_token(User.objects.create_superuser("root"))
    total = api.get(f"{API}/campaigns/{made.pk}/statistics/").json()["total"]
    assert (total["is_talk_told"], total["talk_seconds"]) == (is_told, 366.0 if is_told else 0.0)
    page = page_of(owner, made)
    assert ('data-figure="talk"' in page) is is_told
    assert ("Talk (min)" in page) is is_told
    results = owner.get(reverse("admin:campaigns_campaign_results", args=[made.pk])).content.decode()
    assert ("6 min 6 s" in results) is is_told
    assert ('data-figure="talk">not told by VoxCore' in results) is not is_told


def test_it_names_the_client_and_no_person(owner: Client) -> None:
    made = called()
    page = page_of(owner, made, **{"for": "Acme <Ltd>"})
    assert "Report for Acme &lt;Ltd&gt;" in page
    assert not re.search(r"\+91\d{6}", page)
    assert "2 Mar 2026 to 3 Mar 2026" in page


def test_it_says_when_there_is_nothing_yet(owner: Client) -> None:
    made = builders.campaign(builders.account())
    assert "No call of this campaign has ended yet" in page_of(owner, made)
