"""The Intellicall dialect says what the provider's API reference says."""

from typing import Any

import httpx
import pytest

from dialer.sandbox.client import SandboxClient, wait_for
from tests.sandbox.carrier import Account, PushReceiver


@pytest.fixture
def account(sandbox: SandboxClient, http: httpx.Client, receiver: PushReceiver) -> Account:
    known = {"agents": ["agent.017", "9811111111"], "caller_ids": ["+919800000000"]}
    return Account(sandbox, http, "intellicall", push_url=receiver.url, **known)


def test_a_call_is_taken_with_the_documented_reply(account: Account) -> None:
    reply = account.place()
    assert reply.status_code == 200
    call_id = account.row()["external_id"]
    assert reply.json() == {"status": "success", "call_id": call_id, "message": "Call initiated"}


@pytest.mark.parametrize(
    "fields",
    [
        {"agent_number": "9811111111"},
        {"crm_username": None},
        {"crm_username": "agent.999"},
        {"from_number": "919800000009"},
        {"to_number": "12345"},
        {"to_number": "+449876543210"},
        {"uuid": ""},
        {"recording": "yes"},
        {"max_ring_time": "30"},
    ],
)
def test_a_bad_request_is_400_and_rings_nobody(account: Account, fields: dict[str, Any]) -> None:
    assert account.place(**fields).status_code == 400
    assert account.row()["rang_at"] is None


def test_a_number_with_country_code_and_an_agents_phone_are_right(account: Account) -> None:
    reply = account.place("+919876543299", crm_username=None, agent_number="9811111111")
    assert reply.status_code == 200
    assert account.row()["agent"] == "9811111111"


def test_a_wrong_key_is_401_and_a_forbidden_origin_403(account: Account) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"X-API-Key": "sandbox-key"}):
        assert account.http.post(f"{account.base_url}/calls", json={}, headers=headers).status_code == 401
    account.sandbox.change("intellicall", "acme", origin_forbidden=True)
    assert account.place().status_code == 403


def test_a_full_platform_is_502(account: Account) -> None:
    account.sandbox.change("intellicall", "acme", fleet_max=0)
    assert account.place().status_code == 502
    account.sandbox.change("intellicall", "acme", fleet_max=9, faults={"refuse_502": 1})
    assert account.place(reference="r-2").status_code == 502
    assert account.sandbox.summary()["rang"] == 0


def test_the_agents_leg_rings_before_the_customers(account: Account) -> None:
    account.sandbox.change(
        "intellicall", "acme", agent_ring_seconds=[20, 20], ring_seconds=[20, 20], talk_seconds=[1000, 1000]
    )
    url = f"{account.base_url}/calls/{account.place().json()['call_id']}"

    def legs() -> tuple[str, str, str]:
        state = account.http.get(url, headers=account.bearer).json()
        return state["call_status"], state["legs"][0]["status"], state["legs"][1]["status"]

    seen: list[tuple[str, str, str]] = []

    def watch() -> bool:
        now = legs()
        if now not in seen:
            seen.append(now)
        return now == ("ANSWER", "JOINED", "JOINED")

    wait_for(watch)
    assert seen == [
        ("INITIATED", "DIALING", "DIALING"),
        ("INITIATED", "JOINED", "DIALING"),
        ("ANSWER", "JOINED", "JOINED"),
    ]
    row = account.row()
    assert row["rang_at"] - row["started_at"] >= 20 / 50 - 0.01
    account.sandbox.hangup_all()
    assert legs() == ("ANSWER", "LEFT", "LEFT")


def test_the_state_of_a_call_has_the_documented_fields(account: Account) -> None:
    call_id = account.place(reference="u-7").json()["call_id"]
    account.sandbox.wait_idle()
    state = account.http.get(f"{account.base_url}/calls/{call_id}", headers=account.bearer).json()
    assert state["status"] == "success"
    assert state["uuid"] == "u-7"
    assert state["duration"] == 5
    assert state["end_time"].endswith("Z")
    assert account.http.get(f"{account.base_url}/calls/{call_id}").status_code == 401
    assert account.http.get(f"{account.base_url}/calls/nothing", headers=account.bearer).status_code == 404


def test_the_push_is_the_documented_one_and_its_recording_can_be_fetched(
    account: Account, receiver: PushReceiver
) -> None:
    call_id = account.place(reference="u-1").json()["call_id"]
    (push,) = receiver.wait(1)
    body = dict(push.body)
    recording = body.pop("recording_url")
    assert body.pop("start_time") <= body.pop("end_time")
    assert body == {
        "call_id": call_id,
        "uuid": "u-1",
        "status": "ANSWER",
        "duration": 5,
        "customer_number": "9876543299",
        "crm_username": "agent.017",
        "call_type": "browser",
        "disposition": "CRM_CALL",
    }
    reply = account.http.get(recording)
    assert reply.content[:4] == b"RIFF"
    assert account.http.get(recording.replace("crm_", "crm_0")).status_code == 404


def test_a_push_is_tried_four_times_at_most(account: Account, receiver: PushReceiver) -> None:
    receiver.statuses = [500, 404, 302, 503, 503]
    account.place()
    account.sandbox.wait_idle()
    instants, statuses = zip(*account.row()["pushes"], strict=True)
    assert statuses == (500, 404, 302, 503)
    for earlier, later, pause in zip(instants, instants[1:], (1, 2, 4), strict=False):
        assert later - earlier >= pause / 50 - 0.005


def test_a_push_is_not_repeated_once_it_was_taken(account: Account, receiver: PushReceiver) -> None:
    receiver.statuses = [500]
    account.place()
    account.sandbox.wait_idle()
    assert [status for _, status in account.row()["pushes"]] == [500, 200]
    assert len(receiver.received) == 2


def test_a_leg_can_be_added_to_an_active_call_only(account: Account) -> None:
    account.sandbox.change("intellicall", "acme", talk_seconds=[1000, 1000])
    url = f"{account.base_url}/calls/{account.place().json()['call_id']}"
    wait_for(lambda: account.row()["answered_at"])
    reply = account.http.post(f"{url}/add-leg", json={"number": "9822222222"}, headers=account.bearer)
    assert reply.json() == {"status": "success", "message": "Leg queued", "leg_id": 3}
    legs = account.http.get(url, headers=account.bearer).json()["legs"]
    assert legs[2] == {"role": "participant", "number": "9822222222", "status": "JOINED"}
    assert account.http.post(f"{url}/add-leg", json={"number": "1"}, headers=account.bearer).status_code == 400
    account.sandbox.hangup_all()
    late = account.http.post(f"{url}/add-leg", json={"number": "9822222222"}, headers=account.bearer)
    assert late.status_code == 400


def test_health_needs_no_key(account: Account) -> None:
    assert account.http.get(f"{account.base_url}/health").json() == {"status": "success"}
