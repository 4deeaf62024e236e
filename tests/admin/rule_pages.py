"""The form of a campaign as a browser sends it, beside what REST reads of its rules."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from campaigns.models import Campaign
from tests.admin.sent import Inputs, inputs_of
from tests.api.conftest import with_token

RULES = ("retry_rules", "windows", "caps", "blackout_dates", "minimum_gap_seconds", "time_zone", "opt_out_words")


@pytest.fixture
def api(owner: Client) -> APIClient:
    """A client of REST, of the one who is logged in."""
    return with_token(User.objects.get(username="olga"))


def page_of(campaign: Campaign) -> str:
    """Return the address of the campaign's form."""
    return reverse("admin:campaigns_campaign_change", args=[campaign.pk])


def shown(client: Client, campaign: Campaign) -> Inputs:
    """Return what a browser sends of the campaign's page."""
    return inputs_of(client.get(page_of(campaign)).content.decode(), form="campaign_form")


def save(client: Client, campaign: Campaign, inputs: Inputs) -> Any:
    """Send the form."""
    return client.post(page_of(campaign), inputs)


def rules_in(api: APIClient, campaign: Campaign) -> dict[str, Any]:
    """Return what REST reads."""
    found = api.get(f"/api/v1/campaigns/{campaign.pk}/").json()
    return {name: found[name] for name in (*RULES, "window_opens", "window_closes")}
