"""Astradial: a switch that calls one party and connects it to an extension, queue, IVR, AI agent or outside number.

Sources: "Click to call" (POST /api/v1/calls/click-to-call) and docs.astradial.com, api-reference/call-management (call
log) and webhooks; github.com/astradial/astradial, whose server answers in other words than the page. No reply names the
call, and the log does not know our reference: calls are found again by number and time, never two live ones a number.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from dialer.astradial import results
from dialer.providers import building, parsing, replies
from dialer.providers.base import (
    Accepted,
    AccountConfig,
    Action,
    AgentKind,
    CallReport,
    Capabilities,
    Correlation,
    Field,
    LogPage,
    LogQuery,
    Malformed,
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
    load_object,
    same_secret,
)
from dialer.providers.serialised import writings

CALLS = "/api/v1/calls"
#: "limit: records per page (1-200, default: 20)".
PAGE_ROWS = 200
# "to_type: extension, queue, ivr, ai_agent, or external".
TARGETS = ("extension", "queue", "ivr", "ai_agent", "external")

# A failed originate says so in words. These leave open whether the switch had taken it before the connection broke.
_MAY_HAVE_RUNG = re.compile(r"time.?d?.?out|reset|closed|hang.?up|disconnect|socket|EPIPE|no response", re.IGNORECASE)
_AWAY = re.compile(r"not registered|unregistered|not reachable", re.IGNORECASE)
_FULL = re.compile(r"capacity|congest|concurren|limit|too many|refused|connected|unavail", re.IGNORECASE)
_NOT_THERE = re.compile(r"not found|no such|unknown|no sip trunk|wss url|does not exist", re.IGNORECASE)


class Astradial(Provider):
    """The provider of this module."""

    slug = "astradial"
    name = "Astradial"
    capabilities = Capabilities(
        correlation=Correlation.NUMBER_AND_TIME,
        tells=frozenset({"answered_at", "disconnected_by", "duration_seconds", "recording_url", "talk_seconds"}),
        actions=frozenset({Action.CONNECT_AGENT, Action.CONNECT_TARGET, Action.AI_AGENT}),
        pulls_logs=True,
        # Not of AI agents: one that is not answered leaves no row.
        logs_every_call_of=frozenset({Action.CONNECT_AGENT, Action.CONNECT_TARGET}),
        hides_unanswered_agents=True,
        signs_pushes=True,
        agent_kinds=frozenset({AgentKind.EXTENSION, AgentKind.NUMBER}),
    )
    credential_fields = (
        Field(
            name="api_key",
            label="API key",
            required=True,
            secret=True,
            help="Begins with ak_. Needs calls.click_to_call, and calls.originate_ai for AI agents.",
        ),
        Field(
            name="webhook_secret",
            label="Webhook secret",
            secret=True,
            help="Without it pushes are refused and results come from the call log only.",
        ),
    )
    setting_fields = (
        Field(
            name="number_format",
            label="Number format",
            default="national",
            choices=building.NUMBER_FORMATS,
            help="How your trunk wants numbers: Indian ones as 10 digits, +919876543210, or 919876543210.",
        ),
        building.RECORDING_HOSTS,
    )
    option_fields: ClassVar[Mapping[Action, tuple[Field, ...]]] = {
        Action.CONNECT_AGENT: (),
        Action.CONNECT_TARGET: (
            Field(name="target", label="Target", required=True, help="Extension, queue, IVR or AI agent."),
            Field(name="to_type", label="Kind of target", choices=TARGETS, default="queue"),
        ),
        Action.AI_AGENT: (
            Field(name="wss_url", label="WebSocket URL", required=True, help="Where the agent listens: wss://…"),
            Field(
                name="variable_names",
                label="Variables to send",
                help="Separated by commas. They become part of the WebSocket URL and can reach logs: nothing personal.",
            ),
        ),
    }

    # The public server: no retry after three failures in a row, inactive at six, and nothing makes it active again.
    silence_hint = "Astradial switches a webhook off for ever after six failed deliveries: switch it on again there."
    push_headers = ("x-pbx-event", "x-pbx-timestamp", "x-pbx-attempt")

    def build_place(self, *, account: AccountConfig, placement: Placement) -> ProviderRequest:
        """Return click-to-call (the ``from`` party rings first) or originate-to-ai (the customer rings)."""
        ai = placement.action is Action.AI_AGENT
        body = _to_ai(account, placement) if ai else _click_to_call(account, placement)
        body["timeout"] = placement.max_ring_seconds
        if placement.from_number:
            body["caller_id"] = placement.from_number
        path = f"{CALLS}/originate-to-ai" if ai else f"{CALLS}/click-to-call"
        return building.post(path, body, _headers(account))

    def parse_place(self, *, reply: ProviderReply) -> PlaceResult:
        """Return what the reply means. Accepted says only that the switch took an asynchronous originate."""
        payload = load_object(reply.body) or {}
        said = replies.message(payload)
        if 200 <= reply.status < 300 and _succeeded(payload):
            return Accepted(external_id=None)
        # The page: {"status":"error","message":"Failed to originate call: …"}, without an HTTP status. The server's
        # source: 500 {"error":"Failed to initiate click-to-call","details":…}.
        failed = payload.get("status") == "error" or (reply.status == 500 and "failed to" in said.lower())
        if failed and (200 <= reply.status < 300 or reply.status == 500):
            return _failed(reply, said)
        if reply.status == 400 and _NOT_THERE.search(said):
            return replies.refused(reply=reply, reason=Refusal.UNKNOWN_TARGET)
        return replies.refused_by_status(reply=reply) or replies.unclear(reply=reply)

    def build_log(self, *, account: AccountConfig, query: LogQuery) -> ProviderRequest:
        """Return one page of the outbound call log. The number is part of the URL: mask it wherever URLs are logged."""
        asked = {
            "direction": "outbound",
            "date_from": building.iso(query.since_at),
            "date_to": building.iso(query.until_at),
            "limit": str(PAGE_ROWS),
            "offset": str(_offset(query)),
        }
        if query.to_number:
            asked["to"] = _number(account, query.to_number)
        return ProviderRequest(method="GET", path=CALLS, headers=_headers(account), query=asked)

    def parse_log(self, *, account: AccountConfig, query: LogQuery, reply: ProviderReply) -> LogPage | None:
        """Return the page: rows in ``data`` (the page) or ``calls`` (the server's source)."""
        payload = load_object(reply.body) if 200 <= reply.status < 300 else None
        rows = (payload.get("data", payload.get("calls"))) if payload else None
        if payload is None or not isinstance(rows, list):
            return None
        # Only outbound calls are asked for; a row that says otherwise came in.
        found = tuple(
            results.of_row(row=row, account=account)
            for row in rows
            if isinstance(row, dict) and row and results.is_outbound(row) is not False
        )
        seen, total = _offset(query) + len(rows), parsing.number(payload.get("total"))
        more = bool(rows) and (seen < total if total is not None else len(rows) >= PAGE_ROWS)
        return LogPage(reports=found, next_cursor=str(seen) if more else None)

    def build_recording(self, *, account: AccountConfig, url: str) -> ProviderRequest:
        """Return GET of the recording at the ``url`` of a report; it needs the account's key."""
        return building.recording(url, account, _headers(account))

    def build_check(self, *, account: AccountConfig) -> ProviderRequest:
        """Return the call count: it needs the key and changes nothing."""
        return ProviderRequest(method="GET", path=f"{CALLS}/count", headers=_headers(account))

    def parse_check(self, *, reply: ProviderReply) -> Refused | Unclear | None:
        """Return what the reply has against the account."""
        return replies.objection(reply=reply)

    def authenticate_push(self, *, account: AccountConfig, push: Push) -> bool:
        """Return whether X-PBX-Signature is ``sha256=`` and the hex HMAC-SHA256 of the compact JSON body (webhooks).

        The body as it came is tried first, then as the sender's serialiser may have written it.
        """
        secret = account.credentials.get("webhook_secret", "").encode("utf-8", "surrogatepass")
        given = push.headers.get("x-pbx-signature", "").strip()
        if not secret or not given:
            return False
        made = ("sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest() for body in writings(push.body))
        return any(same_secret(given, expected) for expected in made)

    def push_doubt(self, *, account: AccountConfig) -> PushDoubt | None:
        """Return that no push can be believed while the account has no secret."""
        return None if account.credentials.get("webhook_secret") else PushDoubt.REFUSED

    def parse_push(self, *, account: AccountConfig, push: Push) -> list[CallReport]:
        """Return the report of a ``call.*`` event; others are ignored."""
        payload = load_object(push.body)
        event = parsing.text(payload.get("event")) if payload else None
        if payload is None or event is None:
            raise Malformed("the push is not a JSON object with event")
        data = parsing.mapping(payload.get("data"))
        if not event.startswith("call.") or results.is_outbound(data) is False:
            return []
        if parsing.identifier(data.get("call_id")) is None:
            raise Malformed("the event has no data.call_id")
        phase, outcome = results.event_state(event=event, data=data)
        return [results.report(data=data, account=account, key="call_id", phase=phase, outcome=outcome)]

    def is_decided(self, *, account: AccountConfig, payload: Mapping[str, Any]) -> bool:
        """Return whether the status is there: a failed call without one is FAILED, with one it can be BUSY."""
        return "status" in parsing.mapping(payload.get("data"))

    def dedupe_key(self, *, push: Push) -> str | None:
        """Return event and call. The ``id`` of a delivery changes with every retry, so it is no key."""
        payload = load_object(push.body) or {}
        event = parsing.text(payload.get("event"))
        call_id = parsing.identifier(parsing.mapping(payload.get("data")).get("call_id"))
        return f"{event}:{call_id}" if event and call_id else None


def _headers(account: AccountConfig) -> dict[str, str]:
    return {"x-api-key": account.credentials.get("api_key", "")}


def _number(account: AccountConfig, e164: str) -> str:
    return building.number(e164, number_format=str(account.settings.get("number_format") or "national"))


def _click_to_call(account: AccountConfig, placement: Placement) -> dict[str, Any]:
    """Return who rings first and where it leads: an agent to the customer, or the customer to a target."""
    reference = {"dialer_reference": placement.reference}
    customer = _number(account, placement.to_number)
    if placement.action is Action.CONNECT_AGENT:
        agent = placement.agent
        if agent is None or not agent.value or agent.kind is AgentKind.USERNAME:
            raise ValueError("agent: Astradial reaches agents by extension or number")
        first = agent.value if agent.kind is AgentKind.EXTENSION else _number(account, agent.value)
        return {"from": first, "to": customer, "to_type": "external", "variables": reference}
    target, to_type = placement.options.get("target"), placement.options.get("to_type") or "queue"
    if not target:
        raise ValueError("target")
    if to_type not in TARGETS:
        raise ValueError(f"to_type: one of {', '.join(TARGETS)}")
    return {"from": customer, "to": str(target), "to_type": to_type, "variables": reference}


def _to_ai(account: AccountConfig, placement: Placement) -> dict[str, Any]:
    wss_url = str(placement.options.get("wss_url") or "")
    if not wss_url.startswith(("wss://", "ws://")):  # the server's own rule
        raise ValueError("wss_url: must start with wss:// or ws://")
    names = [name.strip() for name in str(placement.options.get("variable_names") or "").split(",")]
    chosen = {name: placement.variables[name] for name in names if name in placement.variables}
    variables = {**chosen, "dialer_reference": placement.reference}
    return {"to": _number(account, placement.to_number), "wss_url": wss_url, "variables": variables}


def _succeeded(payload: Mapping[str, Any]) -> bool:
    """The page says ``"status":"success"``, the server's source ``"success":true``; an error beside it is neither."""
    if payload.get("error"):
        return False
    return payload.get("status") == "success" or (payload.get("success") is True and "status" not in payload)


def _failed(reply: ProviderReply, said: str) -> PlaceResult:
    if _MAY_HAVE_RUNG.search(said):
        return replies.unclear(reply=reply, why="the switch was lost while it took the call")
    if _NOT_THERE.search(said):
        return replies.refused(reply=reply, reason=Refusal.UNKNOWN_TARGET)
    if _AWAY.search(said):
        return replies.refused(reply=reply, reason=Refusal.TARGET_AWAY)
    return replies.refused(reply=reply, reason=Refusal.NO_CAPACITY if _FULL.search(said) else Refusal.OTHER)


def _offset(query: LogQuery) -> int:
    return int(query.cursor) if query.cursor and query.cursor.isdecimal() else 0


provider = Astradial()
