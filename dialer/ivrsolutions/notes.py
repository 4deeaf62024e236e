"""Remarks on call records. Source: IVR Solutions public OpenAPI 3.0.3 document, tag "Call Logs"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from dialer.ivrsolutions import records
from dialer.ivrsolutions.operation import operation

CallType = Literal["incoming", "outgoing", "c2c", "dialer"]


@operation("getCallStatus", "GET /api/get_call_status", records.items(), sends="nothing")
def get_remark_options() -> Mapping[str, Any]:
    """List the labels for ``update_call_note``. Despite its path it tells no call's status."""
    return {}


@operation("updateCallNote", "POST /api/update_call_note", records.done)
def update_call_note(
    *, record_id: str, status_id: int, call_type: CallType, remark: str | None = None
) -> Mapping[str, Any]:
    """Put a label and a remark on a record; ids are unique only within a call type."""
    return {"record_id": record_id, "call_status": status_id, "call_type": call_type, "call_remark": remark}


@operation("v1_add_note", "POST /v1/add_note", records.done)
def add_note(
    *, sip_call_id: str, note: str, call_type: CallType | None = None, status: str | None = None
) -> Mapping[str, Any]:
    """Put a note on a call by its SIP id."""
    return {"sip_call_id": sip_call_id, "note": note, "call_type": call_type, "status": status}
