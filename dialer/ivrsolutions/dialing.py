"""Auto Dialer, call by call: play a flow or speak a text to one customer, at our own pace.

Source: IVR Solutions public OpenAPI 3.0.3 document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dialer.ivrsolutions import records
from dialer.ivrsolutions.formats import Schedule, dialed, full, schedule_fields
from dialer.ivrsolutions.operation import operation


@operation("getCallFlows", "GET /api/get_callflow", records.items(), sends="nothing")
def get_call_flows() -> Mapping[str, Any]:
    """List the account's call flows: their ids are what ``dial_by_flow`` plays."""
    return {}


@operation("dialByFlow", "POST /api/dial_by_flow", records.placed)
def dial_by_flow(*, did_no: str, flow_id: str, customer_no: str, schedule: Schedule | None = None) -> Mapping[str, Any]:
    """Ring the customer (E.164) from the DID and play a call flow, at once or at ``schedule``."""
    return {
        "did_no": full(did_no),
        "flow_id": flow_id,
        "customer_no": dialed(customer_no),
        **schedule_fields(schedule),
    }


@operation("v1_dial_by_flow_get", "POST /v1/dial_by_flow_get", records.placed, token_in_body=True)
def dial_by_flow_simply(*, did: str, flow: str, phone: str, body: str | None = None) -> Mapping[str, Any]:
    """Do what ``dial_by_flow`` does by its older form, which demands the token in the body."""
    return {"did": full(did), "flow": flow, "phone": dialed(phone), "body": body}


@operation("dialByText", "POST /api/dial_by_text", records.placed)
def dial_by_text(
    *,
    did_no: str,
    customer_no: str,
    template_name: str,
    variables: Sequence[str] = (),
    flow_id: str | None = None,
    schedule: Schedule | None = None,
) -> Mapping[str, Any]:
    """Ring the customer and speak a text template; ``variables`` fill its places in order.

    Raises ValueError for a value with a comma: commas separate the values, so one more would shift all that follow.
    """
    return {
        "did_no": full(did_no),
        "flow_id": flow_id,
        "customer_no": dialed(customer_no),
        "template_name": template_name,
        "Variable": _joined(variables),
        **schedule_fields(schedule),
    }


def _joined(variables: Sequence[str]) -> str | None:
    for place, value in enumerate(variables, start=1):
        if "," in value:
            raise ValueError(f"variable {place} has a comma, which separates the variables")
    return ",".join(variables) if variables else None
