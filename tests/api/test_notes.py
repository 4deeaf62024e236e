"""Notes on calls by REST and in the admin: who may write them, what is said, and what is shown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from campaigns.models import Attempt, CallNote
from dialer.models import ProviderAccount, SyncedItem
from tests.admin import builders
from tests.admin.conftest import owner, viewer
from tests.api import made
from tests.api.conftest import API, ClientFor
from tests.api.test_errors import error_of

__all__ = ["owner", "viewer"]
pytestmark = pytest.mark.django_db
WRITER = ("campaigns.view_attempt", "campaigns.view_callnote", "campaigns.add_callnote")


def ended(provider: str = "ivrsolutions", **settings: str) -> Attempt:
    """Return an attempt that was answered, at an account whose dispositions are synced."""
    account = made.account(provider=provider, settings=settings, credentials={"api_key": "key"})
    for number, name in enumerate(("Interested", "Wrong Number"), start=1):
        SyncedItem.objects.create(
            account=account, kind="DISPOSITION", external_id=str(number), name=name, seen_at=datetime.now(UTC)
        )
    lead = made.lead(made.campaign(account=account), number="+919812345678")
    return made.attempt(lead, outcome="ANSWERED")


def post(client: APIClient, attempt: Attempt, **body: Any) -> Any:
    return client.post(f"{API}/attempts/{attempt.pk}/notes/", body, format="json")


def test_a_note_is_written_listed_and_filtered(client_for: ClientFor) -> None:
    attempt, client = ended(write_back="remark"), client_for(*WRITER)
    reply = post(client, attempt, disposition="interested", text="Wants a call")
    assert reply.status_code == 201, reply.content
    note = reply.json()
    assert (note["disposition"], note["text"], note["state"]) == ("Interested", "Wants a call", "WAITING")
    assert note["written_by"].startswith("user-")
    assert client.get(f"{API}/attempts/{attempt.pk}/notes/").json() == [note]
    listed = client.get(f"{API}/call-notes/?attempt={attempt.pk}&state=WAITING").json()["results"]
    assert listed == [note]
    assert client.get(f"{API}/call-notes/?state=SENT").json()["results"] == []
    assert client.get(f"{API}/attempts/{attempt.pk}/").json()["disposition"] == "Interested"


def test_the_same_key_writes_one_note_and_another_body_is_refused(client_for: ClientFor) -> None:
    attempt, client = ended(), client_for(*WRITER)
    url, key = f"{API}/attempts/{attempt.pk}/notes/", {"Idempotency-Key": "k-1"}
    first, again = (client.post(url, {"text": "Hello"}, format="json", headers=key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    other = client.post(url, {"text": "Bye"}, format="json", headers=key)
    assert error_of(other, 409)["code"] == "idempotency_key_reused"


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({}, "text", "Write a text, or choose a disposition."),
        ({"disposition": "Rainy"}, "disposition", "The account's dispositions are: Interested, Wrong Number."),
        ({"text": "x" * 501}, "text", "no more than 500"),
        ({"text": "x", "write_back": True}, "write_back", "takes only a disposition of the account's own list"),
    ],
    ids=str,
)
def test_a_note_that_cannot_be_is_refused_by_field(
    body: dict[str, Any], field: str, words: str, client_for: ClientFor
) -> None:
    error = error_of(post(client_for(*WRITER), ended(write_back="remark"), **body), 400)
    assert [one["field"] for one in error["fields"]] == [field]
    assert words in error["message"]
    assert not CallNote.objects.exists()


def test_where_the_provider_takes_no_notes_it_is_kept_and_says_so(client_for: ClientFor) -> None:
    attempt, client = ended("altur"), client_for(*WRITER)
    note = post(client, attempt, text="Wants a call").json()
    assert (note["state"], note["reason"]) == ("KEPT", "Altur takes no notes on calls")
    error = error_of(post(client, attempt, text="Wants a call", write_back=True), 400)
    assert [one["field"] for one in error["fields"]] == ["write_back"]
    assert "Altur takes no notes" in error_of(client.post(f"{API}/call-notes/{note['id']}/send-again/"), 409)["message"]


def test_a_note_that_was_given_up_is_sent_again(client_for: ClientFor) -> None:
    attempt, client = ended(write_back="remark"), client_for(*WRITER)
    note = post(client, attempt, disposition="Interested").json()
    url = f"{API}/call-notes/{note['id']}/send-again/"
    assert error_of(client.post(url), 409)["message"] == "It is written back already, or is being so."
    CallNote.objects.update(state="FAILED", reason="No.", next_try_at=None)
    assert client.post(url).json()["state"] == "WAITING"


def test_who_may_only_look_writes_nothing(client_for: ClientFor) -> None:
    attempt = ended()
    reader = client_for("campaigns.view_attempt", "campaigns.view_callnote")
    assert reader.get(f"{API}/attempts/{attempt.pk}/notes/").json() == []
    assert post(reader, attempt, text="Hello").status_code == 403
    stranger = client_for("campaigns.view_attempt", "campaigns.change_campaign")
    assert stranger.get(f"{API}/attempts/{attempt.pk}/notes/").status_code == 403
    assert stranger.get(f"{API}/call-notes/").status_code == 403


def test_the_page_of_an_attempt_takes_a_note_in_and_shows_it(owner: Client, viewer: Client) -> None:
    attempt = ended(write_back="remark")
    page = reverse("admin:campaigns_attempt_change", args=[attempt.pk])
    url = reverse("admin:campaigns_attempt_notes", args=[attempt.pk])
    empty = owner.get(page).content.decode()
    assert "Nobody has written one yet." in empty
    assert '<option value="Wrong Number">' in empty
    form = {"note-disposition": "Interested", "note-text": "Wants <b>a call</b>", "note-write_back": ""}
    shown = owner.post(url, form, follow=True).content.decode()
    assert "Stored. Waiting to be written back." in shown
    assert "Wants &lt;b&gt;a call&lt;/b&gt;" in shown
    refused = owner.post(url, {"note-text": "Hi", "note-write_back": "yes"}, follow=True).content.decode()
    assert "takes only a disposition of the account" in refused
    assert "Select a valid choice" in owner.post(url, {"note-disposition": "Rainy"}, follow=True).content.decode()
    assert CallNote.objects.count() == 1
    seen = viewer.get(page).content.decode()
    assert "Wants &lt;b&gt;a call" in seen
    assert url not in seen
    assert viewer.post(url, form).status_code == 403
    assert owner.get(url).status_code == 405


def test_the_form_says_before_that_a_note_stays_here(owner: Client) -> None:
    page = reverse("admin:campaigns_attempt_change", args=[builders_attempt().pk])
    assert "Only here: VoxCore takes no notes on calls." in owner.get(page).content.decode()


def builders_attempt() -> Attempt:
    campaign = builders.campaign(builders.account())
    return builders.attempt(builders.lead(campaign, "+919900000001"))


def test_the_list_of_notes_writes_those_chosen_back_again(owner: Client, viewer: Client) -> None:
    attempt = ended(write_back="remark")
    note = CallNote.objects.create(
        attempt=attempt, account=attempt.account, disposition="Interested", created_at=datetime.now(UTC)
    )
    url = reverse("admin:campaigns_callnote_changelist")
    chosen = {"action": "send_selected", "_selected_action": [note.pk]}
    assert "send_selected" not in viewer.get(url).content.decode()
    assert "Waiting to be written back: 1." in owner.post(url, chosen, follow=True).content.decode()
    note.refresh_from_db()
    assert note.state == "WAITING"
    ProviderAccount.objects.update(settings={})
    CallNote.objects.update(state="FAILED", next_try_at=None)
    assert "does not say how notes are written back" in owner.post(url, chosen, follow=True).content.decode()
