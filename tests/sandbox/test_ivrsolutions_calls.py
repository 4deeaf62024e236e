"""IVR Solutions, call by call: what is taken, whom it rings, how errors are told, and which log it ends in."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from dialer.sandbox.client import SandboxClient, SandboxError, wait_for
from tests.sandbox.carrier import KEY, Account, zone_at_noon

DID = "+911143104567"
PARTIES = {"did": DID, "first_phone": "+919812345678", "second_phone": "+919876543299"}
TEXT = {"did_no": DID, "customer_no": "09876543299", "template_name": "api_order_confirm"}
DIALING = [
    ("/api/dial_by_flow", {"did_no": DID, "flow_id": "1001", "customer_no": "09876543299"}, ""),
    ("/api/dial_by_text", TEXT, ""),
    ("/api/dial_by_voicebot", {"did_num": DID, "customer_no": "09876543299", "Voicechat_id": "4821"}, ""),
    ("/api/dial_by_aivoicebot", {"customer_no": "09876543299", "wss_url": "wss://bots.example.com/7"}, ""),
    ("/v1/dial_by_flow_get", {"token": KEY, "did": DID, "flow": "1001", "phone": "09876543299"}, ""),
    ("/api/c2c_post", {"did": DID, "ext_no": "2101", "phone": "09876543299"}, "2101"),
    ("/api/click_to_call", {"agent_no": "09812345678", "client_no": "09876543299"}, "09812345678"),
    ("/api/c2c_advance", PARTIES, "+919812345678"),
    ("/api/click_connect", PARTIES, "+919812345678"),
]


@pytest.fixture
def account(sandbox: SandboxClient, http: httpx.Client) -> Account:
    return Account(sandbox, http, "ivrsolutions")


@pytest.mark.parametrize(("path", "body", "agent"), DIALING, ids=[path for path, _, _ in DIALING])
def test_each_operation_rings_the_customer_and_the_agent_first(
    account: Account, path: str, body: dict[str, Any], agent: str
) -> None:
    account.sandbox.change("ivrsolutions", "acme", agent_ring_seconds=[10, 10])
    assert account.post(path, body).status_code == 200
    account.sandbox.wait_idle()
    row = account.row()
    assert (row["to_number"][-10:], row["agent"], row["outcome"]) == ("9876543299", agent, "ANSWERED")
    assert row["from_number"] == ("" if path in ("/api/dial_by_aivoicebot", "/api/click_to_call") else DID)
    assert (row["rang_at"] - row["started_at"] >= 10 / 50 - 0.01) == bool(agent)


def test_c2c_takes_a_form_a_query_and_the_v1_path(account: Account) -> None:
    fields = {"did": DID, "ext_no": "2101", "phone": "09876543299"}
    files = {name: (None, value) for name, value in fields.items()}
    form = account.http.post(f"{account.base_url}/api/c2c_post", files=files, headers=account.headers)
    urlencoded = account.http.post(f"{account.base_url}/v1/c2c_post", data=fields, headers=account.headers)
    query = account.http.get(f"{account.base_url}/api/c2c_get", params={**fields, "token": KEY})
    for reply in (form, urlencoded, query):
        assert reply.json()["message"] == "Call connecting. Please wait..."
    rows = account.sandbox.ledger()
    assert [str(reply.json()["logid"]) for reply in (form, urlencoded, query)] == [row["external_id"] for row in rows]
    assert {(row["from_number"], row["agent"], row["to_number"]) for row in rows} == {(DID, "2101", "09876543299")}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/dial_by_flow", {"did_no": DID, "flow_id": "1001"}),
        ("/api/dial_by_flow", {"did_no": DID, "flow_id": "1001", "customer_no": "9876543299"}),
        ("/api/dial_by_text", {"did_no": DID, "customer_no": "09876543299"}),
        ("/api/c2c_advance", {**PARTIES, "first_phone": "12"}),
        (
            "/api/dial_by_flow",
            {"did_no": DID, "flow_id": "1", "customer_no": "09876543299", "schedule_datetime": "soon"},
        ),
        ("/v1/dial_by_flow_get", {"did": DID, "flow": "1001", "phone": "09876543299"}),
    ],
)
def test_a_bad_request_is_400_and_rings_nobody(account: Account, path: str, body: dict[str, Any]) -> None:
    reply = account.post(path, body)
    assert (reply.status_code, reply.json()["status"]) == (400, False)
    assert account.row()["rang_at"] is None


def test_the_errors_of_click_to_call_have_the_documented_codes(account: Account) -> None:
    account.sandbox.change("ivrsolutions", "acme", agents=["2101"], caller_ids=[DID])
    right = {"did": DID, "ext_no": "2101", "phone": "09876543299"}
    assert account.post("/api/c2c_post", {"did": DID}).json() == {"status": 401, "message": "empty data field"}
    unknown = account.post("/api/c2c_post", {**right, "ext_no": "2109"})
    assert (unknown.status_code, unknown.json()) == (404, {"status": 404, "message": "Agent Number not found."})
    assert account.post("/api/c2c_post", {**right, "did": "+911143100000"}).json()["status"] == 405
    assert account.post("/api/enable_disable_users", {"ext_no": "2101", "status": "0"}).json()["status"] is True
    assert account.post("/api/c2c_post", right).json()["status"] == 405
    account.post("/api/enable_disable_users", {"ext_no": "2101", "status": "1"})
    assert account.post("/api/c2c_post", right).json()["status"] == 200
    assert account.sandbox.summary()["rang"] <= 1


def test_errors_come_with_http_200_where_that_is_set(account: Account) -> None:
    account.sandbox.change("ivrsolutions", "acme", errors_with_200=True, fleet_max=0)
    full = account.place()
    assert (full.status_code, full.json()) == (200, {"status": 429, "message": "Too many requests"})
    wrong = account.http.post(f"{account.base_url}/api/c2c_post", headers={"Authorization": "Bearer wrong"})
    assert (wrong.status_code, wrong.json()) == (200, {"status": 401, "message": "Token Invalid"})
    account.sandbox.change("ivrsolutions", "acme", fleet_max=9, faults={"http_500_rang": 1}, suffixes=False)
    broken = account.place()
    assert (broken.status_code, broken.json()["status"]) == (200, 500)
    wait_for(lambda: account.sandbox.summary()["rang"] == 1)


@pytest.mark.parametrize(
    ("settings", "fields"),
    [
        ({"flows": ["1001"]}, {"flow_id": "1002"}),
        ({"bots": ["7"]}, {"Voicechat_id": "8"}),
        ({"templates": ["hello"]}, {"template_name": "bye"}),
    ],
)
def test_what_the_account_does_not_have_is_404(
    account: Account, settings: dict[str, Any], fields: dict[str, Any]
) -> None:
    account.sandbox.change("ivrsolutions", "acme", **settings)
    assert account.place(**fields).status_code == 404
    assert account.place().status_code == 200


def test_a_template_is_spoken_once_it_is_approved(account: Account) -> None:
    account.sandbox.change("ivrsolutions", "acme", template_approval_seconds=15)
    account.post("/api/create_text_template", {"template_name": "new", "text_content": "Hello."})
    body = {"did_no": DID, "customer_no": "09876543299", "template_name": "new"}
    assert account.post("/api/dial_by_text", body).status_code == 404

    def status() -> str:
        found: str = account.post("/api/check_text_template_status", {"template_name": "new"}).json()["data"]["status"]
        return found

    assert status() == "pending"
    wait_for(lambda: status() == "approved")
    assert account.post("/api/dial_by_text", body).status_code == 200


def test_an_extension_takes_calls_through_its_last_day(account: Account) -> None:
    path, body, _ = next(one for one in DIALING if one[0] == "/api/c2c_post")
    zone = zone_at_noon()
    account.sandbox.change("ivrsolutions", "acme", time_zone=zone)
    today = datetime.now(ZoneInfo(zone)).date()
    for day, status in ((today, 200), (today - timedelta(days=1), 405)):
        account.post("/api/set_expiry", {"ext_no": body["ext_no"], "expiry_date": day.isoformat()})
        assert account.post(path, body).status_code == status


@pytest.mark.parametrize(("unclear", "made"), [("done", ["new"]), ("not_done", [])])
def test_a_change_whose_reply_is_lost_is_made_or_not_and_counted(
    account: Account, unclear: str, made: list[str]
) -> None:
    account.sandbox.change("ivrsolutions", "acme", unclear_changes=unclear)
    with pytest.raises(httpx.RemoteProtocolError):
        account.post("/api/create_text_template", {"template_name": "new", "text_content": "Hello."})
    told = account.sandbox.summary()["accounts"]["ivrsolutions/acme"]
    assert (list(told["templates"]), told["changes"]) == (made, {"/api/create_text_template": 1})


def test_a_scheduled_call_waits_for_its_instant_in_its_own_zone(account: Account) -> None:
    zone = ZoneInfo("America/Bogota")  # its clocks are never turned: no wall time comes twice
    at = (datetime.now(UTC) + timedelta(seconds=2)).astimezone(zone).replace(microsecond=0)
    text = at.strftime("%Y-%m-%d %H:%M:%S")
    reply = account.place(schedule_datetime=text, timezone=zone.key)
    assert reply.json() == {
        "status": 200,
        "message": "Call scheduled successfully",
        "scheduled_time": text,
        "timezone": zone.key,
    }
    assert account.row()["started_at"] is None
    wait_for(lambda: account.row()["started_at"])
    assert account.row()["started_at"] >= at.timestamp() - 0.01


def test_ids_that_the_document_does_not_show_are_left_out_unless_set(account: Account) -> None:
    path, body, _ = DIALING[2]
    assert account.post(path, body).json()["data"] == {}
    account.sandbox.change("ivrsolutions", "acme", ids_in_data=True)
    call_id = account.post(path, body).json()["data"]["call_id"]
    assert call_id == account.sandbox.ledger()[1]["external_id"]


def test_a_masked_call_can_be_canceled(account: Account) -> None:
    account.sandbox.change("ivrsolutions", "acme", talk_seconds=[1000, 1000])
    account.post("/api/click_connect", PARTIES)
    session = {"action": "cancel", "did": DID, "first_number": "+919812345678"}
    assert account.post("/api/click_connect_update", {**session, "first_number": "+919812345670"}).status_code == 404
    assert account.post("/api/click_connect_update", session).json()["status"] is True
    assert account.row()["ended_at"] is not None
    assert account.post("/api/click_connect_update", session).status_code == 404


def test_a_time_zone_that_does_not_exist_is_refused(account: Account) -> None:
    with pytest.raises(SandboxError, match="'time_zone'"):
        account.sandbox.change("ivrsolutions", "acme", time_zone="Asia/Atlantis")


def test_a_stated_rate_is_enforced_for_calls_and_look_ups(account: Account) -> None:
    account.sandbox.change("ivrsolutions", "acme", enforce_rate=True, rate_per_second=3)
    for _ in range(3):
        assert account.get("/api/get_callflow").status_code == 200
    assert account.place().status_code == 429
    assert account.get("/api/get_callflow").status_code == 429
