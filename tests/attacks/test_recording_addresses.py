"""Attack 9: the provider's own address of a recording is read off an export, an event, the feed, a page or a push to a
subscriber, and heard without asking us."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.http.response import HttpResponseBase
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from campaigns.models import Attempt, FeedEntry, FeedKind, Lead
from campaigns.results.addresses import hidden_body, hidden_facts
from campaigns.results.feed import place_entries
from tests.acts.places import NO_ROW, Place, places
from tests.admin.builders import NOW, attempt, house
from tests.admin.conftest import owner
from webhooks.models import ProviderEvent, Subscription
from webhooks.telling.trying import preview

__all__ = ["owner"]
HOST = "Rec7431.example"
URL = f"https://{HOST}/calls/8842/k3y-5512.mp3?signature=s1gn4ture&expires=1893456000"
SECRETS = ("rec7431", "k3y-5512", "s1gn4ture")
#: What asks a provider, who is not there.
ASKS_OUTSIDE = {"campaigns.listen", "dialer.buy", "dialer.check"}

#: Pages of the admin about calls and what was told of them.
TELLS = re.compile(r"/(attempt|lead|campaign|callnote|campaignnotice|optout|possibleoptout|providerevent|delivery)/")
PAGES = ("_changelist", "_change", "_evidence", "_progress", "_preflight")

SPELLINGS = {
    "json": json.dumps({"call": {"recording_url": URL}, "list": [{"url": URL}], URL: 1}),
    "escaped": json.dumps({"recordingUrl": URL, "note": f"Hear {URL} now"}).replace("/", "\\/"),
    "inside": json.dumps({"payload": json.dumps({"a": URL})}),
    "form": f"event=ended&RecordingUrl={quote(URL, safe='')}&from=%2B919876543210",
    "xml": f"<call><recording href='{URL}'>{URL}</recording></call>",
    "broken": f'{{"recording": "{URL}", "cut',
    "cut": f'{{"recording": "{URL}'.replace(":/", "\\u003a/").replace("/", "\\u002f"),
    "path": json.dumps({"recording_path": "/calls/8842/k3y-5512", "file": "k3y-5512.wav"}),
    "scheme": json.dumps({"recording": f"s3://{HOST}/k3y-5512"}),
}


@pytest.fixture
def called(db: None) -> Attempt:
    """A call whose result names the recording wherever a result can."""
    house()
    lead = Lead.objects.latest("pk")
    made = attempt(
        lead,
        recording_url=URL,
        detail=f"Ended: {URL}",
        transcript=[{"speaker": "bot", "text": "Hello", "audio": URL}, f"and {URL}"],
        analysis={"summary": f"See {URL}", "media": {"link": "k3y-5512.ogg"}},
    )
    for body in SPELLINGS.values():
        ProviderEvent.objects.create(account=made.account, body=body.encode(), attempt=made, headers={"referer": URL})
    FeedEntry.objects.create(kind=FeedKind.RESULT, attempt=made)
    place_entries()
    return made


def body_of(reply: HttpResponseBase) -> str:
    """Return what a reply sends."""
    parts: Any = reply.streaming_content if reply.streaming else [reply.content]  # type: ignore[attr-defined]
    return b"".join(parts).decode("utf-8", "replace").lower()


def urls_of(place: Place, attempt: Attempt) -> Iterator[str]:
    """Give the addresses of a place about the call, its lead, its events or the first row there is."""
    if NO_ROW not in place.url:
        yield place.url
    rows = {
        "event": [one.pk for one in attempt.events.all()],
        "attempt": [attempt.pk],
        "lead": [attempt.lead_id],
        "campaign": [attempt.campaign_id],
    }
    for kind, ids in rows.items():
        for pk in ids:
            if NO_ROW in place.url and kind in place.url:
                yield place.url.replace(NO_ROW, str(pk))


def test_attack_9_no_face_gives_the_address(called: Attempt) -> None:
    """Somebody with every right but the one to listen."""
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.set(Permission.objects.exclude(codename="download_recording"))
    looked = 0
    browser, api = Client(), APIClient()
    browser.force_login(clerk)
    api.force_authenticate(clerk)
    for place in places():
        if place.method != "GET" or (place.act and place.act.name in ASKS_OUTSIDE) or "participants" in place.path:
            continue
        if place.face == "admin" and not (TELLS.search(place.path) and place.name.endswith(PAGES)):
            continue
        client: Any = api if place.face == "REST" else browser
        for url in urls_of(place, called):
            text = body_of(client.get(url))
            assert not [secret for secret in SECRETS if secret in text], f"GET {url}"
            looked += 1
    assert looked > 80


@pytest.mark.parametrize("query", ["", "?form=jsonl", "?what=leads", "?what=leads&form=jsonl"])
def test_attack_9_an_export_has_our_path(called: Attempt, query: str, api_root: APIClient) -> None:
    text = body_of(api_root.get(f"/api/v1/campaigns/{called.campaign_id}/export/{query}"))
    assert not [secret for secret in SECRETS if secret in text]
    assert ("leads" in query) or f"/api/v1/attempts/{called.pk}/recording/" in text


def test_attack_9_the_action_and_the_command_have_it_too(
    called: Attempt, owner: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    sent = {"action": "export_selected", "_selected_action": str(called.campaign_id)}
    text = body_of(owner.post("/admin/campaigns/campaign/", sent))
    call_command("export_results", called.campaign.name)
    for said in (text, capsys.readouterr().out.lower()):
        assert not [secret for secret in SECRETS if secret in said]
        assert f"/api/v1/attempts/{called.pk}/recording/" in said


def test_attack_9_subscribers_get_our_path(called: Attempt) -> None:
    to = Subscription.objects.create(name="CRM", url="https://crm.example/hook")
    place_entries()
    position = FeedEntry.objects.get(attempt=called).position
    own = {"url": "{{result.recording_url}}", "all": ["{{result.transcript}}", "{{analysis.summary}} {{call.detail}}"]}
    for key_map in (None, {**own, "analysis": "{{result.analysis}}", "detail": "{{result.detail}}"}):
        body = preview(subscription=to, key_map=key_map, entry=position, now=NOW).body
        assert not [secret for secret in SECRETS if secret in body.decode().lower()]
        told = json.loads(body)
        assert told.get("attempt", {"recording_url": told.get("url")})["recording_url"] == (
            f"/api/v1/attempts/{called.pk}/recording/"
        )


@pytest.fixture
def api_root(db: None) -> APIClient:
    """The client of a superuser."""
    client = APIClient()
    client.force_authenticate(User.objects.create_superuser("root"))
    return client


@pytest.mark.parametrize("kind", SPELLINGS)
def test_attack_9_no_spelling_of_a_body_keeps_it(kind: str) -> None:
    shown = hidden_body(SPELLINGS[kind].encode(), attempt_id=7).lower()
    assert not [secret for secret in SECRETS if secret in shown], shown
    if kind == "json":
        assert json.loads(shown)["call"]["recording_url"] == "/api/v1/attempts/7/recording/"


NAMES = st.text(max_size=6) | st.just("recording")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.just(URL) | st.just(f"a {URL}, b"),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6) | st.just("recording"), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(value=JSON)
def test_attack_9_nothing_keeps_it_however_deep(value: Any) -> None:
    shown = json.dumps(hidden_facts(value, attempt_id=7, recording_url=URL)).lower()
    body = hidden_body(json.dumps(value).encode(), attempt_id=7).lower()
    assert not [secret for secret in SECRETS if secret in shown + body]


def test_attack_9_what_is_no_recording_stays() -> None:
    said = {"summary": "Sent https://pay.example/bill/7", "score": 0.4, "tags": ["a/b", "x=y"]}
    assert hidden_facts(said, attempt_id=7, recording_url=URL) == said
    for plain in ('{"n": 1.50, "big": 123456789012345678901234567890}', "to=%2B919876543210&status=BUSY", "ok"):
        assert hidden_body(plain.encode(), attempt_id=7) == plain


@pytest.mark.parametrize("piece", ["a", "a.", "://", ":\\\\", "%25", "x.mp3", "https://", "a=", "&a=b", '{"a":', "\\"])
def test_attack_9_the_time_grows_with_the_length_only(piece: str) -> None:
    text = piece * (500_000 // len(piece))
    began = time.process_time()
    hidden_body(text.encode(), attempt_id=7)
    hidden_facts(text, attempt_id=7, recording_url=URL)
    assert time.process_time() - began < 2.0


def test_attack_9_without_its_call_an_event_keeps_what_is_no_address() -> None:
    body = json.dumps({"date": "02/03/2026", "recording_url": URL, "media_type": "audio/mpeg"})
    assert json.loads(hidden_body(body.encode(), attempt_id=None)) == {
        "date": "02/03/2026",
        "recording_url": "(address not shown)",
        "media_type": "(address not shown)",
    }
