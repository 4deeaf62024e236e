"""The Altur dialect says what the provider's reference and its public pages say."""

import base64
import hashlib
import hmac
import json
from itertools import pairwise
from typing import Any

import httpx
import pytest

from dialer.sandbox.client import SandboxClient, SandboxError, wait_for
from tests.sandbox.carrier import AGENT_ID, Account, PushReceiver

SECRET = base64.b64encode(b"a shared secret").decode()
OTHER_AGENT = "2be951e6-7798-47cd-878d-49b2918a3bba"


@pytest.fixture
def account(sandbox: SandboxClient, http: httpx.Client, receiver: PushReceiver) -> Account:
    return Account(sandbox, http, "altur", push_url=receiver.url, push_secret=SECRET, dispositions={"CALLBACK": 1})


def test_a_call_is_taken_with_the_documented_reply(account: Account) -> None:
    reply = account.place(end_user_display_name="Sofía")
    call = reply.json()
    assert reply.status_code == 200
    assert call["id"] == account.row()["external_id"]
    assert set(call) == {
        *("id", "thread", "type", "status", "answered_by", "created_at"),
        *("started_at", "ended_at", "duration", "billable_duration"),
    }
    assert (call["type"], call["status"], call["started_at"]) == ("outbound", "created", None)
    assert call["thread"]["agent"]["id"] == AGENT_ID
    assert call["thread"]["end_user"]["display_name"] == "Sofía"


def test_the_prefix_of_the_base_url_may_be_there_or_not(account: Account) -> None:
    body = {"agent_id": AGENT_ID, "phone_number_to": "+919876543299"}
    assert account.post("/api/v1.0/call", body).status_code == 200
    call_id = account.row()["external_id"]
    assert account.get(f"/api/v1.0/call/{call_id}").json()["id"] == call_id


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"agent_id": None}, "agent_id"),
        ({"agent_id": "seven"}, "agent_id"),
        ({"phone_number_to": "9876543210"}, "phone_number_to"),
        ({"phone_number_to": 919876543210}, "phone_number_to"),
        ({"initial_message": 5}, "initial_message"),
    ],
)
def test_a_bad_body_is_400_by_field_and_rings_nobody(account: Account, fields: dict[str, Any], wrong: str) -> None:
    reply = account.place(**fields)
    assert reply.status_code == 400
    assert list(reply.json()) == [wrong]
    assert account.row()["rang_at"] is None


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer sandbox-key"}, {"Authorization": "api-key wrong"}])
def test_a_wrong_key_is_401_everywhere(account: Account, headers: dict[str, str]) -> None:
    assert account.http.post(f"{account.base_url}/call", json={}, headers=headers).status_code == 401
    assert account.http.get(f"{account.base_url}/call/cll_1", headers=headers).status_code == 401
    assert account.http.get(f"{account.base_url}/campaigns", headers=headers).status_code == 401


def test_the_key_can_be_checked_without_a_call(account: Account) -> None:
    assert account.get("/campaigns", pageSize=1).status_code == 200
    assert account.sandbox.ledger() == []


def test_an_unknown_agent_is_404_and_a_busy_one_429(account: Account) -> None:
    account.sandbox.change("altur", "acme", agents=[AGENT_ID, OTHER_AGENT], agent_lines=1, talk_seconds=[500, 500])
    assert account.place(agent_id="11111111-1111-4111-8111-111111111111").status_code == 404
    assert account.place().status_code == 200
    assert account.place("9876543298", reference="r-2").status_code == 429
    assert account.place("9876543298", reference="r-3", agent_id=OTHER_AGENT).status_code == 200


def test_limits_are_judged_by_agent_since_no_caller_id_is_given(account: Account) -> None:
    account.sandbox.change("altur", "acme", limits={"agents": {AGENT_ID: 1}}, talk_seconds=[500, 500])
    account.place()
    account.place("9876543298", reference="r-2")
    (sentence,) = account.sandbox.summary()["violations"]
    assert sentence.startswith(f"Agent {AGENT_ID}")
    assert account.sandbox.ledger()[0]["from_number"] == ""


def test_a_call_is_looked_up_from_ringing_to_its_end(account: Account) -> None:
    account.sandbox.change("altur", "acme", ring_seconds=[20, 20], talk_seconds=[25, 25])
    path = f"/call/{account.place().json()['id']}"
    seen: list[str] = []

    def watch() -> dict[str, Any] | None:
        call: dict[str, Any] = account.get(path).json()
        if call["status"] not in seen:
            seen.append(call["status"])
        return call if call["status"] == "ended" else None

    call = wait_for(watch)
    assert seen == ["ringing", "in-progress", "ended"]
    assert (call["answered_by"], call["duration"], call["billable_duration"]) == ("human", 25, 60)
    assert [tag["name"] for tag in call["thread"]["tags"]] == ["callback"]
    assert account.lookups()["call_poll"] >= 3
    assert account.get("/call/cll_nothing").status_code == 404


@pytest.mark.parametrize(
    ("suffix", "status", "answered_by"),
    [
        ("01", "busy", "unknown"),
        ("02", "no-answer", "unknown"),
        ("03", "ended", "machine"),
        ("12", "failed", "unknown"),
    ],
)
def test_each_end_has_its_documented_word(account: Account, suffix: str, status: str, answered_by: str) -> None:
    call_id = account.place(f"98765432{suffix}").json()["id"]
    account.sandbox.wait_idle()
    call = account.get(f"/call/{call_id}").json()
    assert (call["status"], call["answered_by"]) == (status, answered_by)


def test_the_push_has_the_documented_fields_and_its_recording_can_be_fetched(
    account: Account, receiver: PushReceiver
) -> None:
    account.sandbox.change("altur", "acme", analysis={"Payment Amount": "1200"})
    call_id = account.place(initial_message="¿Hablo con Sofía?").json()["id"]
    (push,) = receiver.wait(1)
    body = push.body
    assert (body["event_type"], body["id"], body["type"], body["status"]) == (
        *("on_call_end", call_id),
        *("outbound", "ended"),
    )
    assert body["phone_number_to"] == "+919876543299"
    assert (body["duration"], body["billed_duration"], body["answered_by"]) == (5, 60, "human")
    assert [line["sent_by"] for line in body["transcript"]] == ["assistant", "user"]
    assert body["transcript"][0]["content"] == "¿Hablo con Sofía?"
    assert body["end_user"]["status"] == "CALLBACK"
    assert body["end_user"]["extracted_data"] == {"Payment Amount": "1200"}
    assert body["end_user"]["tags"] == ["callback"]
    recording = account.http.get(body["recording_url"], headers=account.headers)
    assert recording.content[:4] == b"RIFF"
    assert account.http.get(body["recording_url"]).status_code == 401


def test_the_push_is_signed_by_either_recipe(account: Account, receiver: PushReceiver) -> None:
    account.place()
    (push,) = receiver.wait(1)
    made = hmac.new(b"a shared secret", push.raw, hashlib.sha256)
    assert push.headers["x-altur-signature"] == base64.b64encode(made.digest()).decode()
    assert push.raw == json.dumps(push.body, separators=(",", ":"), ensure_ascii=False).encode()
    account.sandbox.change("altur", "acme", signature_recipe="hex", push_secret="plain text")
    account.place("9876543298", reference="r-2")
    push = receiver.wait(2)[1]
    assert push.headers["x-altur-signature"] == hmac.new(b"plain text", push.raw, hashlib.sha256).hexdigest()


def test_a_secret_that_is_no_base64_is_refused_and_changes_nothing(account: Account) -> None:
    with pytest.raises(SandboxError, match="push_secret"):
        account.sandbox.change("altur", "acme", push_secret="plain text!", api_key="changed")
    assert account.place().status_code == 200


def test_a_push_is_delivered_five_times_at_most_with_growing_pauses(account: Account, receiver: PushReceiver) -> None:
    receiver.statuses = [500] * 7
    account.place()
    account.sandbox.wait_idle()
    instants = [at for at, _ in account.row()["pushes"]]
    assert len(instants) == 5
    for (earlier, later), pause in zip(pairwise(instants), (1, 2, 4, 8), strict=True):
        assert later - earlier >= pause / 50 - 0.005


def test_more_than_twelve_requests_a_second_are_429_where_that_is_enforced(account: Account) -> None:
    replies = [account.get("/campaigns").status_code for _ in range(20)]
    assert set(replies) == {200}
    account.sandbox.change("altur", "acme", enforce_rate=True)
    replies = [account.get("/call/cll_1").status_code for _ in range(12)]
    refused = account.place()
    assert set(replies) == {404}
    assert (refused.status_code, account.row()["rang_at"]) == (429, None)
    assert account.get("/campaigns").status_code == 429
