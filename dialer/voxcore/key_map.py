"""The push settings of a bot.

Source: docs.cxbridge.io, pages api/calls/crm-push and operations/reference/post-call-variables.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: The variable that carries our reference through the call and back.
REFERENCE = "dialer_reference"

# The body of our push: our key -> the platform's template. A token that a deployment cannot resolve becomes "".
# Dial-out variables are {{crm.*}} in the API guide and {{call.*}} in docs.cxbridge.io: both are asked for.
# {{result.*}} timestamps are in the bot's time zone: the account's must be the same.
KEY_MAPPER: Mapping[str, str] = {
    REFERENCE: "{{crm.dialer_reference}}",
    "dialer_reference_call": "{{call.dialer_reference}}",
    "call_id": "{{result.call_id}}",
    "disconnected_by": "{{result.disconnected_by}}",
    "result_disposition": "{{result.disposition}}",
    "disposition": "{{analysis.DISPOSITION}}",
    "sub_disposition": "{{analysis.SUB_DISPOSITION}}",
    "remarks": "{{analysis.CALLING_REMARKS}}",
    "call_duration_seconds": "{{result.call_duration_seconds}}",
    "call_start_time": "{{result.call_start_time}}",
    "call_answer_time": "{{result.call_answer_time}}",
    "call_end_time": "{{result.call_end_time}}",
    "recording_url": "{{result.recording_url}}",
    "transcript": "{{result.transcript}}",
    "was_transferred": "{{result.was_transferred}}",
    "transfer_destination": "{{result.transfer_destination}}",
    "transfer_reason": "{{result.transfer_reason}}",
}


class BotKeyMap:
    """The part ``key_map``."""

    secret_field = "push_token"  # noqa: S105 - the name of a field

    def mapping(self, *, push_url: str, secret: str) -> dict[str, Any]:
        """Return the JSON that a manager pastes into the bot's settings as its post-call push.

        VoxCore sends ``secret``, the account's push token, as Authorization.
        """
        return {"url": push_url, "token": f"Bearer {secret}", "method": "POST", "key_mapper": dict(KEY_MAPPER)}
