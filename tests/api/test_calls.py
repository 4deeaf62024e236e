"""Single calls: one lead each in a standing campaign, once a key, by the same rules."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from campaigns.models import Campaign, Lead
from tests.api import made
from tests.api.conftest import API, ClientFor

pytestmark = pytest.mark.django_db


def test_a_call_by_account_and_template_is_a_lead_of_their_standing_campaign(api: APIClient) -> None:
    of = made.campaign()
    body = {"number": "98123 45678", "region": "IN", "account": of.account_id, "template": of.template_id}
    at = timezone.now() + timedelta(days=3)
    first = api.post(f"{API}/calls/", {**body, "variables": {"due": "77"}}, headers={"Idempotency-Key": "k-1"})
    assert first.status_code == 201, first.content
    again = api.post(f"{API}/calls/", {**body, "variables": {"due": "77"}}, headers={"Idempotency-Key": "k-1"})
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    other = api.post(f"{API}/calls/", body, headers={"Idempotency-Key": "k-1"})
    assert (other.status_code, other.json()["error"]["code"]) == (409, "idempotency_key_reused")
    later = api.post(f"{API}/calls/", {**body, "at": at.isoformat()})
    assert later.status_code == 201
    standing = Campaign.objects.exclude(pk=of.pk).get()
    assert (standing.state, standing.is_standing, standing.dids.count()) == ("RUNNING", True, 1)
    one, two = Lead.objects.order_by("id")
    assert (one.campaign_id, two.campaign_id, one.contact_id) == (standing.pk, standing.pk, two.contact_id)
    assert (one.number, one.variables, two.occasion) == ("+919812345678", {"due": "77"}, one.occasion + 1)
    assert two.next_attempt_at >= at


def test_a_call_that_cannot_be_is_refused_in_words(api: APIClient, client_for: ClientFor) -> None:
    of = made.campaign(state="RUNNING")
    path = f"{API}/calls/"
    assert "standing" in api.post(path, {"number": "+919812345678", "campaign": of.pk}).json()["error"]["message"]
    wrong = api.post(path, {"number": "12", "account": of.account_id, "template": of.template_id})
    assert wrong.json()["error"]["fields"][0]["field"] == "number"
    assert api.post(path, {"number": "+919812345678"}).status_code == 400
    assert client_for().post(path, {"number": "+919812345678"}).status_code == 403
    Campaign.objects.update(is_standing=True, state="PAUSED")
    paused = api.post(path, {"number": "+919812345678", "campaign": of.pk})
    assert (paused.status_code, paused.json()["error"]["code"]) == (409, "wrong_state")
    assert Lead.objects.count() == 0
