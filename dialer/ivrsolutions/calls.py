"""Click to Call and Number Masking: calls between two people. The first party rings first, then the customer.

Source: IVR Solutions public OpenAPI 3.0.3 document. None of these has an idempotency key: a request that timed out
may have rung a phone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from dialer.ivrsolutions import records
from dialer.ivrsolutions.formats import Schedule, dialed, full, schedule_fields
from dialer.ivrsolutions.operation import operation
from dialer.ivrsolutions.rows import Category, LogRow, log_rows
from dialer.providers.base import Rows


@operation("clickToCallGet", "GET /api/c2c_get", records.placed, sends="query")
def c2c_get(*, did: str, ext_no: str, phone: str) -> Mapping[str, Any]:
    """Ring the agent at ``ext_no``, then the customer. The numbers are in the URL: prefer ``c2c_post``."""
    return {"did": full(did), "ext_no": ext_no, "phone": dialed(phone)}


@operation("clickToCallPost", "POST /api/c2c_post", records.placed, sends="form")
def c2c_post(*, did: str, ext_no: str, phone: str) -> Mapping[str, Any]:
    """Ring the agent at ``ext_no``, then the customer at ``phone`` (E.164)."""
    return {"did": full(did), "ext_no": ext_no, "phone": dialed(phone)}


@operation("click_to_call", "POST /api/click_to_call", records.placed)
def click_to_call(
    *,
    client_no: str,
    agent_email: str | None = None,
    agent_no: str | None = None,
    country_code: str | None = None,
    record_id: str | None = None,
    record_type: str | None = None,
) -> Mapping[str, Any]:
    """Ring an agent, then the customer: the legacy form, kept for accounts that still use it."""
    return {
        "agent_email": agent_email,
        "agent_no": dialed(agent_no) if agent_no else None,
        "client_no": dialed(client_no),
        "country_code": country_code,
        "record_id": record_id,
        "record_type": record_type,
    }


@operation("c2c_advance", "POST /api/c2c_advance", records.placed)
def c2c_advance(
    *, did: str, first_phone: str, second_phone: str, body: str | None = None, schedule: Schedule | None = None
) -> Mapping[str, Any]:
    """Ring ``first_phone``, speak ``body`` to it if given, then ring ``second_phone`` and connect both."""
    return {
        "did": full(did),
        "first_phone": full(first_phone),
        "second_phone": full(second_phone),
        "body": body,
        **schedule_fields(schedule),
    }


@operation("v1_click_to_call_record", "POST /v1/click_to_call_record", records.items(), sends="nothing")
def click_to_call_recordings() -> Mapping[str, Any]:
    """List the recordings of click-to-call calls; the document does not describe them, so read ``raw``."""
    return {}


@operation("clickConnect", "POST /api/click_connect", records.placed)
def click_connect(*, first_phone: str, second_phone: str, did: str) -> Mapping[str, Any]:
    """Connect two people who both see only the DID: the first rings first."""
    return {"first_phone": full(first_phone), "second_phone": full(second_phone), "did": full(did)}


@operation("click_connect_update", "POST /api/click_connect_update", records.done)
def update_click_connect(*, action: str, did: str, first_number: str, body: str | None = None) -> Mapping[str, Any]:
    """Change a live masked call; ``cancel`` is the one documented action."""
    return {"action": action, "did": full(did), "first_number": full(first_number), "body": body}


def _masked(payload: records.Raw) -> Rows[LogRow]:
    return log_rows(payload, category=Category.MASKED)


@operation("click_connect_logs", "POST /api/click_connect_logs", _masked, may_be_empty=True)
def click_connect_logs(
    *,
    did: str | None = None,
    from_date: date | None = None,
    to_date: date | None = None,
    orderby: Literal["asc", "desc"] | None = None,
) -> Mapping[str, Any]:
    """List masked calls; dates are local to the account."""
    return {
        "did": full(did) if did else None,
        "from_date": from_date.isoformat() if from_date else None,
        "orderby": orderby,
        "to_date": to_date.isoformat() if to_date else None,
    }
