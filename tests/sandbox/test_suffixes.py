"""The last two digits of a number choose what happens, at every dialect."""

import time

import httpx
import pytest

from dialer.sandbox.behaviours import SUFFIXES
from dialer.sandbox.client import SandboxClient, wait_for
from tests.sandbox.carrier import Account, PushReceiver

SLUGS = ["voxcore", "intellicall", "altur", "astradial", "ivrsolutions"]
EVENTS = {"voxcore": 1, "intellicall": 1, "altur": 1, "astradial": 4, "ivrsolutions": 4}


@pytest.fixture(params=SLUGS)
def account(
    request: pytest.FixtureRequest, sandbox: SandboxClient, http: httpx.Client, receiver: PushReceiver
) -> Account:
    quick = {"slow_reply_seconds": 0.3, "timeout_seconds": 0.3, "late_seconds": 25, "garbage_kind": "html"}
    return Account(sandbox, http, request.param, push_url=receiver.url, **quick)


def number(suffix: str) -> str:
    return f"98765432{suffix}"


@pytest.mark.parametrize("suffix", [suffix for suffix, chosen in SUFFIXES.items() if chosen.reply_fault is None])
def test_the_suffix_chooses_the_outcome(account: Account, suffix: str) -> None:
    assert account.place(number(suffix)).status_code == 200
    account.sandbox.wait_idle()
    row = account.row()
    assert row["outcome"] == SUFFIXES[suffix].outcome
    assert (row["answered_at"] is not None) == (row["outcome"] in ("ANSWERED", "MACHINE"))


def test_no_phone_is_reached_when_the_call_fails(account: Account) -> None:
    account.place(number("12"))
    account.sandbox.wait_idle()
    assert account.row()["rang_at"] is None


@pytest.mark.parametrize(
    ("suffix", "statuses"),
    [
        ("04", {"voxcore": 422, "intellicall": 400, "altur": 400, "astradial": 400, "ivrsolutions": 400}),
        ("05", {"voxcore": 503, "intellicall": 502, "altur": 429, "astradial": 500, "ivrsolutions": 429}),
        ("19", {"voxcore": 500, "intellicall": 500, "altur": 500, "astradial": 500, "ivrsolutions": 500}),
        ("21", {"voxcore": 503, "intellicall": 502, "altur": 429, "astradial": 500, "ivrsolutions": 429}),
        ("22", {"voxcore": 429, "intellicall": 429, "altur": 429, "astradial": 429, "ivrsolutions": 429}),
        ("24", {"voxcore": 422, "intellicall": 400, "altur": 400, "astradial": 200, "ivrsolutions": 200}),
    ],
)
def test_the_suffix_chooses_a_refusal(account: Account, suffix: str, statuses: dict[str, int]) -> None:
    expected = statuses[account.slug]
    assert account.place(number(suffix)).status_code == expected
    row = account.row()
    assert (row["outcome"], row["replied_status"], row["started_at"]) == ("REFUSED", expected, None)


def test_05_is_refused_once_only_however_it_is_spelled(account: Account) -> None:
    assert account.place(number("05")).status_code in (429, 500, 502, 503)
    other_spelling = {"to_number": f"+91{number('05')}"} if account.slug == "intellicall" else {}
    assert account.place(number("05"), reference="r-2", **other_spelling).status_code == 200


def test_06_replies_late(account: Account) -> None:
    began = time.monotonic()
    assert account.place(number("06")).status_code == 200
    assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize(("suffix", "rings"), [("07", True), ("18", False), ("14", True), ("23", False)])
def test_a_reply_that_never_comes_is_in_the_ledger_with_what_rang(account: Account, suffix: str, rings: bool) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        account.place(number(suffix))
    row = account.sandbox.wait_idle() and account.row()
    assert row["replied_status"] is None
    assert row["reference"] == ("" if account.slug == "ivrsolutions" else "r-1")
    assert (row["rang_at"] is not None) == rings
    assert row["outcome"] == ("ANSWERED" if rings else "REFUSED")


def test_a_client_that_gives_up_waiting_has_still_rung_the_phone(account: Account, receiver: PushReceiver) -> None:
    account.sandbox.change(account.slug, "acme", timeout_seconds=30)
    account.http.timeout = httpx.Timeout(0.2)
    with pytest.raises(httpx.ReadTimeout):
        account.place(number("07"))
    receiver.wait(EVENTS[account.slug])
    assert account.row()["outcome"] == "ANSWERED"


def test_08_is_never_pushed(account: Account, receiver: PushReceiver) -> None:
    account.place(number("08"))
    account.place(number("16"), reference="r-2")
    account.sandbox.wait_idle()
    assert [len(row["pushes"]) for row in account.sandbox.ledger()] == [0, EVENTS[account.slug]]
    assert len(receiver.received) == EVENTS[account.slug]


def test_09_is_pushed_twice_with_the_same_body(account: Account, receiver: PushReceiver) -> None:
    account.place(number("09"))
    pushes = receiver.wait(2 * EVENTS[account.slug])
    for first, second in zip(pushes[::2], pushes[1::2], strict=True):
        assert first.body.get("data", first.body) == second.body.get("data", second.body)


def test_10_is_pushed_late(account: Account, receiver: PushReceiver) -> None:
    account.place(number("10"))
    push = receiver.wait(EVENTS[account.slug])[-1]
    assert push.at - account.row()["ended_at"] >= 25 / 50 - 0.01


def test_11_is_pushed_before_the_reply(account: Account, receiver: PushReceiver) -> None:
    account.place(number("11"))
    assert account.row()["external_id"].encode() in receiver.received[-1].raw


def test_13_rings_and_replies_with_garbage(account: Account) -> None:
    reply = account.place(number("13"))
    assert reply.text.startswith("<html>")
    assert wait_for(account.row)["rang_at"] is not None


def test_20_is_an_error_that_rang(account: Account) -> None:
    assert account.place(number("20")).status_code == 500
    account.sandbox.wait_idle()
    assert account.row()["outcome"] == "ANSWERED"


def test_suffixes_can_be_switched_off(account: Account) -> None:
    account.sandbox.change(account.slug, "acme", suffixes=False)
    assert account.place(number("04")).status_code == 200
    assert account.row()["fault"] is None
