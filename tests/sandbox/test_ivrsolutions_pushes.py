"""Events of IVR Solutions: their fields, words and signature header are what the account's settings say."""

import hashlib
import hmac

import httpx
import pytest

from dialer.sandbox.client import SandboxClient
from tests.sandbox.carrier import Account, PushReceiver


@pytest.fixture
def account(sandbox: SandboxClient, http: httpx.Client, receiver: PushReceiver) -> Account:
    return Account(sandbox, http, "ivrsolutions", push_url=receiver.url, push_secret="whsec-1")


def test_events_come_in_order_and_are_signed(account: Account, receiver: PushReceiver) -> None:
    call_id = account.place("9876543216").json()["call_id"]
    pushes = receiver.wait(4)
    assert [push.body["event"] for push in pushes] == [
        *("call.initiated", "call.ringing"),
        *("call.in-progress", "call.completed"),
    ]
    for push in pushes:
        assert push.body["call_id"] == call_id
        assert push.headers["x-ivr-signature"] == hmac.new(b"whsec-1", push.raw, hashlib.sha256).hexdigest()
    last = pushes[3].body
    assert (last["customer_no"], last["call_status"], last["call_duration"]) == ("9876543216", "answered", 5)
    assert "call_status" not in pushes[1].body


@pytest.mark.parametrize(
    ("suffix", "word"), [("01", "call.busy"), ("02", "call.no-answer"), ("12", "call.failed"), ("16", "call.completed")]
)
def test_each_end_has_its_word(account: Account, receiver: PushReceiver, suffix: str, word: str) -> None:
    account.place(f"98765432{suffix}")
    account.sandbox.wait_idle()
    assert receiver.received[-1].body["event"] == word


def test_15_is_pushed_with_the_end_first(account: Account, receiver: PushReceiver) -> None:
    account.place("9876543215")
    words = [push.body["event"] for push in receiver.wait(4)]
    assert words == ["call.completed", "call.in-progress", "call.ringing", "call.initiated"]


def test_fields_words_and_header_are_settings(account: Account, receiver: PushReceiver) -> None:
    account.sandbox.change(
        "ivrsolutions",
        "acme",
        push_fields={"event": "state", "customer_no": "phone", "dtmf_input": "keys"},
        push_words={"ANSWERED": "hangup"},
        signature_header="X-Hub-Signature",
        digits=["9"],
    )
    account.place("9876543216")
    last = receiver.wait(4)[3]
    assert last.body == {"state": "hangup", "phone": "9876543216", "keys": "9"}
    assert len(last.headers["x-hub-signature"]) == 64


def test_a_registered_url_and_key_are_used_from_then_on(account: Account, receiver: PushReceiver) -> None:
    account.sandbox.change("ivrsolutions", "acme", push_url="", push_secret="")
    account.post("/api/add_webhook_url", {"webhookurl": receiver.url, "secret_key": "whsec-2"})
    account.place("9876543216")
    push = receiver.wait(4)[0]
    assert push.headers["x-ivr-signature"] == hmac.new(b"whsec-2", push.raw, hashlib.sha256).hexdigest()
    assert account.sandbox.settings("ivrsolutions", "acme")["push_url"] == receiver.url


def test_an_event_is_tried_five_times_at_most(account: Account, receiver: PushReceiver) -> None:
    receiver.statuses = [500] * 50
    account.place("9876543212")
    account.sandbox.wait_idle()
    assert len(account.row()["pushes"]) == 2 * 5
