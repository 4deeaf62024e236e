"""What goes with every exchange: an id, an ETag, where one stands in one's minute, problem+json, and other origins."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from campaigns.models import ContactList
from dialer.api.throttling import Minutes, minutes
from tests.api import made
from tests.api.conftest import API, with_token

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minutes, "_counts", {})


@pytest.mark.parametrize("path", ["campaigns/{}/", "campaigns/{}/progress/", "lists/", "leads/?campaign={}"])
def test_what_has_not_changed_is_not_sent_again(api: APIClient, path: str) -> None:
    campaign = made.campaign()
    url = f"{API}/{path.format(campaign.pk)}"
    first = api.get(url)
    again = api.get(url, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    made.lead(campaign, number="+919812345678")
    campaign.name = "Another"
    campaign.save()
    changed = api.get(url, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]


def test_no_cache_between_keeps_an_answer(api: APIClient) -> None:
    assert api.get(f"{API}/lists/").headers["Cache-Control"] == "private, no-cache"
    made_key = api.post(f"{API}/keys/", {"name": "Nightly", "scopes": ["read"]})
    assert made_key.headers["Cache-Control"] == "no-store"


def test_a_reply_has_the_fields_that_are_asked_for(api: APIClient) -> None:
    campaign = made.campaign()
    one = api.get(f"{API}/campaigns/{campaign.pk}/?fields=id,state").json()
    assert one == {"id": campaign.pk, "state": "DRAFT"}
    many = api.get(f"{API}/lists/?fields=name,contacts&page_size=1").json()
    assert many["results"] == [{"name": "List 1", "contacts": 0}]
    assert api.get(f"{API}/campaigns/{campaign.pk}/progress/?fields=live_calls").json() == {"live_calls": 0}


@pytest.mark.parametrize(
    "path", ["accounts", "attempts", "campaigns", "contacts", "dids", "keys", "leads", "templates"]
)
def test_every_list_can_be_asked_for_each_of_its_fields_alone(api: APIClient, path: str) -> None:
    of = made.campaign()
    made.attempt(made.lead(of, number="+919812345678"), detail="Busy")
    (whole, *_) = api.get(f"{API}/{path}/").json()["results"]
    for name in whole:
        reply = api.get(f"{API}/{path}/?fields={name}")
        assert reply.status_code == 200, name
        assert reply.json()["results"][0].keys() == {name}


@pytest.mark.parametrize("path", ["subscriptions", "import-sources", "events"])
def test_lists_without_rows_can_be_asked_for_fields(api: APIClient, path: str) -> None:
    assert api.get(f"{API}/{path}/?fields=id").json()["results"] == []


def test_a_field_that_is_not_there_is_refused_with_the_nearest(api: APIClient) -> None:
    error = api.get(f"{API}/campaigns/?fields=id,stat").json()["error"]
    assert error["fields"][0] == {
        "field": "fields",
        "row": None,
        "message": "There is no such field; did you mean `state`?",
    }


def test_an_id_of_the_request_comes_back_and_stands_in_the_log(
    api: APIClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert api.get(f"{API}/lists/", headers={"X-Request-ID": "crm-4711"}).headers["X-Request-ID"] == "crm-4711"
    fresh = {api.get(f"{API}/lists/").headers["X-Request-ID"] for _ in range(2)}
    assert len(fresh) == 2
    odd = api.get(f"{API}/lists/", headers={"X-Request-ID": "a b\tc"})
    assert odd.headers["X-Request-ID"] != "a b\tc"
    monkeypatch.setattr("campaigns.api.lists.ContactListViewSet.queryset", None)
    failed = api.get(f"{API}/lists/", headers={"X-Request-ID": "crm-4712"})
    assert failed.status_code == 500
    assert any("crm-4712" in str(record.msg) for record in caplog.records if record.name == "dialer.api.errors")


def test_who_accepts_problems_gets_them_with_our_code(api: APIClient) -> None:
    accept = {"Accept": "application/problem+json, application/json"}
    reply = api.post(f"{API}/lists/", {"name": ""}, headers=accept)
    assert reply.headers["Content-Type"] == "application/problem+json"
    problem = json.loads(reply.content)
    assert (problem["status"], problem["title"], problem["code"]) == (400, "Bad Request", "invalid")
    assert problem["fields"][0]["field"] == "name"
    assert problem["instance"] == f"{API}/lists/"
    fine = api.get(f"{API}/lists/", headers=accept)
    assert fine.headers["Content-Type"] == "application/json"
    assert APIClient().get(f"{API}/lists/", headers=accept).json()["code"] == "not_authenticated"


def test_nobody_is_refused_for_what_he_accepts(api: APIClient) -> None:
    assert api.get(f"{API}/lists/", headers={"Accept": "text/html"}).status_code == 200


def test_a_key_that_asks_too_often_is_told_when_to_ask_again(settings: Any) -> None:
    settings.DIALER_REQUESTS_PER_MINUTE = 3
    user = User.objects.create_superuser("root")
    busy, other = with_token(user), with_token(user)
    left = [busy.get(f"{API}/lists/").headers["RateLimit-Remaining"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    refused = busy.post(f"{API}/lists/", {"name": "November"}, headers={"Idempotency-Key": "k"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "throttled")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert (refused.headers["RateLimit-Limit"], refused.headers["RateLimit-Remaining"]) == ("3", "0")
    assert not ContactList.objects.exists()
    assert other.get(f"{API}/lists/").status_code == 200, "another key has a minute of its own"
    assert APIClient().get(f"{API}/health/").status_code == 200


def test_a_minute_ends() -> None:
    counts = Minutes()
    assert [counts.count("key 1", limit=2, now_seconds=at).left for at in (100.0, 130.0, 159.0, 160.0)] == [1, 0, -1, 1]
    assert counts.count("key 1", limit=2, now_seconds=170.0).resets_in_seconds == 50.0


def test_there_is_no_limit_where_none_is_set(api: APIClient, settings: Any) -> None:
    settings.DIALER_REQUESTS_PER_MINUTE = 0
    assert "RateLimit-Limit" not in api.get(f"{API}/lists/").headers


def test_pages_of_the_origins_that_are_set_may_use_rest_and_no_others(settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://crm.example"]
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "idempotency-key"}
    there = APIClient().options(f"{API}/lists/", headers={"Origin": "https://crm.example", **asks})
    assert there.headers["Access-Control-Allow-Origin"] == "https://crm.example"
    assert "idempotency-key" in there.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in there.headers
    other = APIClient().options(f"{API}/lists/", headers={"Origin": "https://evil.example", **asks})
    assert "Access-Control-Allow-Origin" not in other.headers
    admin = APIClient().get("/admin/login/", headers={"Origin": "https://crm.example"})
    assert "Access-Control-Allow-Origin" not in admin.headers
