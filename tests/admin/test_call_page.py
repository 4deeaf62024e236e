"""The page of a call: who, when and what came of it first; then what was said; then what follows a note, before it."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from campaigns.admin.talk import turns
from campaigns.models import Attempt, Callback, CallNote, OptOut
from dialer.models import AuditEntry
from tests.admin import builders
from tests.admin.builders import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("next_day")]


@pytest.fixture
def call(db: None) -> Attempt:
    """An answered call of a completed lead, with a recording and a transcript."""
    made = builders.campaign(builders.account(), time_zone="Asia/Kolkata", state="RUNNING", state_changed_at=NOW)
    lead = builders.lead(made, "+919812345416", state="COMPLETED", ended_at=NOW, last_outcome="ANSWERED")
    lead.contact.name = "Asha Rao"
    lead.contact.save()
    hello = {"speaker": "bot", "text": "Hello", "timestamp": 0.4}
    told = {
        "transcript": [hello, {"speaker": "caller", "text": "Yes", "timestamp": 65}],
        "analysis": {"intent": "pays"},
    }
    return builders.attempt(lead, recording_url="https://rec.example/1", cost="0.42", digits="1", **told)


def page(call: Attempt) -> str:
    return reverse("admin:campaigns_attempt_change", args=[call.pk])


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def effects(client: Client, call: Attempt, **fields: str) -> str:
    given = {f"note-{name}": value for name, value in fields.items()}
    reply = client.post(reverse("admin:campaigns_attempt_note_effects", args=[call.pk]), given)
    assert reply.status_code == 200
    return text_of(reply.content.decode())


def test_the_head_comes_first_and_what_is_stored_last(owner: Client, call: Attempt) -> None:
    said = text_of(owner.get(page(call)).content.decode().partition("<main")[2])
    head = ["Asha Rao", "+919812345416", "Answered", "Mon 02 Mar 11:30:00 IST", "0.42"]
    order = [*head, "Recording", "Transcript", "Analysis", "Notes", "Timeline", "Everything that is stored of it"]
    places = [said.index(part) for part in order]
    assert places == sorted(places), list(zip(order, places, strict=True))


def test_lines_that_know_their_time_lead_to_it(owner: Client, viewer: Client, call: Attempt) -> None:
    html = owner.get(page(call)).content.decode()
    assert re.findall(r'data-at="([\d.]+)"', html) == ["0.40", "65.00"]
    assert "Play from 1:05" in html
    assert "data-at" not in viewer.get(page(call)).content.decode(), "who may not listen has nowhere to go"


@pytest.mark.parametrize(
    ("turn", "seconds"),
    [
        ({"text": "a", "timestamp": 0.4}, 0.4),
        ({"content": "a", "sent_at": "2026-03-02T06:00:12Z"}, 3.0),
        ({"content": "a", "sent_at": "2026-03-02T06:00:08Z"}, 0.0),
        ({"content": "a", "sent_at": "2026-03-01T06:00:08Z"}, None),
        ({"text": "a", "timestamp": 1_700_000_000}, None),
        ({"text": "a", "start": True}, None),
        ({"text": "a"}, None),
        ("a", None),
    ],
)
def test_the_place_of_a_turn(turn: object, seconds: float | None) -> None:
    assert turns([turn], answered_at=NOW + timedelta(seconds=9))[0].at_seconds == seconds


def test_what_follows_a_note_is_said_before_and_nothing_is_changed(owner: Client, call: Attempt) -> None:
    said = effects(owner, call, disposition="CALLBACK please")
    assert "Calls again at" in said
    assert "IST: a callback, before all others." in said
    assert "The lead was completed, and is opened again." in said
    assert "nobody calls this number again" in effects(owner, call, disposition="do not call")
    assert "until somebody decides" in effects(owner, call, text="do not call me at the office")
    assert effects(owner, call, text="Pays on Friday") == "Nothing follows: the lead stays completed."
    assert "is said here before" in effects(owner, call)
    call.refresh_from_db()
    call.lead.refresh_from_db()
    assert (call.disposition, call.lead.state) == ("", "COMPLETED")
    assert not Callback.objects.exists()
    assert not OptOut.objects.exists()
    assert not CallNote.objects.exists()
    assert not AuditEntry.objects.filter(by="olga", act="campaigns.note").exists()


def test_what_was_said_before_is_what_follows(owner: Client, call: Attempt) -> None:
    before = effects(owner, call, disposition="CALLBACK please")
    reply = owner.post(
        reverse("admin:campaigns_attempt_notes", args=[call.pk]), {"note-disposition": "CALLBACK please"}
    )
    said = str(list(get_messages(reply.wsgi_request))[-1])
    assert before.split(" at ")[0] in said
    assert "is opened again" in said
    call.lead.refresh_from_db()
    assert call.lead.callback_at is not None


def test_a_disposition_is_chosen_of_those_of_which_the_campaign_says_what_follows(owner: Client, call: Attempt) -> None:
    type(call.campaign).objects.update(retry_rules={"disposition:not today": {"delays": [3600], "most": 1}})
    html = owner.get(page(call)).content.decode()
    offered = re.findall(r'<option value="([^"]*)"></option>', html)
    assert offered[0] == "not today"
    assert {"callback", "do not call"} <= set(offered)


def test_no_page_prints_what_python_calls_a_pair(owner: Client, call: Attempt) -> None:
    call.lead.last_outcome = "ANSWERED"
    call.lead.save()
    for model, row in (("attempt", call), ("lead", call.lead), ("contact", call.lead.contact)):
        for address in (f"/admin/campaigns/{model}/", f"/admin/campaigns/{model}/{row.pk}/change/"):
            assert "(&#x27;" not in owner.get(address).content.decode(), address
