"""Hosted dialers: the carrier dials by itself, within its own concurrency and hours, and twice what is added twice."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from dialer.sandbox.client import SandboxClient, wait_for
from tests.sandbox.carrier import Account, PushReceiver

DIALER = {
    "name": "Reminders",
    "did_no": "+911143104567",
    "no_of_call": 2,
    "start_time": "00:00",
    "end_time": "23:59",
    "text_template_id": 101,
}


@pytest.fixture
def account(sandbox: SandboxClient, http: httpx.Client) -> Account:
    quick = {"slow_reply_seconds": 0.2, "timeout_seconds": 0.2, "garbage_kind": "html"}
    return Account(sandbox, http, "ivrsolutions", **quick)


def create(account: Account, **fields: Any) -> int:
    dialer_id: int = account.post("/api/create_text_dialer", {**DIALER, **fields}).json()["dialer_id"]
    return dialer_id


def switch(account: Account, dialer_id: int, status: str = "on") -> httpx.Response:
    return account.post("/api/change_dialer_status", {"dialerid": dialer_id, "status": status})


def add(account: Account, dialer_id: int, *numbers: str, **variables: str) -> httpx.Response:
    rows = [{"number": f"0{number}", **variables} for number in numbers]
    return account.post("/api/add_to_ivrdialerbulk", {"dialerid": dialer_id, "numbers": rows})


def some_numbers(count: int) -> list[str]:
    return [f"98765{index:03d}99" for index in range(count)]


def figures(account: Account, dialer_id: int) -> dict[str, Any]:
    found: dict[str, Any] = account.sandbox.summary()["accounts"]["ivrsolutions/acme"]["dialers"][str(dialer_id)]
    return found


def done(account: Account, dialer_id: int) -> dict[str, Any]:
    return wait_for(lambda: found if (found := figures(account, dialer_id))["pending"] == 0 else None)


def test_nothing_is_dialed_until_it_is_switched_on_and_then_within_its_concurrency(account: Account) -> None:
    account.sandbox.change("ivrsolutions", "acme", limits={"account": 2, "dids": {"*": 2}})
    dialer_id = create(account)
    assert add(account, dialer_id, *some_numbers(9)).json()["message"] == "9 numbers added to dialer successfully"
    assert account.sandbox.ledger() == []
    assert switch(account, dialer_id).json() == {"status": True, "message": "Dialer status changed to on"}
    found = done(account, dialer_id)
    summary = account.sandbox.wait_idle()
    assert (found["total_numbers"], found["completed"], found["calls"], found["dialed_again"]) == (9, 9, 9, 0)
    assert summary["violations"] == []
    assert summary["accounts"]["ivrsolutions/acme"]["peak"] == 2
    assert {row["dialer"] for row in account.sandbox.ledger()} == {dialer_id}


def test_numbers_that_are_added_while_it_is_on_are_dialed_at_once(account: Account) -> None:
    dialer_id = create(account)
    switch(account, dialer_id)
    body = {"dialerid": dialer_id, "number": "09876543299"}
    assert account.post("/api/add_to_ivrdialer", body).json()["message"] == "Number added to dialer successfully"
    assert account.row()["to_number"] == "09876543299"


def test_off_halts_dialing_and_lets_live_calls_go_on(account: Account) -> None:
    dialer_id = create(account)
    account.sandbox.change("ivrsolutions", "acme", talk_seconds=[25, 25])
    add(account, dialer_id, *some_numbers(6))
    switch(account, dialer_id)
    switch(account, dialer_id, "off")
    account.sandbox.wait_idle()
    rows = account.sandbox.ledger()
    assert [row["outcome"] for row in rows] == ["ANSWERED", "ANSWERED"]
    assert figures(account, dialer_id)["pending"] == 4
    switch(account, dialer_id)
    assert done(account, dialer_id)["calls"] == 6


def test_its_hours_are_those_of_the_accounts_clock(account: Account) -> None:
    far = (datetime.now(ZoneInfo("Asia/Kolkata")).hour + 12) % 24
    dialer_id = create(account, start_time=f"{far:02}:00", end_time=f"{far:02}:30")
    add(account, dialer_id, "9876543299")
    switch(account, dialer_id)
    assert account.sandbox.ledger() == []
    edited = account.post("/api/edit_text_dialer", {"id": dialer_id, "start_time": "00:00", "end_time": "23:59"})
    assert edited.json() == {"status": True, "message": "Dialer updated successfully"}
    assert done(account, dialer_id)["calls"] == 1


def test_a_number_that_is_added_twice_rings_twice(account: Account) -> None:
    dialer_id = create(account, no_of_call=1)
    add(account, dialer_id, "9876543299", order_id="a-1")
    add(account, dialer_id, "9876543299", order_id="a-1")
    switch(account, dialer_id)
    assert done(account, dialer_id)["dialed_again"] == 1
    account.sandbox.wait_idle()
    assert [row["to_number"] for row in account.sandbox.ledger() if row["rang_at"]] == ["09876543299"] * 2
    sentences = account.sandbox.summary()["violations"]
    assert any("Reference a-1 rang twice" in sentence for sentence in sentences)


def test_a_request_takes_at_most_100_numbers(account: Account) -> None:
    dialer_id = create(account)
    assert add(account, dialer_id, *some_numbers(100)).json()["status"] is True
    refused = add(account, dialer_id, *some_numbers(101))
    assert (refused.status_code, refused.json()["status"]) == (400, False)
    assert add(account, dialer_id).status_code == 400
    assert add(account, 999, "9876543299").status_code == 404
    assert figures(account, dialer_id)["total_numbers"] == 100


def test_a_number_that_cannot_be_called_is_left_out_and_the_count_says_so(account: Account) -> None:
    dialer_id = create(account)
    reply = add(account, dialer_id, "9876543299", "9876543204", "12")
    assert reply.json() == {"status": True, "message": "1 numbers added to dialer successfully"}


@pytest.mark.parametrize(("suffix", "queued"), [("07", 2), ("14", 2), ("18", 0), ("23", 0)])
def test_a_batch_without_a_reply_may_be_queued_or_not(account: Account, suffix: str, queued: int) -> None:
    dialer_id = create(account)
    with pytest.raises(httpx.RemoteProtocolError):
        add(account, dialer_id, "9876543299", f"98765432{suffix}")
    assert figures(account, dialer_id)["total_numbers"] == queued


@pytest.mark.parametrize(
    ("suffix", "status", "queued"), [("19", 500, 0), ("20", 500, 1), ("22", 429, 0), ("24", 200, 0), ("13", 200, 1)]
)
def test_a_batch_can_be_refused_or_answered_wrongly(account: Account, suffix: str, status: int, queued: int) -> None:
    dialer_id = create(account)
    reply = add(account, dialer_id, f"98765432{suffix}")
    assert reply.status_code == status
    assert "added" not in reply.text
    assert figures(account, dialer_id)["total_numbers"] == queued


def test_faults_by_ratio_befall_batches_too(account: Account) -> None:
    account.sandbox.change("ivrsolutions", "acme", faults={"http_500": 1}, suffixes=False)
    dialer_id = create(account)
    assert add(account, dialer_id, "9876543299").status_code == 500
    assert figures(account, dialer_id)["total_numbers"] == 0


def test_numbers_that_were_not_reached_are_tried_again_if_the_account_says_so(account: Account) -> None:
    account.sandbox.change("ivrsolutions", "acme", hosted_attempts=3, hosted_retry_seconds=1)
    dialer_id = create(account)
    add(account, dialer_id, "9876543202", "9876543216")
    switch(account, dialer_id)
    assert done(account, dialer_id)["calls"] == 4
    rows = account.post("/api/dialer_logs", {"dialerid": dialer_id}).json()["data"]
    tries = [(row["call_status"], row["attempts"]) for row in rows if row["customer_no"] == "9876543202"]
    assert tries == [("no_answer", 3), ("no_answer", 2), ("no_answer", 1)]


def test_results_are_in_the_dialers_log_and_in_the_pull(account: Account) -> None:
    first, second = create(account), create(account, name="Offers")
    add(account, first, "9876543216")
    add(account, second, "9876543201")
    switch(account, first)
    switch(account, second)
    account.sandbox.wait_idle()
    (row,) = account.post("/api/dialer_logs", {"dialerid": second}).json()["data"]
    assert (row["dialer_name"], row["customer_no"], row["call_status"]) == ("Offers", "9876543201", "busy")
    assert len(account.post("/api/dialer_logs").json()["data"]) == 2
    pulled = account.post("/v1/all_call_logs").json()["dialer_logs"]
    assert {row["dialer_id"] for row in pulled} == {first, second}
    listed = account.get("/api/get_dialers_list").json()["data"]
    assert [(row["status"], row["completed"], row["pending"]) for row in listed] == [("on", 1, 0), ("on", 1, 0)]


def test_hosted_calls_are_pushed_and_are_no_requests(account: Account, receiver: PushReceiver) -> None:
    account.sandbox.change("ivrsolutions", "acme", push_url=receiver.url, push_fields={"dialer_id": "campaign"})
    dialer_id = create(account)
    add(account, dialer_id, "9876543216")
    switch(account, dialer_id)
    assert [push.body["campaign"] for push in receiver.wait(4)] == [dialer_id] * 4
    assert account.sandbox.summary()["accounts"]["ivrsolutions/acme"]["requests"] == 0


@pytest.mark.parametrize("fields", [{"no_of_call": 0}, {"start_time": "9"}, {"end_time": "25:00"}, {"name": ""}])
def test_a_wrong_dialer_is_400(account: Account, fields: dict[str, Any]) -> None:
    assert account.post("/api/create_text_dialer", {**DIALER, **fields}).status_code == 400
    assert account.get("/api/get_dialers_list").json()["data"] == []


def test_a_full_platform_waits_for_a_free_line(account: Account) -> None:
    account.sandbox.change("ivrsolutions", "acme", fleet_max=1)
    dialer_id = create(account, no_of_call=5)
    add(account, dialer_id, *some_numbers(4))
    switch(account, dialer_id)
    assert done(account, dialer_id)["calls"] == 4
    assert account.sandbox.wait_idle()["accounts"]["ivrsolutions/acme"]["peak"] == 1
