"""The settings of an IVR Solutions account, and everything else that the dialect keeps of one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from dialer.sandbox.accounts import Account
from dialer.sandbox.converting import Count, Flag, MaybeTextList, Seconds, Text, TextList, Texts, Zone, one_of
from dialer.sandbox.settings import AccountSettings

#: Where a push holds what, unless the account says otherwise: neither fields nor signature are documented.
DEFAULT_PUSH_FIELDS = {
    "event": "event",
    "call_id": "call_id",
    "call_type": "call_type",
    "did_no": "did_no",
    "customer_no": "customer_no",
    "agent_no": "agent_no",
    "call_status": "call_status",
    "call_time": "call_time",
    "call_duration": "call_duration",
    "recording_url": "recording_url",
    "dtmf_input": "dtmf_input",
}

#: Words of the status callbacks on the page of the vendor's WebSocket bridge.
DEFAULT_PUSH_WORDS = {
    "INITIATED": "call.initiated",
    "RINGING": "call.ringing",
    "IN_PROGRESS": "call.in-progress",
    "ANSWERED": "call.completed",
    "MACHINE": "call.completed",
    "BUSY": "call.busy",
    "NO_ANSWER": "call.no-answer",
    "CANCELED": "call.no-answer",
    "FAILED": "call.failed",
}


@dataclass(slots=True, kw_only=True)
class Settings(AccountSettings):
    """An IVR Solutions account. ``agents``: known extensions; ``caller_ids``: its DIDs; ``bots``: its voice bots."""

    time_zone: Zone = "Asia/Kolkata"
    errors_with_200: Flag = False
    ids_in_data: Flag = False
    flows: MaybeTextList = None
    templates: MaybeTextList = None
    template_approval_seconds: Seconds = 0.0
    rejected_templates: TextList = field(default_factory=list)
    unclear_changes: Annotated[str, one_of("never", "done", "not_done")] = "never"
    digits: TextList = field(default_factory=lambda: ["1", "2", ""])
    dial_category: Annotated[str, one_of("call", "dialer")] = "call"
    log_form: Annotated[str, one_of("document", "integration")] = "document"
    number_log_form: Annotated[str, one_of("example", "full")] = "example"
    log_delay_seconds: Seconds = 0.0
    look_ups_admit: Annotated[str, one_of("either", "query")] = "either"
    look_up_refusal: Annotated[int, one_of(401, 422)] = 401
    refused_logs: TextList = field(default_factory=list)
    list_form: Annotated[str, one_of("array", "object", "by_id", "none")] = "array"
    odd_dids: TextList = field(default_factory=list)
    recordings_at: Text = ""
    record_ids_at_start: Flag = False
    hosted_attempts: Count = 1
    hosted_retry_seconds: Seconds = 60.0
    hosted_reference: Text = "order_id"
    push_fields: Texts = field(default_factory=DEFAULT_PUSH_FIELDS.copy)
    push_words: Texts = field(default_factory=dict)
    signature_header: Text = "X-IVR-Signature"


def settings_of(account: Account) -> Settings:
    """Return the settings of an IVR Solutions account."""
    assert isinstance(account.settings, Settings)
    return account.settings
