"""What Astradial pushes: call.initiated, call.ringing, call.answered, call.ended and call.failed, signed.

Source: docs.astradial.com, webhooks; the delivery's ``id`` changes with every try, as in the server's public source.
"""

from __future__ import annotations

import hashlib
import hmac
from secrets import token_hex
from time import time
from typing import Any

import orjson

from dialer.sandbox.astradial_log import duration, instant
from dialer.sandbox.astradial_server import event_data
from dialer.sandbox.behaviours import Outcome, Phase
from dialer.sandbox.calls import Call
from dialer.sandbox.replies import JSON_HEADERS

EVENTS = {Phase.INITIATED: "call.initiated", Phase.RINGING: "call.ringing", Phase.ANSWERED: "call.answered"}

#: ``status`` and ``hangup_cause`` (Q.850) of a call that is over.
ENDS = {
    Outcome.ANSWERED: ("completed", "16"),
    Outcome.MACHINE: ("completed", "16"),
    Outcome.NO_ANSWER: ("no-answer", "19"),
    Outcome.BUSY: ("busy", "17"),
    Outcome.FAILED: ("failed", "38"),
    Outcome.CANCELED: ("abandoned", "16"),
}


def delivery(call: Call, phase: Phase, *, attempt: int, secret: str, is_server: bool) -> tuple[dict[str, str], bytes]:
    """Return headers and body of one try to deliver an event."""
    event = EVENTS.get(phase, "call.ended") if is_server else _event(call, phase)
    timestamp = instant(time()) or ""
    organization = f"org-{call.account.name}"
    body = orjson.dumps(
        {
            "id": f"wh-{token_hex(8)}",
            "event": event,
            "timestamp": timestamp,
            "organization_id": organization,
            "data": event_data(call, phase) if is_server else _data(call, phase),
            "attempt": attempt,
        }
    )
    headers = {
        **JSON_HEADERS,
        "X-PBX-Event": event,
        "X-PBX-Organization": organization,
        "X-PBX-Timestamp": timestamp,
        "X-PBX-Attempt": str(attempt),
    }
    if secret:
        headers["X-PBX-Signature"] = f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"
    return headers, body


def _event(call: Call, phase: Phase) -> str:
    if phase is not Phase.ENDED:
        return EVENTS[phase]
    return "call.failed" if call.outcome is Outcome.FAILED else "call.ended"


def _data(call: Call, phase: Phase) -> dict[str, Any]:
    """Return what was known of the call when it reached ``phase``, whenever that is delivered."""
    details = call.asked.details
    data: dict[str, Any] = {
        "call_id": call.external_id,
        "channel_id": call.token,
        "status": "answered" if phase is Phase.ANSWERED else "ringing",
        "direction": "outbound",
        "from_number": details["from_number"],
        "to_number": details["to_number"],
        "started_at": instant(call.started_at),
    }
    if phase in (Phase.ANSWERED, Phase.ENDED):
        data["answered_at"] = instant(call.answered_at)
    if phase is Phase.ENDED:
        assert call.outcome is not None
        status, cause = ENDS.get(call.outcome, ("failed", "38"))
        if status == "no-answer" and call.row % 2:
            status = "no_answer"  # the pages show both spellings
        data["status"] = status
        data["ended_at"] = instant(call.ended_at)
        data["duration"] = duration(call)
        data["talk_time"] = round(call.talk_seconds)
        data["hangup_cause"] = cause
    return data
