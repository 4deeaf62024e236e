"""The Astradial dialect says what the provider's pages and the public source of its server say, traps included."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from dialer.sandbox.client import SandboxClient, wait_for
from tests.sandbox.carrier import Account, PushReceiver

LONG = {"talk_seconds": [1000, 1000]}
AI = "/api/v1/calls/originate-to-ai"


@pytest.fixture
def account(sandbox: SandboxClient, http: httpx.Client, receiver: PushReceiver) -> Account:
    return Account(sandbox, http, "astradial", push_url=receiver.url, push_secret="whsec-1")


def place_ai(account: Account, number: str = "9876543299", **fields: Any) -> httpx.Response:
    return account.post(
        AI, {"to": number, "wss_url": "wss://bots.example.com/7", "caller_id": "+911234567890"} | fields
    )


def rows(account: Account, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = account.get("/api/v1/calls", **query).json()["data"]
    return found


def test_both_forms_of_the_reply_name_no_call(account: Account) -> None:
    assert account.place().json() == {"status": "success", "message": "Call initiated"}
    account.sandbox.change("astradial", "acme", reply_form="server")
    reply = account.place("9876543298", reference="r-2").json()
    assert (reply["success"], reply["call"]["to"], reply["call"]["to_type"]) == (True, "9876543298", "external")
    assert account.sandbox.ledger()[1]["external_id"] not in str(reply)


@pytest.mark.parametrize(
    ("fields", "customer", "agent"),
    [
        ({"from": "1001", "to": "9876543299", "to_type": "external"}, "9876543299", "1001"),
        ({"from": "9876543299", "to": "500", "to_type": "queue"}, "9876543299", ""),
        ({"from": "9876543299", "to": "7", "to_type": "ivr"}, "9876543299", ""),
        ({"from": "9876543299", "to": "bot-7", "to_type": "ai_agent"}, "9876543299", ""),
        ({"from": "9876543299", "to": "1001", "to_type": "extension"}, "9876543299", ""),
        ({"from": "1001", "to": "1002", "to_type": None}, "1002", "1001"),
    ],
)
def test_every_kind_of_destination_is_taken(
    account: Account, fields: dict[str, Any], customer: str, agent: str
) -> None:
    body = {key: value for key, value in fields.items() if value is not None}
    assert account.post("/api/v1/calls/click-to-call", body).status_code == 200
    assert (account.row()["to_number"], account.row()["agent"]) == (customer, agent)


def test_an_agent_is_called_before_the_customer_who_is_called_before_a_queue(account: Account) -> None:
    account.sandbox.change("astradial", "acme", agent_ring_seconds=[20, 20], **LONG)
    account.place()
    account.place("9876543299", **{"from": "9876543298", "to": "500", "to_type": "queue"})
    external, queue = wait_for(
        lambda: [row for row in account.sandbox.ledger() if row["rang_at"]][1:] and account.sandbox.ledger()
    )
    assert external["rang_at"] - external["started_at"] >= 20 / 50 - 0.01
    assert queue["rang_at"] - queue["started_at"] < 20 / 50


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/calls/click-to-call", {"from": "1001"}),
        ("/api/v1/calls/click-to-call", {"from": "1001", "to": "12", "to_type": "moon"}),
        ("/api/v1/calls/click-to-call", {"from": "1001", "to": "nobody", "to_type": "external"}),
        ("/api/v1/calls/click-to-call", {"from": "1001", "to": "9876543210", "timeout": "30"}),
        (AI, {"wss_url": "wss://bots.example.com/7"}),
        (AI, {"to": "9876543210", "wss_url": "https://bots.example.com/7"}),
        (AI, {"to": "9876543210", "wss_url": "wss://x", "variables": "none"}),
    ],
)
def test_a_bad_body_is_400_and_rings_nobody(account: Account, path: str, body: dict[str, Any]) -> None:
    reply = account.post(path, body)
    assert (reply.status_code, "error" in reply.json()) == (400, True)
    assert account.row()["rang_at"] is None


@pytest.mark.parametrize("headers", [{}, {"X-API-Key": "wrong"}, {"Authorization": "Bearer sandbox-key"}])
def test_a_wrong_key_is_401_everywhere(account: Account, headers: dict[str, str]) -> None:
    assert account.http.post(f"{account.base_url}{AI}", json={}, headers=headers).status_code == 401
    assert account.http.get(f"{account.base_url}/api/v1/calls", headers=headers).status_code == 401


def test_a_failed_originate_is_a_500_in_both_forms(account: Account) -> None:
    account.sandbox.change("astradial", "acme", agents=["1002"])
    reply = account.place()
    assert (reply.status_code, reply.json()) == (
        500,
        {"status": "error", "message": "Failed to originate call: extension not registered"},
    )
    account.sandbox.change("astradial", "acme", reply_form="server", agents=None, fleet_max=0)
    reply = account.place(reference="r-2")
    failed = {"error": "Failed to initiate click-to-call", "details": "concurrent call limit reached"}
    assert (reply.status_code, reply.json()) == (500, failed)
    assert account.sandbox.summary()["rang"] == 0


def test_a_click_to_call_is_in_the_log_once_it_is_over(account: Account) -> None:
    account.place()
    assert rows(account) == []
    account.sandbox.wait_idle()
    (row,) = rows(account, to="9876543299", direction="outbound")
    assert (row["from_number"], row["to_number"], row["status"]) == ("1001", "9876543299", "ANSWERED")
    assert (row["duration"], row["talk_time"]) == (6, 5)
    recording = account.get(row["recording_url"])
    assert recording.content[:4] == b"RIFF"
    assert account.http.get(f"{account.base_url}{row['recording_url']}").status_code == 401


@pytest.mark.parametrize(
    ("suffix", "disposition"), [("01", "BUSY"), ("02", "NO ANSWER"), ("12", "FAILED"), ("16", "ANSWERED")]
)
def test_the_log_has_a_word_for_each_end_and_can_be_filtered_by_it(
    account: Account, suffix: str, disposition: str
) -> None:
    account.place(f"98765432{suffix}")
    account.sandbox.wait_idle()
    (row,) = rows(account, disposition=disposition)
    assert row["status"] == disposition
    assert rows(account, disposition="BUSY" if disposition != "BUSY" else "FAILED") == []


def test_an_ai_calls_row_stands_answered_with_duration_0_until_it_is_overwritten(account: Account) -> None:
    account.sandbox.change("astradial", "acme", ring_seconds=[25, 25], outcomes={"NO_ANSWER": 1})
    place_ai(account)
    (row,) = rows(account)
    assert (row["status"], row["duration"], row["talk_time"], row["ended_at"]) == ("ANSWERED", 0, 0, None)
    account.sandbox.wait_idle()
    (later,) = rows(account)
    assert (later["id"], later["status"], later["duration"]) == (row["id"], "NO ANSWER", 25)


def test_two_ai_calls_to_one_number_within_60_s_are_confused(account: Account) -> None:
    account.sandbox.change("astradial", "acme", push_url="", ring_seconds=[10, 10], outcomes={"NO_ANSWER": 1})
    place_ai(account)
    place_ai(account)
    account.sandbox.wait_idle()
    newest, oldest = rows(account)
    assert (newest["status"], oldest["status"], oldest["duration"]) == ("NO ANSWER", "ANSWERED", 0)


def test_ai_calls_that_began_more_than_60_s_apart_are_not_confused(account: Account) -> None:
    account.sandbox.change("astradial", "acme", push_url="", ring_seconds=[150, 150], outcomes={"NO_ANSWER": 1})
    place_ai(account, timeout=500)
    began = account.row()["started_at"]
    wait_for(lambda: time.time() - began > 61 / 50)
    account.sandbox.change("astradial", "acme", ring_seconds=[10, 10])
    place_ai(account)
    account.sandbox.wait_idle()
    assert [row["duration"] for row in rows(account)] == [10, 150]


def test_the_log_pages_by_limit_and_offset_newest_first(account: Account) -> None:
    account.sandbox.change("astradial", "acme", suffixes=False, push_url="")
    for index in range(25):
        account.place(f"98765{index:05d}", reference=f"r-{index}")
    account.sandbox.wait_idle()
    page = account.get("/api/v1/calls", limit=10, offset=20).json()
    assert (len(page["data"]), page["total"], page["limit"], page["offset"]) == (5, 25, 10, 20)
    assert len(rows(account)) == 20
    assert [int(row["id"]) for row in rows(account, limit=500)] == list(range(25, 0, -1))
    assert account.get("/api/v1/calls", limit="many").status_code == 400


def test_the_log_can_be_asked_from_a_date_and_for_a_number_in_any_spelling(account: Account) -> None:
    account.place()
    account.sandbox.wait_idle()
    started_at = datetime.fromtimestamp(account.row()["started_at"], UTC)
    before, after = started_at - timedelta(seconds=1), started_at + timedelta(seconds=1)
    assert len(rows(account, date_from=before.isoformat(), to="+919876543299")) == 1
    assert rows(account, date_from=after.isoformat()) == []
    assert rows(account, date_to=before.isoformat()) == []
    assert rows(account, to="9876543200") == []
    assert rows(account, direction="inbound") == []


def test_look_ups_of_one_number_and_of_the_whole_account_are_counted_apart(account: Account) -> None:
    rows(account, to="9876543299")
    rows(account)
    rows(account, limit=200)
    account.get("/api/v1/calls/live")
    assert account.lookups() == {"call_poll": 1, "log": 2, "capacity": 1}


def test_the_servers_form_of_the_log_and_its_figures(account: Account) -> None:
    account.sandbox.change("astradial", "acme", reply_form="server")
    account.place()
    account.sandbox.wait_idle()
    page = account.get("/api/v1/calls", limit=200).json()
    assert (len(page["calls"]), page["count"], page["total"]) == (1, 1, 1)
    for path in ("count", "stats"):
        figures = account.get(f"/api/v1/calls/{path}").json()
        assert figures == {"count": 1, "statistics": {"total_calls": 1, "answered_calls": 1}}


def test_live_calls_are_listed_and_can_be_hung_up(account: Account) -> None:
    account.sandbox.change("astradial", "acme", **LONG)
    account.place()
    wait_for(lambda: account.row()["answered_at"])
    (live,) = account.get("/api/v1/calls/live").json()["calls"]
    assert (live["status"], live["to_number"]) == ("answered", "9876543299")
    assert account.post(f"/api/v1/calls/{live['channel_id']}/hangup").json()["success"] is True
    assert account.row()["outcome"] == "ANSWERED"
    assert account.get("/api/v1/calls/live").json() == {"calls": [], "count": 0}
    assert account.post("/api/v1/calls/nothing/hangup").status_code == 500
