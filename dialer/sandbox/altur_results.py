"""The state of an Altur call: "Create a call" and GET /call/{id} of the reference, and the push ``on_call_end``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from dialer.sandbox.behaviours import Outcome
from dialer.sandbox.calls import Call

#: ``status`` of a call that is over. The API has no word for a canceled call.
STATUSES = {
    Outcome.ANSWERED: "ended",
    Outcome.MACHINE: "ended",
    Outcome.NO_ANSWER: "no-answer",
    Outcome.BUSY: "busy",
    Outcome.FAILED: "failed",
    Outcome.CANCELED: "failed",
}


def instant(at: float | None) -> str | None:
    """Return an instant as ISO 8601 text in UTC, None for None."""
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def stable_id(*parts: str) -> str:
    """Return the same UUID for the same words."""
    return str(uuid5(NAMESPACE_URL, "/".join(parts)))


def status(call: Call) -> str:
    """Return the documented word for where the call is."""
    if call.outcome is not None:
        return STATUSES.get(call.outcome, "failed")
    if call.answered_at is not None:
        return "in-progress"
    return "ringing" if call.rang_at is not None else "queued"


def answered_by(call: Call) -> str:
    """Return human or machine for an answered call that is over, else unknown."""
    if call.answered_at is None or call.ended_at is None:
        return "unknown"
    return "machine" if call.outcome is Outcome.MACHINE else "human"


def seconds(call: Call) -> tuple[int, int]:
    """Return the talk of a call that is over, and what is billed of it: whole minutes, in seconds."""
    talked = round(call.talk_seconds) if call.ended_at is not None else 0
    return talked, -(-talked // 60) * 60


def state(call: Call) -> dict[str, Any]:
    """Return the call as the reference's reply shows it."""
    talked, billed = seconds(call)
    return {
        "id": call.external_id,
        "thread": _thread(call),
        "type": "outbound",
        "status": status(call),
        "answered_by": answered_by(call),
        "created_at": instant(call.requested_at),
        "started_at": instant(call.answered_at),
        "ended_at": instant(call.ended_at),
        "duration": talked,
        "billable_duration": billed,
    }


def call_end(call: Call) -> dict[str, Any]:
    """Return the body of ``on_call_end``; the caller ID is the agent's own number."""
    talked, billed = seconds(call)
    agent, details = call.asked.agent, call.asked.details
    return {
        "event_type": "on_call_end",
        "id": call.external_id,
        "type": "outbound",
        "status": status(call),
        "phone_number_from": details["agent_number"],
        "phone_number_to": call.asked.to_number,
        "answered_by": answered_by(call),
        "created_at": instant(call.requested_at),
        "started_at": instant(call.answered_at),
        "ended_at": instant(call.ended_at),
        "duration": talked,
        "billed_duration": billed,
        "recording_url": recording_url(call),
        "transcript": _transcript(call),
        "assistant": {"id": agent, "nickname": "Sandbox", "name": "Diana"},
        "end_user": {
            "id": stable_id("end_user", call.asked.to_number),
            "status": _disposition(call),
            "display_name": details["display_name"],
            "phone_number": call.asked.to_number,
            "context": details["context"],
            "extracted_data": call.account.settings.analysis if call.outcome is Outcome.ANSWERED else {},
            "tags": _tags(call),
        },
    }


def recording_url(call: Call) -> str | None:
    """Return the address of the recording, which needs the account's key; None for a call that was not answered."""
    return f"{call.asked.details['base_url']}/call/{call.external_id}/recording" if call.answered_at else None


def _thread(call: Call) -> dict[str, Any]:
    details = call.asked.details
    return {
        "id": stable_id("thread", call.external_id),
        "agent": {"id": call.asked.agent, "name": "Diana"},
        "end_user": {
            "id": stable_id("end_user", call.asked.to_number),
            "display_name": details["display_name"],
            "integration_type": "api",
            "info": details["context"],
        },
        "integration": {"id": stable_id("integration", call.account.name), "type": "api"},
        "updated_at": instant(call.ended_at or call.answered_at or call.requested_at),
        "active": call.ended_at is None,
        "blocked": False,
        "tags": [{"id": stable_id("tag", tag), "name": tag, "color": "blue"} for tag in _tags(call)],
        "assigned_to": [],
    }


def _disposition(call: Call) -> str | None:
    return call.plan.disposition if call.plan is not None and call.outcome is Outcome.ANSWERED else None


def _tags(call: Call) -> list[str]:
    found = _disposition(call)
    return [found.lower()] if found and call.ended_at is not None else []


def _transcript(call: Call) -> list[dict[str, Any]]:
    if call.outcome is not Outcome.ANSWERED:
        return []
    return [
        {
            "sent_by": "assistant",
            "sent_at": instant(call.answered_at),
            "content": call.asked.details["initial_message"],
        },
        {"sent_by": "user", "sent_at": instant(call.ended_at), "content": "Sí, soy yo."},
    ]
