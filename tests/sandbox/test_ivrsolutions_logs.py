"""The logs of IVR Solutions: three categories with their own ids, at most 20 rows a pull, local times, bare numbers."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from dialer.sandbox.client import SandboxClient, wait_for
from tests.sandbox.carrier import Account, zone_at_noon

DID = "+911143104567"


@pytest.fixture
def account(sandbox: SandboxClient, http: httpx.Client) -> Account:
    return Account(sandbox, http, "ivrsolutions", suffixes=False, digits=["7"])


def pull(account: Account, call: int = 0, c2c: int = 0, dialer: int = 0) -> dict[str, Any]:
    cursors = {"last_call_log_id": str(call), "last_c2c_log_id": str(c2c), "last_dialer_log_id": str(dialer)}
    found: dict[str, Any] = account.post("/v1/all_call_logs", cursors).json()
    return found


def place_c2c(account: Account, number: str = "9876543299") -> None:
    account.post("/api/c2c_post", {"did": DID, "ext_no": "2101", "phone": f"0{number}"})


def test_a_row_has_a_bare_number_a_local_time_and_a_documented_status(account: Account) -> None:
    account.sandbox.change("ivrsolutions", "acme", time_zone="America/New_York")
    account.place("9876543210")
    assert pull(account)["call_logs"] == []
    account.sandbox.wait_idle()
    (row,) = pull(account)["call_logs"]
    began = datetime.fromtimestamp(account.row()["started_at"], ZoneInfo("America/New_York"))
    assert row["call_time"] == began.strftime("%Y-%m-%d %H:%M:%S")
    assert (row["client_no"], row["did_no"], row["call_type"]) == ("9876543210", DID, "outbound")
    assert (row["call_status"], row["call_duration"], row["dtmf_input"]) == ("answered", 5, "7")
    assert "call_abc" not in str(row)
    assert account.row()["external_id"] not in str(row)


@pytest.mark.parametrize(
    ("outcome", "status"), [("BUSY", "busy"), ("NO_ANSWER", "no_answer"), ("FAILED", "failed"), ("MACHINE", "answered")]
)
def test_each_end_has_a_status(account: Account, outcome: str, status: str) -> None:
    account.sandbox.change("ivrsolutions", "acme", outcomes={outcome: 1})
    account.place()
    account.sandbox.wait_idle()
    assert pull(account)["call_logs"][0]["call_status"] == status


def test_ids_are_unique_within_a_category_only(account: Account) -> None:
    account.place("9876543210")
    place_c2c(account)
    account.sandbox.wait_idle()
    found = pull(account)
    assert found["call_logs"][0]["recordid"] == found["click_to_call_logs"][0]["recordid"] == 1


def test_a_pull_is_newest_first_and_never_more_than_20_rows_a_category(account: Account) -> None:
    for index in range(23):
        account.place(f"98765432{index:02d}")
    place_c2c(account)
    account.sandbox.wait_idle()
    found = pull(account)
    assert [row["recordid"] for row in found["call_logs"]] == list(range(23, 3, -1))
    assert len(found["click_to_call_logs"]) == 1
    assert [row["recordid"] for row in pull(account, call=21)["call_logs"]] == [23, 22]
    assert pull(account, call=23, c2c=1)["click_to_call_logs"] == []
    missed = account.post("/api/call_logs", {}).json()["data"]
    assert len(missed) == 24


def test_ids_given_at_the_start_let_a_long_call_slip_under_the_cursor(account: Account) -> None:
    account.sandbox.change("ivrsolutions", "acme", record_ids_at_start=True, talk_seconds=[100, 100])
    account.place("9876543201")
    account.sandbox.change("ivrsolutions", "acme", talk_seconds=[1, 1])
    account.place("9876543202")
    first = wait_for(lambda: pull(account)["call_logs"])
    assert [row["recordid"] for row in first] == [2]
    account.sandbox.wait_idle()
    assert pull(account, call=2)["call_logs"] == []
    assert [row["recordid"] for row in pull(account)["call_logs"]] == [2, 1]


def test_whole_days_of_the_accounts_clock_can_be_asked_for(account: Account) -> None:
    zone = zone_at_noon()
    account.sandbox.change("ivrsolutions", "acme", time_zone=zone)
    account.place("9876543210")
    place_c2c(account)
    account.sandbox.wait_idle()
    today = datetime.now(ZoneInfo(zone)).date().isoformat()
    rows = account.post("/api/call_logs", {"from_date": today, "to_date": today}).json()["data"]
    assert {row["call_type"] for row in rows} == {"outbound", "c2c"}
    none = account.post("/api/call_logs", {"from_date": "2020-01-01", "to_date": "2020-01-31"})
    assert (none.status_code, none.json()) == (405, {"status": 405, "message": "No records found"})


def test_a_number_can_be_looked_up_in_any_spelling(account: Account) -> None:
    account.place("9876543210")
    place_c2c(account, "9876543210")
    place_c2c(account, "9876543211")
    account.sandbox.wait_idle()
    for phone in ("9876543210", "09876543210", "+919876543210"):
        rows = account.get("/api/calllog_by_number", phone=phone).json()["data"]
        assert [row["call_type"] for row in rows] in (["c2c", "outbound"], ["outbound", "c2c"])
    assert "call_status" not in rows[0]
    assert len(account.get("/api/c2clog_by_number", phone="9876543210").json()["data"]) == 1
    none = account.get("/api/calllog_by_number", phone="9876543200")
    assert (none.status_code, none.json()) == (404, {"status": 404, "message": "caller Not Found"})
    account.sandbox.change("ivrsolutions", "acme", number_log_form="full")
    rows = account.get("/api/calllog_by_number", phone="9876543210").json()["data"]
    assert rows[0]["call_status"] == "answered"


def test_the_words_of_the_vendors_integration_can_be_had(account: Account) -> None:
    account.sandbox.change("ivrsolutions", "acme", log_form="integration")
    account.place("9876543210")
    account.sandbox.wait_idle()
    (row,) = pull(account)["call_logs"]
    assert (row["recordid"], row["call_type"]) == ("1", "outgoing")
    assert (row["attended_by"], row["client_no"]) == ("9876543210", "1143104567")


def test_calls_by_flow_can_end_in_the_dialers_log(account: Account) -> None:
    account.sandbox.change("ivrsolutions", "acme", dial_category="dialer")
    account.place("9876543210")
    account.sandbox.wait_idle()
    found = pull(account)
    assert found["call_logs"] == []
    assert found["dialer_logs"][0]["client_no"] == found["dialer_logs"][0]["customer_no"] == "9876543210"


def test_look_ups_are_counted_by_kind(account: Account) -> None:
    pull(account)
    for path in ("/api/call_logs", "/api/dialer_logs", "/api/click_to_call_log", "/api/click_connect_logs"):
        account.post(path)
    account.get("/api/calllog_by_number", phone="9876543210")
    account.get("/api/c2clog_by_number", phone="9876543210")
    account.post("/api/get_live_did")
    account.get("/api/get_call_status")
    assert account.lookups() == {"call_poll": 2, "log": 5, "capacity": 1}
