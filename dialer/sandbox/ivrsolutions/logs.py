"""Questions about calls: the incremental pull, whole logs, and logs of one number."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aiohttp import web

from dialer.sandbox.accounts import number_key
from dialer.sandbox.ivrsolutions.answers import DONE, error, listing, success
from dialer.sandbox.ivrsolutions.asking import Ask, operation
from dialer.sandbox.ivrsolutions.records import MASKED, Record, c2c_row, call_row, dialer_row, local_time, recording_url
from dialer.sandbox.replies import json_reply

#: Newest first, at most so many rows a category, no paging: older ones cannot be pulled.
MOST_ROWS = 20
#: The fields of the example of "Get Call Logs by Number", and of its click-to-call sister. They have no status.
NUMBER_FIELDS = (
    *("recordid", "did_no", "client_no", "attended_by"),
    *("call_time", "call_duration", "call_type", "recording_url"),
)
C2C_NUMBER_FIELDS = ("recordid", "did_no", "agent_no", "client_no", "call_time", "call_duration", "recording_url")


@operation("POST /v1/all_call_logs")
def all_call_logs(ask: Ask) -> web.Response:
    """Answer with the newest records of each category after its cursor."""
    ask.account.look_up("log")
    account = ask.account
    calls, c2c, dialer = (
        _after(ask, category, cursor)
        for category, cursor in (
            ("call", "last_call_log_id"),
            ("c2c", "last_c2c_log_id"),
            ("dialer", "last_dialer_log_id"),
        )
    )
    return json_reply(
        {
            "status": 200 if ask.settings.log_form == "integration" else True,
            "message": DONE,
            "call_logs": [call_row(account, record) for record in calls],
            "click_to_call_logs": [call_row(account, record) for record in c2c],
            "dialer_logs": [call_row(account, record) | dialer_row(account, record) for record in dialer],
        }
    )


@operation("POST /api/call_logs")
def call_logs(ask: Ask) -> web.Response:
    """Answer with the records of whole days of the account's clock, all categories in one list."""
    ask.account.look_up("log")
    first, last = ask.text("from_date"), ask.text("to_date", "9999-12-31")
    found = [
        record
        for record in ask.state.records.all()
        if first <= (local_time(ask.account, record.call.started_at) or "")[:10] <= last
    ]
    if not found:
        return error(ask.account, 405, "No records found", numeric=True)
    return listing([call_row(ask.account, record) for record in found])


@operation("GET /api/calllog_by_number", "phone")
def calllog_by_number(ask: Ask) -> web.Response:
    """Answer with every record of a number."""
    found = _of_number(ask)
    if not found:
        return error(ask.account, 404, "caller Not Found", numeric=True)
    return listing(_shortened(ask, (call_row(ask.account, record) for record in found), NUMBER_FIELDS))


@operation("POST /api/click_to_call_log")
def click_to_call_log(ask: Ask) -> web.Response:
    """Answer with all click-to-call records, newest first."""
    ask.account.look_up("log")
    return listing([c2c_row(ask.account, record) for record in reversed(ask.state.records.by_category["c2c"])])


@operation("GET /api/c2clog_by_number", "phone")
def c2clog_by_number(ask: Ask) -> web.Response:
    """Answer with the click-to-call records of a number."""
    rows = (c2c_row(ask.account, record) for record in _of_number(ask) if record.category == "c2c")
    return listing(_shortened(ask, rows, C2C_NUMBER_FIELDS))


@operation("POST /api/dialer_logs")
def dialer_logs(ask: Ask) -> web.Response:
    """Answer with the records of one hosted dialer, or of all."""
    ask.account.look_up("log")
    rows = [dialer_row(ask.account, record) for record in reversed(ask.state.records.by_category["dialer"])]
    wanted = ask.text("dialerid")
    return listing([row for row in rows if not wanted or str(row["dialer_id"]) == wanted])


@operation("POST /api/click_connect_logs")
def click_connect_logs(ask: Ask) -> web.Response:
    """Answer with the masked calls, newest first unless ``orderby`` is asc."""
    ask.account.look_up("log")
    records = ask.state.records.by_category[MASKED]
    did = ask.text("did")
    rows = [c2c_row(ask.account, record) for record in records if not did or record.call.asked.from_number == did]
    first, last = ask.text("from_date"), ask.text("to_date", "9999-12-31")
    rows = [row for row in rows if first <= row["call_time"][:10] <= last]
    return success(rows if ask.text("orderby") == "asc" else rows[::-1])


@operation("POST /v1/click_to_call_record")
def click_to_call_record(ask: Ask) -> web.Response:
    """Answer with the recordings of click-to-call calls."""
    ask.account.look_up("log")
    records = (record for record in ask.state.records.by_category["c2c"] if record.call.answered_at is not None)
    return success(
        [{"recordid": record.record_id, "recording_url": recording_url(ask.account, record.call)} for record in records]
    )


@operation("POST /api/get_data_for_leadcrm")
def get_data_for_leadcrm(ask: Ask) -> web.Response:
    """Answer with the newest records as leads."""
    ask.account.look_up("log")
    return success([call_row(ask.account, record) for record in ask.state.records.all()[:MOST_ROWS]])


def _after(ask: Ask, category: str, cursor: str) -> list[Record]:
    given = ask.text(cursor, "0")
    last = int(given) if given.isdecimal() else 0
    newest = ask.state.records.by_category[category][-MOST_ROWS:]
    return [record for record in reversed(newest) if record.record_id > last]


def _of_number(ask: Ask) -> list[Record]:
    ask.account.look_up("call_poll")
    found = ask.state.records.by_number.get(number_key(ask.text("phone")), [])[::-1]
    return [record for record in found if record.category != MASKED]


def _shortened(ask: Ask, rows: Iterable[dict[str, Any]], names: tuple[str, ...]) -> list[dict[str, Any]]:
    if ask.settings.number_log_form == "full":
        return list(rows)
    return [{name: row[name] for name in names} for row in rows]
