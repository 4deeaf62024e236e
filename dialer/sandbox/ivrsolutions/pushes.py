"""Events that IVR Solutions pushes: "rings, answers, hangups, DTMF", "signed with your key".

Neither the fields nor the header of the signature are documented, so the account's settings say them. The signature is
HMAC-SHA256 of the body, in hex.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import orjson

from dialer.sandbox.accounts import Account, number_key
from dialer.sandbox.behaviours import Phase
from dialer.sandbox.calls import Call
from dialer.sandbox.ivrsolutions.records import STATUSES, digits, local_time, recording_url
from dialer.sandbox.ivrsolutions.settings import DEFAULT_PUSH_WORDS, settings_of
from dialer.sandbox.replies import JSON_HEADERS


def delivery(account: Account, call: Call, phase: Phase) -> tuple[dict[str, str], bytes]:
    """Return headers and body of an event; each try is the same."""
    settings = settings_of(account)
    values = _values(account, call, phase)
    body = orjson.dumps(
        {field: values[name] for name, field in settings.push_fields.items() if values.get(name) is not None}
    )
    headers = {**JSON_HEADERS, **settings.push_headers}
    if settings.push_secret:
        made = hmac.new(settings.push_secret.encode(), body, hashlib.sha256)
        headers[settings.signature_header] = made.hexdigest()
    return headers, body


def _values(account: Account, call: Call, phase: Phase) -> dict[str, Any]:
    """Return what was known of the call when it reached ``phase``; None for what was not."""
    asked = call.asked
    ended = phase is Phase.ENDED
    word = _word(call, phase)
    return {
        "event": settings_of(account).push_words.get(word, DEFAULT_PUSH_WORDS.get(word, word)),
        "call_id": call.external_id,
        "call_type": {"c2c": "c2c", "masked": "c2c", "dialer": "dialer"}.get(asked.details["category"], "outbound"),
        "dialer_id": asked.details.get("dialer_id"),
        "reference": asked.reference or None,
        "did_no": asked.from_number or None,
        "customer_no": number_key(asked.to_number),
        "agent_no": asked.agent or None,
        "call_time": local_time(account, call.started_at),
        "answer_time": local_time(account, call.answered_at) if phase is Phase.ANSWERED or ended else None,
        "end_time": local_time(account, call.ended_at) if ended else None,
        "call_status": STATUSES[call.outcome] if ended and call.outcome is not None else None,
        "call_duration": round(call.talk_seconds) if ended else None,
        "recording_url": recording_url(account, call) if ended else None,
        "dtmf_input": digits(account, call) if ended else None,
    }


def _word(call: Call, phase: Phase) -> str:
    if phase is Phase.ENDED:
        return str(call.outcome)
    return "IN_PROGRESS" if phase is Phase.ANSWERED else str(phase)
