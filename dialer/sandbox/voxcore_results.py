"""The result of a VoxCore call: template tokens, the key-mapped push and the guide's "call result schema"."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson

from dialer.sandbox.behaviours import Outcome
from dialer.sandbox.calls import Call
from dialer.sandbox.voxcore_fleet import Settings, is_transferred

Token = tuple[str, str]
KeyMap = list[tuple[str, list[str | Token]]]

TOKEN = re.compile(r"\{\{\s*(\w+)\.([\w.]+)\s*\}\}")

#: What is pushed by an account whose ``key_map`` was not set: every token of the public pages under its own name.
DEFAULT_KEY_MAP = {
    "reference": "{{crm.dialer_reference}}",
    "call_id": "{{result.call_id}}",
    "disposition": "{{result.disposition}}",
    "duration": "{{result.call_duration_seconds}}",
    "recording_url": "{{result.recording_url}}",
    "disconnected_by": "{{result.disconnected_by}}",
    "transcript": "{{result.transcript}}",
    "summary": "{{analysis.summary}}",
}

#: ``disconnected_by`` for calls that no bot or customer ended; "rejected" is seen beside the documented words.
ENDED_BY = {
    Outcome.MACHINE: "voicemail",
    Outcome.NO_ANSWER: "RNR",
    Outcome.BUSY: "rejected",
    Outcome.FAILED: "error",
    Outcome.CANCELED: "error",
}


def instant(at: float | None) -> str:
    """Return an instant as ISO 8601 text in UTC, empty for None."""
    return "" if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def disconnected_by(call: Call) -> str:
    """Return who ended the call; by turns bot and customer where it was answered."""
    assert call.outcome is not None
    return ENDED_BY.get(call.outcome) or ("customer" if call.row % 2 else "bot")


def disposition(call: Call) -> str:
    """Return the disposition of an answered call, and what ended the call for the rest."""
    assert call.plan is not None
    return call.plan.disposition if call.outcome is Outcome.ANSWERED else disconnected_by(call)


def recording_url(call: Call) -> str:
    """Return the address of the recording, empty for a call that was not answered."""
    return f"https://recordings.voxcore.example/{call.token}.wav" if call.answered_at is not None else ""


def transcript(call: Call) -> list[dict[str, Any]]:
    """Return a short conversation for an answered call."""
    if call.outcome is not Outcome.ANSWERED:
        return []
    return [
        {"speaker": "bot", "text": "Hello, am I speaking with you?", "timestamp": instant(call.answered_at)},
        {"speaker": "customer", "text": "Yes.", "timestamp": instant(call.ended_at)},
    ]


def analysis(call: Call) -> dict[str, str]:
    """Return the post-call analysis, keys in lower case: the account's setting over a plain default."""
    if call.outcome is not Outcome.ANSWERED:
        return {}
    plain = {"disposition": disposition(call), "summary": "The customer answered."}
    return plain | {key.lower(): value for key, value in call.account.settings.analysis.items()}


def _is_transferred(call: Call) -> bool:
    settings = call.account.settings
    return isinstance(settings, Settings) and is_transferred(call, every=settings.transfer_every)


RESULTS: dict[str, Callable[[Call], str]] = {
    "call_id": lambda call: call.external_id,
    "recording_url": recording_url,
    "call_duration_seconds": lambda call: f"{call.talk_seconds:.1f}",
    "disconnected_by": disconnected_by,
    "disposition": disposition,
    # The public pages name start, answer and end times; both spellings of the tokens are taken.
    "start_time": lambda call: instant(call.started_at),
    "answer_time": lambda call: instant(call.answered_at),
    "end_time": lambda call: instant(call.ended_at),
    "call_start_time": lambda call: instant(call.started_at),
    "call_answer_time": lambda call: instant(call.answered_at),
    "call_end_time": lambda call: instant(call.ended_at),
    "transcript": lambda call: orjson.dumps(transcript(call)).decode(),
    "was_transferred": lambda call: str(_is_transferred(call)).lower(),
}

CALLS: dict[str, Callable[[Call], str]] = {
    "duration": lambda call: str(round(call.talk_seconds)),
    "recording_url": recording_url,
    "call_id": lambda call: call.external_id,
    "to_number": lambda call: call.asked.to_number,
    "from_number": lambda call: call.asked.from_number,
}


def compile_key_map(key_map: dict[str, str] | None) -> KeyMap:
    """Return the map with its templates cut into literal texts and tokens."""
    compiled: KeyMap = []
    for key, template in (DEFAULT_KEY_MAP if key_map is None else key_map).items():
        parts: list[str | Token] = []
        at = 0
        for match in TOKEN.finditer(template):
            if match.start() > at:
                parts.append(template[at : match.start()])
            parts.append((match[1], match[2]))
            at = match.end()
        if at < len(template):
            parts.append(template[at:])
        compiled.append((key, parts))
    return compiled


def resolve_key_map(key_map: KeyMap, call: Call) -> dict[str, str]:
    """Return the body of the push; a token that cannot be resolved becomes an empty text."""
    return {
        key: "".join([part if isinstance(part, str) else resolve(part, call) for part in parts])
        for key, parts in key_map
    }


def resolve(token: Token, call: Call) -> str:
    """Return the value of one token, empty if it has none."""
    namespace, field = token
    if namespace == "crm":
        return call.asked.variables.get(field, "")
    if namespace == "result":
        return RESULTS[field](call) if field in RESULTS else ""
    if namespace == "call":
        return CALLS[field](call) if field in CALLS else call.asked.variables.get(field, "")
    if namespace == "analysis":
        return analysis(call).get(field.lower(), "")
    return ""


def result_record(call: Call) -> dict[str, Any]:
    """Return the result in the guide's "call result schema", which carries no variables."""
    return {
        "session_id": call.external_id,
        "caller_id": call.asked.to_number,
        "call_duration_seconds": call.talk_seconds,
        "disconnected_by": disconnected_by(call),
        "transcript": transcript(call),
        "recording_url": recording_url(call) or None,
        "post_call_analysis": analysis(call),
    }
