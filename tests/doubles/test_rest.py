"""REST: the same POST again under the same key is answered as before, and changes nothing at all."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from dialer.models import KeptAnswer
from dialer.once import forget_old_answers
from dialer.sandbox.client import SandboxClient
from tests.acts.left import act_of_post, left_entry
from tests.api import made
from tests.api.conftest import API, api, client_for
from tests.doubles.asked import ASKED, NOT_ASKED, PERSON, House, everything, posts
from tests.sandbox.carrier import PushReceiver, carrier_process, receiver, sandbox

__all__ = ["api", "carrier_process", "client_for", "receiver", "sandbox"]
pytestmark = pytest.mark.django_db
KEY = {"Idempotency-Key": "k-1"}


@pytest.fixture
def house(sandbox: SandboxClient, receiver: PushReceiver, settings: Any, tmp_path: Path) -> House:
    (tmp_path / "november.csv").write_text("phone\n+919812345678\n")
    settings.DIALER_IMPORT_FOLDER = str(tmp_path)
    settings.DIALER_ALLOW_PRIVATE_ADDRESSES = True
    settings.PUBLIC_BASE_URL = "https://dialer.example"
    return House(sandbox, receiver.url)


def test_every_post_is_asked_or_named_with_a_reason() -> None:
    assert set(ASKED) | set(NOT_ASKED) == set(posts())


@pytest.mark.parametrize("path", ASKED)
def test_the_same_again_is_answered_as_before_and_changes_nothing(
    api: APIClient, house: House, sandbox: SandboxClient, path: str
) -> None:
    pk, body = ASKED[path](house)
    url = f"{API}/{path.format(pk)}"
    first = api.post(url, body, headers=KEY)
    assert first.status_code < 300, first.content
    assert left_entry(act_of_post(posts()[path]), by="root", face="REST")
    before, changes = everything(), _changes(sandbox)
    again = api.post(url, body, headers=KEY)
    callback = posts()[path]
    if getattr(callback, "initkwargs", {}).get("keeps_keys") or callback.cls.keeps_keys:
        assert again.status_code == 200, again.content
    else:
        assert (again.status_code, again.json()) == (first.status_code, first.json())
        assert again.headers["Idempotent-Replayed"] == "true"
    assert everything() == before
    assert _changes(sandbox) == changes


def _changes(sandbox: SandboxClient) -> list[Any]:
    """Return what the carrier was asked to change."""
    return [one.get("changes") for one in sandbox.summary()["accounts"].values()]


@pytest.mark.parametrize(
    ("path", "other"), [("lists/", {"name": "December"}), ("campaigns/{}/pause/", {"reason": "x"})]
)
def test_a_key_with_another_body_is_refused_and_does_nothing(
    api: APIClient, house: House, path: str, other: dict[str, Any]
) -> None:
    pk, body = ASKED[path](house)
    api.post(f"{API}/{path.format(pk)}", body, headers=KEY)
    before = everything()
    reply = api.post(f"{API}/{path.format(pk)}", other, headers=KEY)
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "idempotency_key_reused")
    elsewhere = api.post(f"{API}/templates/", made.TEMPLATE, headers=KEY)
    assert (elsewhere.status_code, elsewhere.json()["error"]["code"]) == (409, "idempotency_key_reused")
    assert everything() == before


def test_what_was_refused_leaves_the_key_free(api: APIClient) -> None:
    assert api.post(f"{API}/lists/", {"name": ""}, headers=KEY).status_code == 400
    assert api.post(f"{API}/accounts/999/check/", {}, headers=KEY).status_code == 404
    assert not KeptAnswer.objects.exists()
    assert api.post(f"{API}/lists/", {"name": "November"}, headers=KEY).status_code == 201


def test_a_key_that_is_too_long_is_refused_by_name(api: APIClient) -> None:
    reply = api.post(f"{API}/lists/", {"name": "November"}, headers={"Idempotency-Key": "k" * 101})
    assert reply.json()["error"]["fields"][0]["field"] == "Idempotency-Key"


def test_another_user_may_use_the_same_key(api: APIClient, client_for: Any) -> None:
    other = client_for("campaigns.add_contactlist")
    assert api.post(f"{API}/lists/", {"name": "November"}, headers=KEY).status_code == 201
    assert other.post(f"{API}/lists/", {"name": "December"}, headers=KEY).status_code == 201


def test_a_kept_answer_is_no_way_around_a_right_that_was_taken(client_for: Any) -> None:
    user = client_for("campaigns.add_contactlist")
    assert user.post(f"{API}/lists/", {"name": "November"}, headers=KEY).status_code == 201
    User.objects.get().user_permissions.clear()
    assert user.post(f"{API}/lists/", {"name": "November"}, headers=KEY).status_code == 403


def test_secrets_that_are_shown_once_are_kept_encrypted(api: APIClient, house: House) -> None:
    reply = api.post(f"{API}/subscriptions/", {"name": "Our own receiver", "url": house.receiver_url}, headers=KEY)
    with connection.cursor() as cursor:
        cursor.execute("SELECT answer FROM dialer_keptanswer")
        stored = str(cursor.fetchall())
    assert reply.json()["secret"] not in stored
    assert "Our own receiver" not in stored


def test_an_answer_is_kept_for_a_day_and_no_longer(api: APIClient) -> None:
    api.post(f"{API}/lists/", {"name": "November"}, headers=KEY)
    KeptAnswer.objects.update(asked_at=timezone.now() - timedelta(hours=23))
    assert api.post(f"{API}/lists/", {"name": "November"}, headers=KEY).status_code == 201
    assert forget_old_answers(now=timezone.now()) == 0
    KeptAnswer.objects.update(asked_at=timezone.now() - timedelta(hours=24))
    assert api.post(f"{API}/lists/", {"name": "November"}, headers=KEY).status_code == 400, "done anew"


def test_old_answers_are_deleted_in_pieces(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dialer.once.PIECE", 2)
    for number in range(5):
        api.post(f"{API}/lists/", {"name": f"List {number}"}, headers={"Idempotency-Key": f"k-{number}"})
    KeptAnswer.objects.filter(key__lt="k-4").update(asked_at=timezone.now() - timedelta(days=2))
    assert forget_old_answers(now=timezone.now()) == 4
    assert [one.key for one in KeptAnswer.objects.all()] == ["k-4"]


def test_what_broke_off_at_a_provider_is_said_to_be_uncertain(api: APIClient, house: House) -> None:
    url = f"{API}/accounts/{house.there().pk}/add-agent/"
    assert api.post(url, PERSON, headers=KEY).status_code == 201
    KeptAnswer.objects.update(is_done=False)  # as if the process had died before the answer was kept
    before = everything()
    reply = api.post(url, PERSON, headers=KEY)
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "uncertain")
    assert everything() == before
