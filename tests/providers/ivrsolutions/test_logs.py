"""Logs: three categories, cursors that only move forward, full pages, and the account's clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.ivrsolutions import logs
from dialer.ivrsolutions.logs import Cursors
from dialer.providers.base import AccountConfig, LogPage, LogQuery, Phase, ProviderReply
from dialer.providers.ivrsolutions import provider
from tests.providers import garbage
from tests.providers.ivrsolutions import document
from tests.providers.ivrsolutions.document import ACCOUNT, sent_fields
from tests.providers.judging import check_report

PULL = LogQuery(since_at=datetime(2024, 12, 15, tzinfo=UTC), until_at=datetime(2024, 12, 16, tzinfo=UTC))
BY_NUMBER = replace(PULL, to_number="+919876543210")


def row(recordid: Any, **changes: Any) -> dict[str, Any]:
    """Return a record with the names of schema CallLog."""
    return {
        "recordid": recordid,
        "did_no": "+911143104567",
        "client_no": "9876543210",
        "call_time": "2024-12-15 10:30:45",
        "call_duration": 185,
        "call_status": "answered",
        **changes,
    }


def pulled(query: LogQuery = PULL, account: AccountConfig = ACCOUNT, **lists: Any) -> LogPage:
    page = provider.parse_log(
        account=account, query=query, reply=ProviderReply(status=200, body=orjson.dumps({"status": 200, **lists}))
    )
    assert page is not None
    return page


def cursors(page: LogPage) -> dict[str, str]:
    return dict(orjson.loads(page.next_cursor or "{}"))


def test_first_pull_asks_for_the_newest_and_the_next_goes_on_from_it() -> None:
    request = provider.build_log(account=ACCOUNT, query=PULL)
    document.check(request, document.named("v1_all_call_logs"))
    assert sent_fields(request) == {"last_c2c_log_id": "0", "last_call_log_id": "0", "last_dialer_log_id": "0"}
    page = pulled(
        call_logs=[row(105, call_type="outgoing"), row(101, call_type="incoming")],
        click_to_call_logs=[row(60)],
        dialer_logs=[],
    )
    request = provider.build_log(account=ACCOUNT, query=replace(PULL, cursor=page.next_cursor))
    assert sent_fields(request) == {"last_c2c_log_id": "60", "last_call_log_id": "105", "last_dialer_log_id": "0"}


def test_same_id_in_two_categories_is_two_records() -> None:
    page = pulled(call_logs=[row(7, call_type="outgoing")], click_to_call_logs=[row(7)], dialer_logs=[row(7)])
    assert [report.dedupe_key for report in page.reports] == ["call:7", "c2c:7", "dialer:7"]


def test_record_that_moves_between_logs_keeps_its_key() -> None:
    """The log of a date range mixes the categories; its record is the one of the pull."""
    mixed = logs.call_logs.parse(
        reply=ProviderReply(status=200, body=orjson.dumps({"status": 200, "data": [row(7, call_type="dialer")]}))
    ).value
    assert mixed is not None
    assert mixed[0].dedupe_key == pulled(dialer_logs=[row(7)]).reports[0].dedupe_key


def test_calls_that_came_in_are_none_of_ours_but_move_the_cursor() -> None:
    page = pulled(
        call_logs=[row(9, call_type="incoming"), row(8, call_type="inbound"), row(7), row(6, call_type="new")]
    )
    assert page.reports == ()
    assert cursors(page)["call"] == "9"


@pytest.mark.parametrize("category", ["call_logs", "click_to_call_logs", "dialer_logs"])
def test_page_of_twenty_rows_in_any_category_is_full(category: str) -> None:
    rows = [row(number, call_type="outgoing") for number in range(30, 10, -1)]
    full: dict[str, Any] = {category: rows}
    almost: dict[str, Any] = {category: rows[:19]}
    assert pulled(**full).full
    assert not pulled(**almost).full


def test_reply_without_any_list_is_no_log_so_that_silence_is_seen() -> None:
    reply = ProviderReply(status=200, body=b'{"status":200,"logs":[]}')
    assert provider.parse_log(account=ACCOUNT, query=PULL, reply=reply) is None
    assert pulled(data={"dialer_logs": [row(3)]}).reports[0].dedupe_key == "dialer:3"


@given(known=st.integers(0, 10**12), ids=st.lists(st.integers(1, 10**20), max_size=5))
def test_cursor_never_goes_back(known: int, ids: list[int]) -> None:
    query = replace(PULL, cursor=Cursors(dialer=str(known)).as_text())
    page = pulled(query, dialer_logs=[row(str(number)) for number in ids])
    assert int(cursors(page)["dialer"]) == max([known, *ids])


@given(st.text(max_size=40) | garbage.json_values.map(lambda value: orjson.dumps(value).decode()))
def test_foreign_cursor_starts_at_the_newest_and_never_raises(text: str) -> None:
    assert Cursors.from_text(Cursors.from_text(text).as_text()) == Cursors.from_text(text)
    provider.build_log(account=ACCOUNT, query=replace(PULL, cursor=text))


def test_local_times_become_utc_and_one_of_a_doubled_hour_is_unknown() -> None:
    berlin = replace(ACCOUNT, time_zone="Europe/Berlin")
    doubled = pulled(account=berlin, dialer_logs=[row(1, call_time="2024-10-27 02:30:00")]).reports[0]
    assert doubled.started_at is None
    plain = pulled(dialer_logs=[row(1)]).reports[0]
    assert plain.started_at == datetime(2024, 12, 15, 5, 0, 45, tzinfo=UTC)


@pytest.mark.parametrize("time_zone", ["Asia/Nowhere", "", "../etc/passwd", "IST+5"])
def test_time_zone_that_does_not_exist_is_an_error_not_utc(time_zone: str) -> None:
    account = replace(ACCOUNT, time_zone=time_zone)
    with pytest.raises(ValueError, match="time zone"):
        provider.build_log(account=account, query=PULL)
    with pytest.raises(ValueError, match="time zone"):
        pulled(account=account, dialer_logs=[])


def test_outgoing_record_holds_the_customer_where_others_name_the_agent() -> None:
    outgoing = row(1, call_type="outgoing", attended_by="9123456789", client_no="2101")
    named = row(2, call_type="outgoing", attended_by="John Doe")
    assert [report.to_number for report in pulled(call_logs=[outgoing, named]).reports] == ["9123456789", "9876543210"]


def test_look_up_by_number_reads_two_logs_and_only_that_number() -> None:
    wanted, other = row(1, call_type="dialer"), row(2, call_type="dialer", client_no="9876543211")
    keys, operations = [], []
    for cursor in (None, *provider.logs_beside(account=ACCOUNT, query=BY_NUMBER)):
        query = replace(BY_NUMBER, cursor=cursor)
        request = provider.build_log(account=ACCOUNT, query=query)
        operations.append(request.path)
        page = pulled(query, data=[wanted, other])
        keys += [report.dedupe_key for report in page.reports]
        assert page.next_cursor is None
    assert operations == ["/api/calllog_by_number", "/api/c2clog_by_number"], (
        "the whole account's log is not asked once a call"
    )
    assert keys == ["dialer:1", "c2c:1"]


def test_whole_stretch_is_asked_for_by_the_accounts_days_and_cut_to_its_instants() -> None:
    account = replace(ACCOUNT, time_zone="Asia/Kolkata")
    since = datetime(2024, 12, 14, 20, 0, tzinfo=UTC)  # 01:30 of the 15th in Kolkata
    query = LogQuery(since_at=since, until_at=datetime(2024, 12, 15, 6, 0, tzinfo=UTC), whole=True)
    request = provider.build_log(account=account, query=query)
    document.check(request, document.named("getCallLogs"))
    assert sent_fields(request) == {"from_date": "2024-12-15", "to_date": "2024-12-15"}
    early, within = row(1, call_type="outbound", call_time="2024-12-15 01:29:59"), row(2, call_type="dialer")
    page = pulled(query, account=account, data=[early, within, row(3, call_type="inbound")])
    assert [report.dedupe_key for report in page.reports] == ["dialer:2"]
    assert page.next_cursor is None


def test_a_whole_log_with_a_time_that_clocks_show_twice_shows_no_absence() -> None:
    account = replace(ACCOUNT, time_zone="America/New_York")
    since = datetime(2027, 11, 7, 6, 20, tzinfo=UTC)  # 01:20, for the second time
    query = LogQuery(since_at=since, until_at=since + timedelta(hours=2), whole=True)
    at_half_past = row(1, call_type="outbound", call_time="2027-11-07 01:30:00")
    page = pulled(
        query, account=account, data=[at_half_past, row(2, call_type="dialer", call_time="2027-11-07 02:30:00")]
    )
    assert ([report.dedupe_key for report in page.reports], page.leaves_out) == (["dialer:2"], True)
    (found,) = pulled(BY_NUMBER, account=account, data=[at_half_past]).reports
    assert found.started_at is None, "the call is matched by when its result was seen"


def test_dialer_log_says_digits_and_outcome() -> None:
    reply = next(iter(document.named("getDialerLogs").replies()))
    first, second = tuple(logs.dialer_logs.parse(reply=reply).value or ())
    assert (first.digits, first.attempts, first.dialer_id, first.dedupe_key) == ("1", 1, 101, "dialer:78901")
    assert first.call_status == "answered"
    assert (second.call_status, second.digits) == ("no_answer", None)


def test_word_that_the_schema_lacks_is_unknown() -> None:
    assert pulled(dialer_logs=[row(1, call_status="missed")]).reports[0].phase is Phase.UNKNOWN
    assert pulled(dialer_logs=[row(1, call_status=None)]).reports[0].outcome is None


@given(data=st.data())
def test_mutated_logs_keep_the_contract(data: st.DataObject) -> None:
    body = orjson.dumps(
        {"status": 200, "call_logs": [row(5, call_type="outgoing")], "dialer_logs": [row(1), row(2)], "data": {}}
    )
    reply = ProviderReply(status=200, body=data.draw(garbage.mutations(body)))
    for query in (PULL, BY_NUMBER, replace(BY_NUMBER, cursor="c2c"), replace(PULL, whole=True)):
        page = provider.parse_log(account=ACCOUNT, query=query, reply=reply)
        for report in page.reports if page else ():
            check_report(report)
