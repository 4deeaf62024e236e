"""Altur: an AI agent answers the customer. A call can be looked up by its id; the end is pushed, signed.

Sources: "Create a call" (POST /call) of the API reference, and docs.altur.io: webhooks/overview (signature, retries)
and webhooks/on-call-end (fields). The caller ID belongs to the agent: no page documents one per call.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import quote

from dialer.providers import building, parsing, replies
from dialer.providers.base import (
    Accepted,
    AccountConfig,
    Action,
    CallReport,
    Capabilities,
    Correlation,
    Field,
    Malformed,
    Outcome,
    Phase,
    Placement,
    PlaceResult,
    Provider,
    ProviderReply,
    ProviderRequest,
    Push,
    PushDoubt,
    Refusal,
    Refused,
    Unclear,
    json_body,
    load_object,
)
from dialer.providers.serialised import writings

# "Create a call", Response, status: created, queued, ringing, in-progress, forwarding, ended, busy, no-answer, failed.
STATES: Mapping[str, tuple[Phase, Outcome | None]] = {
    "created": (Phase.PLACED, None),
    "queued": (Phase.PLACED, None),
    "ringing": (Phase.RINGING, None),
    "in_progress": (Phase.ANSWERED, None),
    "forwarding": (Phase.ANSWERED, None),
    "ended": (Phase.ENDED, Outcome.ANSWERED),
    "busy": (Phase.ENDED, Outcome.BUSY),
    "no_answer": (Phase.ENDED, Outcome.NO_ANSWER),
    "failed": (Phase.ENDED, Outcome.FAILED),
}
_OUR_SETTING = re.compile(r"agent|initial_message", re.IGNORECASE)
_THEIR_NUMBER = re.compile(r"phone_number|end_user", re.IGNORECASE)
CALL_END = "on_call_end"
SIGNATURE = "x-altur-signature"


class Altur(Provider):
    """The provider of this module."""

    slug = "altur"
    name = "Altur"
    default_base_url = "https://api.altur.io/api/v1.0"
    capabilities = Capabilities(
        correlation=Correlation.EXTERNAL_ID,
        tells=frozenset({"analysis", "cost", "disposition", "duration_seconds", "recording_url", "transcript"}),
        actions=frozenset({Action.AI_AGENT}),
        polls_call=True,
        caller_id=False,
        signs_pushes=True,
        requests_per_second=12,  # stated on docs.altur.io's campaign endpoints
    )
    credential_fields = (
        Field(name="api_key", label="API key", required=True, secret=True),
        Field(
            name="webhook_secret",
            label="Webhook secret",
            secret=True,
            help="The webhook integration's shared secret. Without it pushes are refused and calls are only polled.",
        ),
    )
    setting_fields = (
        Field(
            name="signature_recipe",
            label="Signature recipe",
            default="base64",
            choices=("base64", "hex"),
            help="base64 is the present recipe; hex (secret as text, result in hex) the older, only if Altur says so.",
        ),
        building.RECORDING_HOSTS,
    )
    option_fields: ClassVar[Mapping[Action, tuple[Field, ...]]] = {
        Action.AI_AGENT: (
            Field(name="agent_id", label="Agent ID", required=True),
            Field(name="initial_message", label="Initial message", help="What the agent says first."),
            Field(name="end_user_display_name", label="Customer's name"),
            Field(name="end_user_context", label="Context", help="Left empty: the contact's variables, as JSON."),
        )
    }

    def build_place(self, *, account: AccountConfig, placement: Placement) -> ProviderRequest:
        """Return "Create a call". ``end_user_context`` is text: by default the contact's variables."""
        options = placement.options
        if not options.get("agent_id"):
            raise ValueError("agent_id")
        variables = json_body(dict(placement.variables)).decode() if placement.variables else None
        body = {
            "agent_id": options["agent_id"],
            "phone_number_to": placement.to_number,
            "end_user_display_name": options.get("end_user_display_name"),
            "end_user_context": options.get("end_user_context") or variables,
            "initial_message": options.get("initial_message"),
        }
        given = {name: str(value) for name, value in body.items() if value}
        return building.post("/call", given, _headers(account))

    def parse_place(self, *, reply: ProviderReply) -> PlaceResult:
        """Return what the reply means. No error is documented but the rate's 429, so every 5xx is unclear.

        400 and 422 name fields: what is wrong with the agent, or with what it says first, is so for every lead.
        """
        if 200 <= reply.status < 300:
            call_id = parsing.identifier((load_object(reply.body) or {}).get("id"))
            return Accepted(external_id=call_id) if call_id else replies.unclear(reply=reply, why="no usable id")
        if reply.status in (400, 422):
            return _invalid(reply)
        return replies.refused_by_status(reply=reply) or replies.unclear(reply=reply)

    def build_poll(self, *, account: AccountConfig, external_id: str) -> ProviderRequest:
        """Return GET /call/{id}."""
        path = f"/call/{quote(external_id, safe='')}"
        return ProviderRequest(method="GET", path=path, headers=_headers(account))

    def parse_poll(self, *, account: AccountConfig, reply: ProviderReply) -> CallReport | None:
        """Return the call's state, or None when the reply is no call."""
        payload = load_object(reply.body) if 200 <= reply.status < 300 else None
        if payload is None or parsing.identifier(payload.get("id")) is None or "status" not in payload:
            return None
        return _report(payload, account, user=parsing.mapping(parsing.mapping(payload.get("thread")).get("end_user")))

    def build_recording(self, *, account: AccountConfig, url: str, token: str = "") -> ProviderRequest:
        """Return GET /call/{id}/recording for the ``url`` of a report; it needs the account's key."""
        return building.recording(url, account, _headers(account))

    def build_check(self, *, account: AccountConfig) -> ProviderRequest:
        """Return one page of one campaign: it needs the key and changes nothing."""
        return ProviderRequest(method="GET", path="/campaigns", headers=_headers(account), query={"pageSize": "1"})

    def parse_check(self, *, reply: ProviderReply) -> Refused | Unclear | None:
        """Return what the reply has against the account."""
        return replies.objection(reply=reply)

    def authenticate_push(self, *, account: AccountConfig, push: Push) -> bool:
        """Return whether X-Altur-Signature fits: HMAC-SHA256 over the compact JSON, in base64 (webhooks/overview).

        The body as it came is tried first, then as the sender's serialiser may have written it: a proxy may have
        written it anew.
        """
        given = push.headers.get(SIGNATURE, "").strip().encode("utf-8", "surrogatepass")
        in_hex = account.settings.get("signature_recipe") == "hex"
        key = _key(account.credentials.get("webhook_secret", ""), in_hex=in_hex)
        if not key or not given:
            return False
        signatures = (_signature(key, body, in_hex=in_hex) for body in writings(push.body))
        return any(hmac.compare_digest(given, signature) for signature in signatures)

    def push_doubt(self, *, account: AccountConfig) -> PushDoubt | None:
        """Return that no push can be believed while the account has no secret."""
        return None if account.credentials.get("webhook_secret") else PushDoubt.REFUSED

    def parse_push(self, *, account: AccountConfig, push: Push) -> list[CallReport]:
        """Return the report of ``on_call_end``; an older version carries the event's name in ``type``."""
        payload = load_object(push.body)
        event = _event(payload) if payload else None
        if payload is None or event is None:
            raise Malformed("the push is not a JSON object with event_type")
        if event != CALL_END or parsing.word(payload.get("type")) == "inbound":
            return []
        if parsing.identifier(payload.get("id")) is None:
            raise Malformed("the push has no id of a call")
        return [_report(payload, account, user=parsing.mapping(payload.get("end_user")))]

    def is_decided(self, *, account: AccountConfig, payload: Mapping[str, Any]) -> bool:
        """Return whether it is there who answered a call that has ended: a machine turns the outcome."""
        return parsing.word(payload.get("status")) != "ended" or "answered_by" in payload

    def dedupe_key(self, *, push: Push) -> str | None:
        """Return event and call: up to 5 deliveries of one event are equal in both."""
        payload = load_object(push.body) or {}
        event, call_id = _event(payload), parsing.identifier(payload.get("id"))
        return f"{event}:{call_id}" if event and call_id else None


def _invalid(reply: ProviderReply) -> Refused:
    """Return a refusal in the words of the fields: ``{"agent_id": ["Must be a valid UUID."]}``."""
    fields = load_object(reply.body) or {}
    named = [
        f"{name}: {words}" for name, given in fields.items() if (words := parsing.text(given) or _first_text(given))
    ]
    said = "; ".join(named)
    is_ours = bool(_OUR_SETTING.search(said)) and not _THEIR_NUMBER.search(said)
    reason = Refusal.UNKNOWN_TARGET if is_ours else Refusal.INVALID_REQUEST
    detail = replies.masked(f"HTTP {reply.status}: {said}") if said else replies.describe(reply=reply)
    return Refused(reason=reason, detail=detail)


def _first_text(given: Any) -> str:
    found = next(iter(given), None) if isinstance(given, list) else None
    return parsing.text(found) or replies.message(given)


def _headers(account: AccountConfig) -> dict[str, str]:
    return {"authorization": f"api-key {account.credentials.get('api_key', '')}"}


def _event(payload: Mapping[str, Any]) -> str | None:
    older = parsing.text(payload.get("type"))
    return parsing.text(payload.get("event_type")) or (older if older and older.startswith("on_") else None)


def _key(secret: str, *, in_hex: bool) -> bytes:
    if in_hex:
        return secret.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(secret.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _signature(key: bytes, body: bytes, *, in_hex: bool) -> bytes:
    made = hmac.new(key, body, hashlib.sha256)
    return made.hexdigest().encode() if in_hex else base64.b64encode(made.digest())


def _report(payload: Mapping[str, Any], account: AccountConfig, *, user: Mapping[str, Any]) -> CallReport:
    phase, outcome = STATES.get(parsing.word(payload.get("status")), (Phase.UNKNOWN, None))
    # "answered_by: human, machine, unknown": of an ended call; unknown is not a machine.
    if outcome is Outcome.ANSWERED and parsing.word(payload.get("answered_by")) == "machine":
        outcome = Outcome.MACHINE
    started = payload.get("started_at") or payload.get("created_at")
    return CallReport(
        phase=phase,
        outcome=outcome,
        external_id=parsing.identifier(payload.get("id")),
        to_number=parsing.text(payload.get("phone_number_to")) or parsing.text(user.get("phone_number")),
        from_number=parsing.text(payload.get("phone_number_from")),
        disposition=parsing.text(user.get("status")),
        duration_seconds=parsing.seconds(payload.get("duration")),
        started_at=parsing.moment(started, time_zone=account.time_zone),
        ended_at=parsing.moment(payload.get("ended_at"), time_zone=account.time_zone),
        recording_url=parsing.text(payload.get("recording_url")),
        transcript=payload.get("transcript") or None,
        analysis=_analysis(payload, user),
        cost=_billed(payload),
        raw=payload,
    )


def _analysis(payload: Mapping[str, Any], user: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return extracted data and the names of tags: names in the push, objects under the polled call's thread."""
    tags = user.get("tags") or parsing.mapping(payload.get("thread")).get("tags")
    names = (
        [parsing.text(tag.get("name") if isinstance(tag, dict) else tag) for tag in tags]
        if isinstance(tags, list)
        else []
    )
    found = {"extracted_data": user.get("extracted_data"), "tags": [name for name in names if name]}
    return {key: value for key, value in found.items() if value} or None


def _billed(payload: Mapping[str, Any]) -> str | None:
    """Return the billed seconds: ``billable_duration`` in the call, ``billed_duration`` in the push."""
    values = (parsing.seconds(payload.get(key)) for key in ("billed_duration", "billable_duration"))
    return next((f"{value:g} s" for value in values if value is not None), None)


provider = Altur()
