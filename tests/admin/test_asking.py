"""Callbacks and calls to one's own phone, from the admin."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Callback, Campaign, Lead
from tests.admin import builders

pytestmark = pytest.mark.django_db


def test_a_lead_is_called_back_at_the_instant_that_was_entered(owner: Client, viewer: Client) -> None:
    made = builders.campaign(builders.account(), state="RUNNING")
    lead = builders.lead(made, "+919812345678")
    at = (timezone.now() + timedelta(days=1)).replace(second=0, microsecond=0)
    address = reverse("admin:campaigns_lead_call_back", args=[lead.pk])
    entered = {"at": f"{at:%Y-%m-%dT%H:%M}", "note": "after lunch"}
    assert viewer.post(address, entered).status_code == 403
    assert address not in viewer.get(reverse("admin:campaigns_lead_change", args=[lead.pk])).content.decode()
    assert address in owner.get(reverse("admin:campaigns_lead_change", args=[lead.pk])).content.decode()
    owner.post(address, entered)
    assert Callback.objects.get().set_by == "olga"
    assert Lead.objects.get().callback_at == at


def test_my_own_phone_rings_as_a_lead_of_the_standing_campaign_for_tests(owner: Client, viewer: Client) -> None:
    made = builders.campaign(builders.account())
    address = reverse("admin:campaigns_campaign_ring", args=[made.pk])
    assert viewer.post(address, {"number": "+919812345678"}).status_code == 403
    refused = owner.post(address, {"number": "98123"})
    assert "country code" in " ".join(map(str, get_messages(refused.wsgi_request)))
    for _ in range(2):
        owner.post(address, {"number": "+919812345678"})
    standing = Campaign.objects.exclude(pk=made.pk).get()
    assert standing.name.startswith("Test calls")
    assert (standing.is_standing, standing.state, standing.leads.count()) == (True, "RUNNING", 2)
