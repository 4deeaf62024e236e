"""Voice Bots: calls that a bot answers, either a saved one or the account's own over a WebSocket.

Source: IVR Solutions public OpenAPI 3.0.3 document; the audio goes from the provider to ``wss_url``, not through us.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dialer.ivrsolutions import records
from dialer.ivrsolutions.formats import Schedule, dialed, flag, full, schedule_fields
from dialer.ivrsolutions.operation import operation


@operation("get_voicebot", "POST /api/get_voicebot", records.items(), sends="nothing")
def get_voicebot() -> Mapping[str, Any]:
    """List the account's voice bots."""
    return {}


@operation("v1_get_voicebots", "POST /v1/get_voicebots", records.items(), sends="nothing")
def get_voicebots() -> Mapping[str, Any]:
    """List the account's voice bots, by the versioned path."""
    return {}


@operation("v1_get_voicebot_data", "POST /v1/get_voicebot_data", records.data)
def get_voicebot_data(*, voicebot_id: str, with_training_data: bool | None = None) -> Mapping[str, Any]:
    """Return a bot's configuration; the document does not describe it."""
    return {"voicebot_id": voicebot_id, "aitraingdata": flag(with_training_data)}


@operation("dial_by_voicebot", "POST /api/dial_by_voicebot", records.placed)
def dial_by_voicebot(
    *,
    customer_no: str,
    did_num: str,
    voicechat_id: str,
    system_msg: str | None = None,
    text: str | None = None,
    schedule: Schedule | None = None,
) -> Mapping[str, Any]:
    """Ring the customer (E.164) from the DID and let a saved bot talk. ``text`` is its opening line."""
    return {
        "Voicechat_id": voicechat_id,
        "customer_no": dialed(customer_no),
        "did_num": full(did_num),
        "system_msg": system_msg,
        "text": text,
        **schedule_fields(schedule),
    }


@operation("dial_by_aivoicebot", "POST /api/dial_by_aivoicebot", records.placed)
def dial_by_aivoicebot(
    *,
    customer_no: str,
    wss_url: str,
    voicechat_id: str | None = None,
    ai_agent_ext: str | None = None,
    connect_ws_after_answer: bool | None = None,
    sip_url: str | None = None,
    sttlanguage_code: str | None = None,
    system_msg: str | None = None,
    text: str | None = None,
    wss_header: str | None = None,
    schedule: Schedule | None = None,
) -> Mapping[str, Any]:
    """Ring the customer and connect the call to a WebSocket of ours. The operation has no field for a DID."""
    return {
        "Voicechat_id": voicechat_id,
        "ai_agent_ext": ai_agent_ext,
        "connect_ws_after_answer": flag(connect_ws_after_answer),
        "customer_no": dialed(customer_no),
        "sip_url": sip_url,
        "sttlanguage_code": sttlanguage_code,
        "system_msg": system_msg,
        "text": text,
        "wss_header": wss_header,
        "wss_url": wss_url,
        **schedule_fields(schedule),
    }
