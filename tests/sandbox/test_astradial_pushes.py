"""Events of Astradial: four a call, signed, in order, retried under a new id, switched off when nobody takes them."""

import hashlib
import hmac
from itertools import pairwise
from typing import Any

import httpx
import pytest

from dialer.sandbox.client import SandboxClient
from tests.sandbox.carrier import Account, PushReceiver

IN_ORDER = ["call.initiated", "call.ringing", "call.answered", "call.ended"]


@pytest.fixture
def account(sandbox: SandboxClient, http: httpx.Client, receiver: PushReceiver) -> Account:
    return Account(sandbox, http, "astradial", push_url=receiver.url, push_secret="whsec-1")


def events(receiver: PushReceiver) -> list[str]:
    return [push.body["event"] for push in receiver.received]


def test_events_come_in_order_with_signature_and_headers(account: Account, receiver: PushReceiver) -> None:
    account.place("9876543216")
    pushes = receiver.wait(4)
    assert events(receiver) == IN_ORDER
    for push in pushes:
        made = hmac.new(b"whsec-1", push.raw, hashlib.sha256).hexdigest()
        assert push.headers["x-pbx-signature"] == f"sha256={made}"
        assert push.headers["x-pbx-event"] == push.body["event"]
        assert (push.headers["x-pbx-attempt"], push.body["attempt"]) == ("1", 1)
        assert push.body["data"]["call_id"] == account.row()["external_id"]
    data = pushes[3].body["data"]
    assert (data["status"], data["talk_time"], data["duration"], data["hangup_cause"]) == ("completed", 5, 6, "16")


def test_an_event_waits_for_the_one_before_it(account: Account, receiver: PushReceiver) -> None:
    receiver.delays = [0.3]
    account.place("9876543216")
    receiver.wait(4)
    assert events(receiver) == IN_ORDER


def test_15_is_pushed_with_the_end_first_and_each_event_says_what_was_known_then(
    account: Account, receiver: PushReceiver
) -> None:
    account.place("9876543215")
    pushes = receiver.wait(4)
    assert events(receiver) == ["call.ended", "call.answered", "call.ringing", "call.initiated"]
    assert [push.body["data"]["status"] for push in pushes] == ["completed", "answered", "ringing", "ringing"]
    assert "ended_at" not in pushes[1].body["data"]


@pytest.mark.parametrize(
    ("suffix", "names", "statuses"),
    [
        ("01", ["call.initiated", "call.ringing", "call.ended"], {"busy"}),
        ("02", ["call.initiated", "call.ringing", "call.ended"], {"no-answer", "no_answer"}),
        ("12", ["call.initiated", "call.failed"], {"failed"}),
        ("17", ["call.initiated", "call.ended"], {"abandoned"}),
    ],
)
def test_an_unanswered_call_has_fewer_events(
    account: Account, receiver: PushReceiver, suffix: str, names: list[str], statuses: set[str]
) -> None:
    account.place(f"98765432{suffix}")
    account.sandbox.wait_idle()
    assert events(receiver) == names
    assert receiver.received[-1].body["data"]["status"] in statuses


def test_a_push_is_retried_under_a_new_id(account: Account, receiver: PushReceiver) -> None:
    receiver.statuses = [500]
    account.place()
    pushes = receiver.wait(5)
    first, again = (push.body for push in pushes if push.body["event"] == "call.initiated")
    assert (first["attempt"], again["attempt"]) == (1, 2)
    assert first["data"] == again["data"]
    assert len({push.body["id"] for push in pushes}) == 5


def test_retries_wait_1_5_15_60_and_300_seconds(account: Account, receiver: PushReceiver) -> None:
    account.sandbox.reset(time_factor=500)
    account.sandbox.change("astradial", "acme", push_gives_up_after=100, outcomes={"FAILED": 1})
    receiver.statuses = [500] * 100
    account.place()
    account.sandbox.wait_idle()
    first = [push.at for push in receiver.received if push.body["event"] == "call.initiated"]
    assert len(first) == 6
    for (earlier, later), pause in zip(pairwise(first), (1, 5, 15, 60, 300), strict=True):
        assert later - earlier >= pause / 500 - 0.005


def test_the_hook_is_switched_off_after_repeated_failures_until_it_is_set_again(
    account: Account, receiver: PushReceiver
) -> None:
    account.sandbox.change("astradial", "acme", push_retry_seconds=[1], push_gives_up_after=4)
    receiver.statuses = [500] * 100
    account.place()
    account.sandbox.wait_idle()
    assert account.sandbox.summary()["accounts"]["astradial/acme"]["push_switched_off"] is True
    sent = len(receiver.received)
    assert sent < 8
    receiver.statuses.clear()
    account.place("9876543298", reference="r-2")
    account.sandbox.wait_idle()
    assert len(receiver.received) == sent
    account.sandbox.change("astradial", "acme", push_url=receiver.url)
    account.place("9876543297", reference="r-3")
    account.sandbox.wait_idle()
    assert len(receiver.received) == sent + 4


@pytest.mark.parametrize(
    ("path", "customer", "fields"),
    [
        ("originate-to-ai", "to", {"wss_url": "wss://bots.example.com/7"}),
        ("click-to-call", "from", {"to": "7001", "to_type": "ai_agent"}),
    ],
)
def test_the_server_pushes_ai_calls_only_twice_each_and_gives_did_number_back(
    account: Account, receiver: PushReceiver, path: str, customer: str, fields: dict[str, Any]
) -> None:
    account.sandbox.change("astradial", "acme", reply_form="server")
    account.place()
    for number in ("9876543298", "9876543202"):  # the second does not answer
        ai = {customer: number, **fields, "variables": {"DID_NUMBER": f"ref-{number}"}}
        account.post(f"/api/v1/calls/{path}", ai)
    account.sandbox.wait_idle()
    assert events(receiver) == [*["call.initiated"] * 2, *["call.answered"] * 2, *["call.ended"] * 2]
    assert len({push.body["id"] for push in receiver.received}) == 6
    data = [push.body["data"] for push in receiver.received]
    assert {each["to_number"] for each in data} == {"ref-9876543298"}
    assert [each.get("direction") for each in data] == ["inbound", "inbound", None, None, None, None]
    assert data[-1]["status"] == "completed"
    assert not {"answered_at", "talk_time"} & set(data[-1])


def test_the_servers_hook_is_not_retried_after_three_failures_and_off_at_six(
    account: Account, receiver: PushReceiver
) -> None:
    account.sandbox.change("astradial", "acme", reply_form="server")
    receiver.statuses = [500] * 100
    account.post("/api/v1/calls/originate-to-ai", {"to": "9876543298", "wss_url": "wss://bots.example.com/7"})
    account.sandbox.wait_idle()
    assert account.sandbox.summary()["accounts"]["astradial/acme"]["push_switched_off"] is True
    assert len(receiver.received) == 6
