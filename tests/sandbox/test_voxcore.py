"""The VoxCore dialect says what the provider's integration guide says."""

import time
from typing import Any

import httpx
import pytest

from dialer.sandbox.client import SandboxClient
from tests.sandbox.carrier import KEY, Account, PushReceiver


@pytest.fixture
def account(sandbox: SandboxClient, http: httpx.Client, receiver: PushReceiver) -> Account:
    return Account(sandbox, http, "voxcore", push_url=receiver.url, bots=["b-1", "b-2"], key_bots=["b-1"])


def test_a_call_is_taken_with_the_documented_reply(account: Account) -> None:
    reply = account.place()
    assert reply.status_code == 200
    assert reply.json() == {"status": "ok", "call_id": account.row()["external_id"]}


def test_the_newer_path_places_a_call_too(account: Account) -> None:
    body = {"bot_id": "b-1", "to_number": "+919876543299"}
    reply = account.http.post(f"{account.base_url}/api/v1/sip/dialout", json=body, headers={"X-API-Key": KEY})
    assert reply.status_code == 200


@pytest.mark.parametrize("headers", [{}, {"X-API-Key": "wrong"}, {"Authorization": f"Bearer {KEY}"}])
def test_a_wrong_key_is_refused_and_rings_nobody(account: Account, headers: dict[str, str]) -> None:
    body = {"bot_id": "b-1", "to_number": "+919876543299"}
    reply = account.http.post(f"{account.base_url}/api/v1/dialout", json=body, headers=headers)
    assert (reply.status_code, reply.json()) == (401, {"detail": "Missing or invalid API key"})
    assert account.row()["rang_at"] is None


def test_an_unknown_bot_is_404_and_one_outside_the_keys_scope_403(account: Account) -> None:
    assert account.place(bot_id="b-9").json() == {"detail": "Bot not found"}
    assert account.place(bot_id="b-9").status_code == 404
    assert account.place(bot_id="b-2").status_code == 403
    assert account.sandbox.summary()["rang"] == 0


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"to_number": 12}, {"type": "string_type", "loc": ["body", "to_number"]}),
        ({"variables": "x"}, {"type": "dict_type", "loc": ["body", "variables"]}),
        ({"connected_event": {}}, {"type": "value_error", "loc": ["body"]}),
        ({"from_number": []}, {"type": "string_type", "loc": ["body", "from_number"]}),
    ],
)
def test_a_bad_body_is_422_in_fastapi_form(account: Account, fields: Any, expected: dict[str, Any]) -> None:
    reply = account.place(**fields)
    assert reply.status_code == 422
    (error,) = reply.json()["detail"]
    assert {"type", "loc", "msg", "input"} <= set(error)
    assert {key: error[key] for key in expected} == expected


def test_missing_fields_and_broken_json_are_422(account: Account) -> None:
    url, headers = f"{account.base_url}/api/v1/dialout", {"X-API-Key": KEY}
    missing = account.http.post(url, json={}, headers=headers).json()["detail"]
    assert [(error["type"], error["loc"]) for error in missing] == [
        ("missing", ["body", "bot_id"]),
        ("missing", ["body", "to_number"]),
    ]
    for body, kind in ((b"{", "json_invalid"), (b"[]", "model_attributes_type"), (b"", "missing")):
        reply = account.http.post(url, content=body, headers=headers)
        assert (reply.status_code, reply.json()["detail"][0]["type"]) == (422, kind)


def test_a_full_fleet_is_503_and_the_capacity_says_so(account: Account) -> None:
    account.sandbox.change(
        "voxcore", "acme", fleet_max=3, fleet_taken_by_others=2, talk_seconds=[500, 500], fleet_unreachable=True
    )
    assert account.place("9876543299").status_code == 200
    reply = account.place("9876543298", reference="r-2")
    assert (reply.status_code, reply.json()) == (503, {"detail": "No healthy fleet server available"})
    health = account.http.get(f"{account.base_url}/health/fleet").json()
    workers = health.pop("workers")
    assert health == {"status": "ok", "fleet_calls": 3, "fleet_max": 3, "fleet_available": 0}
    assert workers[0]["calls"] == 3
    assert workers[1]["status"] == "unreachable"
    assert account.http.get(f"{account.base_url}/health").json()["total_available"] == 0


def test_a_full_fleet_can_be_a_429_and_closed_hours_are_a_503(account: Account) -> None:
    account.sandbox.change("voxcore", "acme", fleet_max=0, full_status=429)
    assert account.place().json() == {"detail": "at_capacity"}
    never = {"time_zone": "Asia/Kolkata", "opens": "00:00", "closes": "00:00"}
    account.sandbox.change("voxcore", "acme", fleet_max=9, active_hours=never)
    reply = account.place()
    assert reply.status_code == 503
    assert reply.json()["detail"].startswith("outside_active_hours:")


def test_the_push_resolves_the_key_map_and_sends_the_token(account: Account, receiver: PushReceiver) -> None:
    account.sandbox.change(
        "voxcore",
        "acme",
        push_token="Bearer your-token",
        push_method="PUT",
        analysis={"mood": "glad"},
        dispositions={"INTERESTED": 1},
        key_map={
            "REF": "{{crm.dialer_reference}}",
            "CALL": "id {{ result.call_id }}!",
            "DISPOSITION": "{{result.disposition}}",
            "DURATION": "{{call.duration}}",
            "SECONDS": "{{result.call_duration_seconds}}",
            "SAME": "{{call.recording_url}}={{result.recording_url}}",
            "BY": "{{result.disconnected_by}}",
            "NESTED": "{{crm.loan}}",
            "MOOD": "{{analysis.MOOD}}",
            "NOTHING": "{{crm.unknown}}{{qc.score}}{{result.remarks}}",
        },
    )
    call_id = account.place(variables={"dialer_reference": "r-1", "loan": {"due": 3}, "n": 5}).json()["call_id"]
    (push,) = receiver.wait(1)
    assert push.method == "PUT"
    assert push.headers["authorization"] == "Bearer your-token"
    left, right = push.body.pop("SAME").split("=")
    assert left == right
    assert left.endswith(".wav")
    assert push.body.pop("BY") in ("bot", "customer")
    assert push.body == {
        "REF": "r-1",
        "CALL": f"id {call_id}!",
        "DISPOSITION": "INTERESTED",
        "DURATION": "5",
        "SECONDS": "5.0",
        "NESTED": '{"due":3}',
        "MOOD": "glad",
        "NOTHING": "",
    }


def test_the_push_can_have_the_second_documented_form(account: Account, receiver: PushReceiver) -> None:
    account.sandbox.change("voxcore", "acme", push_form="schema")
    call_id = account.place().json()["call_id"]
    (push,) = receiver.wait(1)
    assert push.body["session_id"] == call_id
    assert push.body["caller_id"] == "+919876543299"
    assert push.body["call_duration_seconds"] == 5.0
    assert {line["speaker"] for line in push.body["transcript"]} == {"bot", "customer"}
    assert push.body["post_call_analysis"]["summary"]


def test_capacity_faults_are_slow_unavailable_or_garbage(account: Account) -> None:
    url = f"{account.base_url}/health/fleet"
    account.sandbox.change("voxcore", "acme", faults={"capacity_503": 1})
    assert account.http.get(url).status_code == 503
    account.sandbox.change("voxcore", "acme", faults={"capacity_garbage": 1})
    assert account.http.get(url).text.startswith("<html>")
    account.sandbox.change("voxcore", "acme", faults={"capacity_slow": 1}, capacity_delay_seconds=0.3)
    began = time.monotonic()
    assert account.http.get(url).json()["status"] == "ok"
    assert time.monotonic() - began >= 0.3
    assert account.lookups() == {"call_poll": 0, "log": 0, "capacity": 3}
