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

from campaigns.models import Lead
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
