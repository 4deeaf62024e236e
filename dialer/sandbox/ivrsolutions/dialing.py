"""The operations that place one call: which fields they take, whom they ring first, and how they are answered."""

from __future__ import annotations

import re
from datetime import datetime
from secrets import token_hex
from time import time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from dialer.sandbox.accounts import Account, number_key
from dialer.sandbox.calls import Call
from dialer.sandbox.ivrsolutions.settings import settings_of
from dialer.sandbox.plans import Asked

#: "Include a leading 0 for domestic numbers or the full country code."
NUMBER = re.compile(r"0\d{10}|\+\d{11,15}|[1-9]\d{10,14}")


class DialOperation(NamedTuple):
    """An operation that places a call. ``reply``: which of the documented replies it gives."""

    required: tuple[str, ...]
    customer: str
    did: str = ""
    agent: str = ""
    category: str = "call"
    reply: str = "generic"


_C2C = DialOperation(("did", "ext_no", "phone"), "phone", "did", "ext_no", "c2c", "logid")

DIAL_OPERATIONS: dict[tuple[str, str], DialOperation] = {
    ("GET", "/api/c2c_get"): _C2C,
    ("POST", "/api/c2c_post"): _C2C,
    ("POST", "/api/click_connect"): DialOperation(
        ("first_phone", "second_phone", "did"), "second_phone", "did", "first_phone", "masked", "logid"
    ),
    ("POST", "/api/c2c_advance"): DialOperation(
        ("did", "first_phone", "second_phone"), "second_phone", "did", "first_phone", "c2c"
    ),
    ("POST", "/api/click_to_call"): DialOperation(("client_no",), "client_no", "", "agent_no", "c2c"),
    ("POST", "/api/dial_by_flow"): DialOperation(
        ("did_no", "flow_id", "customer_no"), "customer_no", "did_no", reply="call_id"
    ),
    ("POST", "/api/dial_by_text"): DialOperation(
        ("did_no", "customer_no", "template_name"), "customer_no", "did_no", reply="call_id"
    ),
    ("POST", "/api/dial_by_voicebot"): DialOperation(("customer_no",), "customer_no", "did_num"),
    ("POST", "/api/dial_by_aivoicebot"): DialOperation(("customer_no",), "customer_no"),
    ("POST", "/v1/dial_by_flow_get"): DialOperation(("token", "did", "flow", "phone"), "phone", "did"),
}


def asked_of(account: Account, path: str, operation: DialOperation, fields: dict[str, Any]) -> Asked:
    """Return what can be read of a request, right or wrong."""
    agent = str(fields.get(operation.agent) or fields.get("agent_email") or "") if operation.agent else ""
    category = settings_of(account).dial_category if operation.category == "call" else operation.category
    return Asked(
        to_number=str(fields.get(operation.customer) or ""),
        from_number=str(fields.get(operation.did) or "") if operation.did else "",
        agent=agent,
        agent_rings_first=bool(operation.agent),
        details={
            "path": path,
            "reply": operation.reply,
            "category": category,
            "masked": operation.category == "masked",
            "scheduled": fields.get("schedule_datetime"),
            "time_zone": fields.get("timezone"),
        },
    )


def problem(account: Account, operation: DialOperation, fields: dict[str, Any], asked: Asked) -> tuple[int, str] | None:
    """Return the documented error for a request, None if it is right."""
    missing = [name for name in operation.required if name not in fields]
    if missing:
        return (401, "empty data field") if operation is _C2C else (400, f"{missing[0]} is required")
    numbers = [asked.to_number, *(str(fields[name]) for name in ("first_phone", "agent_no") if name in fields)]
    if not all(NUMBER.fullmatch(number) for number in numbers):
        return 400, "Phone number must have a leading 0 or the country code"
    if asked.from_number and account.caller_ids is not None and number_key(asked.from_number) not in account.caller_ids:
        return 405, "Click to call DID Number not defined."
    return _unknown_agent(account, fields) or _unknown_content(account, fields)


def starting_at(asked: Asked) -> float | None:
    """Return the instant for which the call is scheduled, None for at once. Raises ValueError for a bad schedule."""
    text, zone = asked.details["scheduled"], asked.details["time_zone"]
    if not text:
        return None
    try:
        at = datetime.strptime(str(text), "%Y-%m-%d %H:%M:%S").replace(tzinfo=ZoneInfo(str(zone or "Asia/Kolkata")))
    except (ValueError, LookupError, OSError) as error:
        raise ValueError("schedule_datetime must be YYYY-MM-DD HH:MM:SS in an IANA timezone") from error
    return max(at.timestamp(), time())


def name_call(account: Account, call: Call) -> None:
    """Give the call its ID: a number where its operation says ``logid``, else a text."""
    call.token = token_hex(8)
    if call.asked.details.get("reply") == "logid":
        call.external_id = str(account.state.next_log_id)
        account.state.next_log_id += 1
    else:
        call.external_id = f"call_{token_hex(6)}"


def accepted_body(account: Account, call: Call) -> dict[str, Any]:
    """Return the documented reply of the call's operation."""
    details = call.asked.details
    if details["scheduled"] and details["reply"] == "call_id":
        return {
            "status": 200,
            "message": "Call scheduled successfully",
            "scheduled_time": details["scheduled"],
            "timezone": details["time_zone"] or "Asia/Kolkata",
        }
    if details["reply"] == "logid":
        return {"status": 200, "message": "Call connecting. Please wait...", "logid": int(call.external_id)}
    if details["reply"] == "call_id":
        return {"status": 200, "message": "Call initiated successfully", "call_id": call.external_id}
    data = {"call_id": call.external_id} if settings_of(account).ids_in_data else {}
    return {"status": True, "message": "Operation completed successfully", "data": data}


def _unknown_agent(account: Account, fields: dict[str, Any]) -> tuple[int, str] | None:
    extension = fields.get("ext_no")
    if extension is None:
        return None
    agents = account.settings.agents
    if agents is not None and str(extension) not in agents:
        return 404, "Agent Number not found."
    if account.state.catalog.is_inactive(account, str(extension)):
        return 405, "Agent is disabled."
    return None


def _unknown_content(account: Account, fields: dict[str, Any]) -> tuple[int, str] | None:
    settings = settings_of(account)
    flow = fields.get("flow_id") or fields.get("flow")
    if flow is not None and settings.flows is not None and str(flow) not in settings.flows:
        return 404, "Call flow not found"
    bot = fields.get("Voicechat_id")
    if bot is not None and settings.bots is not None and str(bot) not in settings.bots:
        return 404, "Voice bot not found"
    template = fields.get("template_name")
    if template is not None and not account.state.catalog.may_speak(account, str(template)):
        return 404, "Template not found or not approved"
    return None
