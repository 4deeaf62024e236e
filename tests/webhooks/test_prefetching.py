"""A platform asks for a call's variables as it begins: only its own live calls, and only with the secret."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from campaigns.models import Attempt, CallTemplate, Contact, Lead
from dialer.models import ProviderAccount
from tests.campaigns.world import account, campaign, claimed, did, place
from webhooks.applying import apply_inbox
from webhooks.receiving import senders

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_senders() -> None:
    """Forget accounts of other tests: their ids are given out again."""
    senders._known.clear()


def url(owner: ProviderAccount) -> str:
    assert owner.prefetch_url is not None
    return owner.prefetch_url[owner.prefetch_url.index("/push/") :]


def live_call() -> Attempt:
    attempt = place(campaign(account(), leads=["+919812345670"]))
    Contact.objects.update(name="Asha", variables={"due": 1500, "city": "Pune", "empty": ""})
    return attempt


def ask(owner: ProviderAccount, body: dict[str, Any]) -> Any:
    reply = Client().post(url(owner), orjson.dumps(body), content_type="application/json")
    assert reply.status_code == 200
    return reply.json()


@pytest.mark.parametrize("number", ["+919812345670", "+91 98123-45670", "9812345670", "09812345670", "919812345670"])
def test_a_live_call_is_found_by_its_number_however_it_is_written(number: str) -> None:
    attempt = live_call()
    expected = {"name": "Asha", "due": "1500", "city": "Pune", "dialer_reference": str(attempt.reference)}
    assert ask(attempt.account, {"caller_id": number}) == expected
    assert Client().get(url(attempt.account), {"phone": number}).json() == expected
    assert Client().post(url(attempt.account), {"to_number": number}).json() == expected
    assert ask(attempt.account, {"call": {"to_number": number}}) == expected


def test_a_live_call_is_found_by_its_reference_with_the_variables_that_it_was_placed_with() -> None:
    attempt = live_call()
    CallTemplate.objects.update(variables={"customer_name": "name", "amount": "due"})
    Lead.objects.update(variables={"due": 99})
    given = ask(attempt.account, {"dialer_reference": str(attempt.reference), "phone": "000"})
    assert given == {"customer_name": "Asha", "amount": "99", "dialer_reference": str(attempt.reference)}


def test_a_call_by_the_second_account_has_the_variables_of_its_template() -> None:
    first, second = account(), account()
    own = {"provider": "voxcore", "action": "VOICE_BOT", "options": {"bot_id": "b-2"}, "variables": {"caller": "name"}}
    template = CallTemplate.objects.create(name="Of the second", **own)
    dids = [did(first), did(second)]
    campaign(first, leads=1, dids=dids, fallback_account=second, fallback_template=template)
    Contact.objects.update(name="Asha", variables={"due": 1500})
    ProviderAccount.objects.filter(pk=first.pk).update(is_active=False)
    call = claimed(second).reserved[0]
    given = ask(second, {"dialer_reference": str(call.reference)})
    assert given == {"caller": "Asha", "dialer_reference": str(call.reference)}


@pytest.mark.parametrize(
    "asked",
    [{"a": 1}, {"phone": "+919812345699"}, {"phone": "x" * 5000}, {"reference": "no-uuid"}, {"phone": {"a": [1]}}],
)
def test_what_is_unknown_is_answered_with_nothing(asked: dict[str, Any]) -> None:
    assert ask(live_call().account, asked) == {}


@pytest.mark.parametrize("body", [b"<html>", b"[1, 2]", b'{"phone": ', b"\xff\xfe"])
def test_a_body_that_is_no_question_is_answered_with_nothing(body: bytes) -> None:
    reply = Client().post(url(live_call().account), body, content_type="application/json")
    assert (reply.status_code, reply.json()) == (200, {})


@pytest.mark.parametrize("method", ["get", "post"])
def test_nothing_at_all_is_a_question_that_a_redirect_has_emptied(method: str) -> None:
    reply = Client().generic(method.upper(), url(live_call().account))
    assert reply.status_code == 400
    assert "redirect" in reply.json()["message"]


def test_a_damaged_question_is_read() -> None:
    attempt = live_call()
    body = b"\xef\xbb\xbf" + f'{{"phone": "{attempt.number}",}}'.encode()
    reply = Client().post(url(attempt.account), body, content_type="application/json")
    assert reply.json()["dialer_reference"] == str(attempt.reference)


def test_calls_that_are_over_and_calls_of_others_are_not_told_of() -> None:
    attempt = live_call()
    other = account()
    assert ask(other, {"phone": attempt.number}) == {}
    assert ask(other, {"reference": str(attempt.reference)}) == {}
    Attempt.objects.update(state="ENDED", outcome="NO_ANSWER", is_burned=True, ended_at=datetime.now(UTC))
    assert ask(attempt.account, {"phone": attempt.number}) == {}
    assert ask(attempt.account, {"reference": str(attempt.reference)}) == {}


def test_without_the_secret_nothing_is_told() -> None:
    attempt = live_call()
    wrong = url(attempt.account).replace(attempt.account.push_token, "guessed")
    assert Client().get(wrong, {"phone": attempt.number}).status_code == 403
    assert Client().put(url(attempt.account)).status_code == 405


def test_one_look_up_in_an_index_answers() -> None:
    attempt = live_call()
    ask(attempt.account, {"phone": attempt.number})
    with CaptureQueriesContext(connection) as queries:
        ask(attempt.account, {"phone": attempt.number})
    assert len(queries) <= 1


def push_back(attempt: Attempt, body: dict[str, Any]) -> Attempt:
    path = f"/push/{attempt.account.public_id}/{attempt.account.push_token}/"
    headers = {"authorization": "Bearer push-secret"}
    reply = Client().post(path, orjson.dumps(body), content_type="application/json", headers=headers)
    assert reply.status_code == 200
    apply_inbox(now=datetime.now(UTC))
    attempt.refresh_from_db()
    return attempt


TURNS = [{"speaker": "bot", "text": "Hello", "timestamp": 0.4}, {"speaker": "customer", "text": "Hi", "timestamp": 2.1}]


def test_the_key_mapped_result_is_stored_with_transcript_and_analysis() -> None:
    attempt = live_call()
    body = {"dialer_reference": str(attempt.reference), "call_id": "c-9", "disconnected_by": "customer"}
    body |= {
        "transcript": orjson.dumps(TURNS).decode(),
        "disposition": "PTP",
        "sub_disposition": "Tomorrow",
        "remarks": "Pays",
    }
    done = push_back(attempt, body)
    assert (done.outcome, done.disposition, done.transcript) == ("ANSWERED", "PTP", TURNS)
    assert (done.analysis or {})["sub_disposition"] == "Tomorrow"


def test_the_guides_call_result_schema_is_stored_with_transcript_and_analysis() -> None:
    attempt = live_call()
    analysis = {"disposition": "PTP", "summary": "Pays tomorrow."}
    done = push_back(
        attempt,
        {
            "session_id": attempt.external_id,
            "caller_id": attempt.number,
            "call_duration_seconds": 31.5,
            "disconnected_by": "bot",
            "transcript": TURNS,
            "recording_url": "https://rec.example/1.wav",
            "post_call_analysis": analysis,
        },
    )
    assert (done.outcome, done.disposition, done.transcript, done.analysis) == ("ANSWERED", "PTP", TURNS, analysis)
    assert (done.duration_seconds, done.recording_url) == (31.5, "https://rec.example/1.wav")
