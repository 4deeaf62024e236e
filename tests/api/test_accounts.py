"""Accounts: secrets go in and never come out."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from dialer.models import ProviderAccount
from tests.api import made
from tests.api.conftest import API, ClientFor

pytestmark = pytest.mark.django_db

SECRETS = ("the-secret-key", "the-secret-token")


def test_an_account_is_made_at_any_address_and_shows_what_the_provider_must_be_told(api: APIClient) -> None:
    reply = api.post(f"{API}/accounts/", made.ACCOUNT)
    assert reply.status_code == 201, reply.content
    body = reply.json()
    account = ProviderAccount.objects.get()
    assert body["base_url"] == "http://10.0.0.7:8080/tenant/one"
    assert body["credentials_set"] == ["api_key", "push_token"]
    assert body["push_url"] == account.push_url
    assert body["push_setup"]["url"] == account.push_url
    assert account.credentials == made.ACCOUNT["credentials"]


def test_secrets_never_come_back(api: APIClient) -> None:
    created = api.post(f"{API}/accounts/", made.ACCOUNT)
    path = f"{API}/accounts/{created.json()['id']}/"
    replies = [created, api.get(path), api.get(f"{API}/accounts/"), api.patch(path, {"name": "Other"})]
    replies.append(api.patch(path, {"credentials": {"nonsense": "the-secret-key"}}))
    for reply in replies:
        for secret in SECRETS:
            assert secret not in reply.content.decode()


def test_the_push_address_is_a_secret_to_those_who_only_read(client_for: ClientFor) -> None:
    account = made.account()
    shown = client_for("dialer.view_provideraccount").get(f"{API}/accounts/{account.pk}/")
    assert shown.json()["push_url"] is None
    assert account.push_token not in shown.content.decode()


@pytest.mark.parametrize(
    ("credentials", "says"),
    [({}, "api_key: required"), ({"api_key": "x", "push_token": "y", "user": "z"}, "user: unknown")],
)
def test_credentials_are_judged_by_what_the_provider_declares(
    api: APIClient, credentials: dict[str, str], says: str
) -> None:
    error = api.post(f"{API}/accounts/", {**made.ACCOUNT, "credentials": credentials}).json()["error"]
    assert {field["field"] for field in error["fields"]} == {"credentials"}
    assert any(says in field["message"] for field in error["fields"])


def test_a_patch_changes_one_credential_and_leaves_the_others(api: APIClient) -> None:
    account = made.account()
    assert api.patch(f"{API}/accounts/{account.pk}/", {"credentials": {"api_key": "new"}}).status_code == 200
    account.refresh_from_db()
    assert account.credentials == {"api_key": "new", "push_token": "the-secret-token"}


def test_stored_secrets_are_not_taken_along_to_another_host(api: APIClient) -> None:
    account = made.account()
    path = f"{API}/accounts/{account.pk}/"
    error = api.patch(path, {"base_url": "http://elsewhere.example/tenant/one"}).json()["error"]
    assert error["fields"][0]["field"] == "credentials"
    assert api.patch(path, {"base_url": "http://10.0.0.7:8080/tenant/two"}).status_code == 200
    moved = api.patch(
        path, {"base_url": "http://elsewhere.example/", "credentials": {"api_key": "n", "push_token": "m"}}
    )
    assert moved.status_code == 200
    assert moved.json()["base_url"] == "http://elsewhere.example/"


def test_an_account_stays_at_its_provider(api: APIClient) -> None:
    account = made.account()
    error = api.patch(f"{API}/accounts/{account.pk}/", {"provider": "intellicall"}).json()["error"]
    assert "provider" in {field["field"] for field in error["fields"]}


def test_providers_tell_what_they_ask_for(api: APIClient) -> None:
    found = {provider["slug"]: provider for provider in api.get(f"{API}/providers/").json()}
    voxcore = found["voxcore"]
    assert {field["name"] for field in voxcore["credential_fields"] if field["secret"]} == {"api_key", "push_token"}
    assert [action["action"] for action in voxcore["actions"]] == ["VOICE_BOT"]
    assert voxcore["actions"][0]["options"][0]["name"] == "bot_id"
    assert voxcore["capabilities"]["pushes"] is True


def test_a_patch_writes_back_nothing_that_changed_meanwhile(api: APIClient) -> None:
    campaign = made.campaign()
    type(campaign).objects.update(state="RUNNING")
    assert api.patch(f"{API}/campaigns/{campaign.pk}/", {"max_live_calls": 3}).json()["state"] == "RUNNING"
