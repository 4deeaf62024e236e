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
    assert (reply["success"], "timeout" in reply["response"]) == (True, False)
    account.sandbox.change("astradial", "acme", switch="slow")
    assert account.place("9876543297", reference="r-3").json()["response"] == {"timeout": True}
    assert account.sandbox.ledger()[1]["external_id"] not in str(reply)


@pytest.mark.parametrize(
    ("fields", "customer", "agent"),
    [
        ({"from": "1001", "to": "9876543299", "to_type": "external"}, "9876543299", "1001"),
        ({"from": "9876543299", "to": "500", "to_type": "queue"}, "9876543299", ""),
        ({"from": "9876543299", "to": "7", "to_type": "ivr"}, "9876543299", ""),
        ({"from": "9876543299", "to": "08040001234", "to_type": "external"}, "9876543299", ""),
        ({"from": "9876543299", "to": "bot-7", "to_type": "ai_agent"}, "9876543299", ""),
        ({"from": "9876543299", "to": "1001", "to_type": "extension"}, "9876543299", ""),
        ({"from": "1001", "to": "1002", "to_type": None}, "1002", "1001"),
    ],
)
def test_every_kind_of_destination_is_taken(
    account: Account, fields: dict[str, Any], customer: str, agent: str
) -> None:
    account.sandbox.change("astradial", "acme", external_targets=["08040001234"])
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
    for change, said in (
        ({"reply_form": "server"}, "Extension does not exist"),
        ({"agents": None, "switch": "login_timeout"}, "AMI Login timeout"),
        ({"switch": "login_failed"}, "AMI Login failed"),
    ):
        account.sandbox.change("astradial", "acme", **change)
        reply = account.place(reference=f"r-{said}")
        failed = {"error": "Failed to initiate call via AMI", "details": said}
        assert (reply.status_code, reply.json()) == (500, failed)
    # Beyond its limit the switch answers the call itself: no word of it, in the reply or in the log.
    account.sandbox.change("astradial", "acme", switch="ok", fleet_max=0)
    assert account.place(reference="r-3").json()["success"] is True
    assert rows(account) == []
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


def test_the_servers_log_calls_a_customers_leg_internal_and_hides_it_from_outbound(account: Account) -> None:
    account.sandbox.change("astradial", "acme", reply_form="server", push_url="")
    account.place()
    account.place("9876543298", **{"from": "9876543298", "to": "500", "to_type": "queue"})
    account.place("9876543217", reference="r-3")  # the agent does not answer
    place_ai(account, "9876543297")
    account.sandbox.wait_idle()
    page = account.get("/api/v1/calls").json()
    assert page["pagination"] == {"total": 4, "limit": 50, "offset": 0, "has_more": False}
    assert "total" not in page
    found = {row["to_number"]: (row["direction"], row["disposition"], row["talk_time"]) for row in page["data"]}
    assert found == {
        "9876543299": ("internal", "ANSWERED", 5),
        "9876543298": ("internal", "ANSWERED", 5),
        "1001": ("internal", "NO ANSWER", 0),
        "9876543297": ("outbound", "ANSWERED", 0),
    }
    assert [row["to_number"] for row in rows(account, direction="outbound")] == ["9876543297"]
    assert [row["to_number"] for row in rows(account, to="9876543298")] == ["9876543298"]


def test_the_servers_log_compares_wall_times_as_texts(account: Account) -> None:
    account.sandbox.change("astradial", "acme", reply_form="server", push_url="")
    account.place()
    account.sandbox.wait_idle()
    began = datetime.fromtimestamp(account.row()["started_at"], UTC)
    ist = began + timedelta(hours=5, minutes=30)
    for clock, wall, shown in (("ist", ist, began), ("utc", began, began - timedelta(hours=5, minutes=30))):
        account.sandbox.change("astradial", "acme", log_clock=clock)
        before, after = wall - timedelta(seconds=1), wall + timedelta(seconds=2)
        (row,) = rows(account, date_from=before.isoformat()[:19])
        assert row["started_at"][:19] == shown.isoformat()[:19]
        assert rows(account, date_from=after.isoformat()) == []


def test_the_servers_recordings_want_a_log_in(account: Account) -> None:
    account.sandbox.change("astradial", "acme", reply_form="server", org_api_key="org_1", org_api_secret="s-1")
    account.place()
    account.sandbox.wait_idle()
    path = rows(account)[0]["recording_url"]
    assert account.get(path).status_code == 401
    login = "/api/v1/auth/login"
    assert account.post(login, {"api_key": "org_1", "api_secret": "wrong"}).status_code == 401
    token = account.post(login, {"api_key": "org_1", "api_secret": "s-1"}).json()["token"]
    reply = account.http.get(f"{account.base_url}{path}", headers={"Authorization": f"Bearer {token}"})
    assert reply.content[:4] == b"RIFF"


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
