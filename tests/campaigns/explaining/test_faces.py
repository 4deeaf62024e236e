"""Explanations as people and programs get them."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from rest_framework.test import APIClient

from campaigns.models import Campaign, Lead
from tests.admin.conftest import owner, viewer
from tests.api.conftest import api, client_for
from tests.campaigns.world import account, campaign, set_fleet

__all__ = ["api", "client_for", "owner", "viewer"]

pytestmark = pytest.mark.django_db


def waiting_lead(**fields: Any) -> Lead:
    """Return a lead of a running campaign that may be called but for ``fields``."""
    dialed = account()
    set_fleet(dialed, available=100, at=datetime.now(UTC))
    made = campaign(dialed, leads=1)
    Lead.objects.filter(campaign=made).update(**{"next_attempt_at": datetime.now(UTC) - timedelta(hours=1), **fields})
    return made.leads.get()


def printed(*arguments: str) -> str:
    out = io.StringIO()
    call_command("explain", *arguments, stdout=out)
    return out.getvalue()


def test_the_api_says_that_a_lead_may_be_called_and_by_which_rules(api: APIClient) -> None:
    lead = waiting_lead()
    reply = api.get(f"/api/v1/leads/{lead.pk}/explanation/")
    assert reply.status_code == 200, reply.content
    found = reply.json()
    assert (found["allowed"], found["effect"], found["limit"]) == (True, "CALL", "NONE")
    assert {"RULES", "SUPPRESSION", "DID", "FLEET", "DUE", "RETRY"} <= {check["limit"] for check in found["checks"]}


def test_the_api_names_the_instant_at_which_it_is_due(api: APIClient) -> None:
    due = datetime(2099, 1, 5, 12, tzinfo=UTC)
    found = api.get(f"/api/v1/leads/{waiting_lead(next_attempt_at=due).pk}/explanation/").json()
    assert (found["allowed"], found["limit"], found["next_at"]) == (False, "DUE", "2099-01-05T12:00:00Z")


def test_who_may_not_see_leads_is_told_nothing(client_for: Any) -> None:
    lead = waiting_lead()
    assert client_for("campaigns.view_campaign").get(f"/api/v1/leads/{lead.pk}/explanation/").status_code == 403


def test_the_command_takes_an_id_or_a_number() -> None:
    lead = waiting_lead(state="COMPLETED", state_reason="Sold", ended_at=datetime.now(UTC))
    for which in (str(lead.pk), lead.number):
        assert "It is completed: Sold." in printed("lead", which)
    assert orjson.loads(printed("lead", str(lead.pk), "--json"))["limit"] == "LEAD_STATE"
    with pytest.raises(CommandError, match="no lead"):
        printed("lead", "999999999")


def test_the_page_of_a_lead_says_why_not_now(viewer: Client) -> None:
    lead = waiting_lead(state="CANCELED", state_reason="Wrong person", ended_at=datetime.now(UTC))
    page = viewer.get(f"/admin/campaigns/lead/{lead.pk}/change/").content.decode()
    assert "Why not now?" in page
    assert "It is canceled: Wrong person." in page


def test_the_api_says_what_holds_a_campaign_back(api: APIClient) -> None:
    made = waiting_lead().campaign
    found = api.get(f"/api/v1/campaigns/{made.pk}/explanation/").json()
    assert (found["limit"], found["due_now"], found["history"]) == ("NONE", 1, [])


def test_the_page_of_a_campaign_and_the_command_say_it_too(viewer: Client) -> None:
    made = waiting_lead().campaign
    Campaign.objects.filter(pk=made.pk).update(state="PAUSED", state_reason="Paused by Asha")
    page = viewer.get(f"/admin/campaigns/campaign/{made.pk}/live/").content.decode()
    for text in (page, printed("campaign", str(made.pk))):
        assert "The campaign is paused by Asha." in text
    assert orjson.loads(printed("campaign", str(made.pk), "--json"))["limit"] == "CAMPAIGN_STATE"


def test_the_record_of_a_number_is_for_those_who_may_see_calls_and_decisions(client_for: Any, viewer: Client) -> None:
    lead = waiting_lead()
    address = f"/api/v1/evidence/?number=%2B{lead.number[1:]}"
    assert client_for("campaigns.view_attempt").get(address).status_code == 403
    may = client_for("campaigns.view_attempt", "campaigns.view_skip")
    reply = may.get(address)
    lines = [orjson.loads(line) for line in b"".join(reply.streaming_content).splitlines()]
    assert [line["kind"] for line in lines] == ["LEAD"]
    assert may.get(f"{address}&form=csv").getvalue().startswith(b"\xef\xbb\xbfkind,at,number")
    assert may.get("/api/v1/evidence/?number=12").status_code == 400
    assert viewer.get(f"/admin/campaigns/lead/{lead.pk}/evidence.csv").getvalue().count(lead.number.encode()) == 1
    assert printed("number", lead.number, "--csv").count(lead.number) == 1
