"""Astradial: a switch that calls one party and connects it to an extension, queue, IVR, AI agent or outside number.

Sources: "Click to call" (POST /api/v1/calls/click-to-call) and docs.astradial.com, api-reference/call-management (call
log) and webhooks; github.com/astradial/astradial, commit a68d6aa, whose server answers in other words than the page. No
reply names the call, and the log does not know our reference: calls are found again by number and time, never two live
ones a number. Only the pushes of AI calls bear our reference.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, ClassVar

from dialer.astradial import answers, log, placing, recordings, results
from dialer.providers import building, parsing, replies
from dialer.providers.base import (
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
    Question,
    Refused,
    Unclear,
    load_object,
    same_secret,
)
from dialer.providers.serialised import writings


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
        unlogged_options=frozenset({("to_type", "ai_agent")}),
        hides_unanswered_agents=True,
        signs_pushes=True,
        agent_kinds=frozenset({AgentKind.EXTENSION, AgentKind.NUMBER}),
        # ``timeout`` is for the party that rings first; the other leg rings 60 s in the server's dial plan.
        second_leg_seconds=60,
        # The organization's limit of concurrent calls.
        usual_live_calls=10,
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
        recordings.ORG_KEY,
        recordings.ORG_SECRET,
    )
    setting_fields = (
        Field(
            name="number_format",
            label="Number format",
            default="national",
            choices=building.NUMBER_FORMATS,
            help="How your trunk wants numbers: Indian ones as 10 digits, +919876543210, or 919876543210.",
        ),
        log.CLOCK,
        building.RECORDING_HOSTS,
    )
    option_fields: ClassVar[Mapping[Action, tuple[Field, ...]]] = {
        Action.CONNECT_AGENT: (),
        Action.CONNECT_TARGET: (
            Field(name="target", label="Target", required=True, help="Extension, queue, IVR or AI agent."),
            Field(name="to_type", label="Kind of target", choices=placing.TARGETS, default="queue"),
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
    silence_hint = (
        "Astradial repeats no delivery after three that failed in a row, and switches a webhook off for ever after "
        "six failed deliveries: switch it on again there. Only calls to AI agents are pushed; the others come from "
        "its call log."
    )
    limit_hint = (
        "Beyond an organization's limit (concurrent_calls) Astradial answers the call itself, plays that all circuits "
        "are busy, and leaves it out of its log: the call ends as LOST."
    )
    log_clock_setting = log.CLOCK.name
    push_headers = ("x-pbx-event", "x-pbx-timestamp", "x-pbx-attempt")

    def build_place(self, *, account: AccountConfig, placement: Placement) -> ProviderRequest:
        """Return click-to-call (the ``from`` party rings first) or originate-to-ai (the customer rings)."""
        path = "originate-to-ai" if placement.action is Action.AI_AGENT else "click-to-call"
        return building.post(f"{log.CALLS}/{path}", placing.body(account, placement), _headers(account))

    def parse_place(self, *, reply: ProviderReply) -> PlaceResult:
        """Return what the reply means. Accepted says only that the switch took an asynchronous originate."""
        return answers.placed(reply=reply)

    def build_log(self, *, account: AccountConfig, query: LogQuery) -> ProviderRequest:
        """Return one page of the call log. Raises ValueError where the setting of its clock is no number."""
        return log.request(account=account, query=query, headers=_headers(account))

    def parse_log(self, *, account: AccountConfig, query: LogQuery, reply: ProviderReply) -> LogPage | None:
        """Return the page's rows that can be ours. Raises ValueError where the setting of its clock is no number."""
        return log.page(account=account, query=query, reply=reply)

    def build_recording(self, *, account: AccountConfig, url: str, token: str = "") -> ProviderRequest:
        """Return GET of the recording at the ``url`` of a report: by the organization's token, else by the key."""
        headers = {"authorization": f"Bearer {token}"} if token else _headers(account)
        return building.recording(url, account, headers)

    def recording_token(self, *, account: AccountConfig) -> Question[str] | None:
        """Return the organization's log-in, None where the account has no key and secret for it."""
        return recordings.token(account=account)

    def build_check(self, *, account: AccountConfig) -> ProviderRequest:
        """Return the call count: it needs the key and changes nothing."""
        return ProviderRequest(method="GET", path=f"{log.CALLS}/count", headers=_headers(account))

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
        if not event.startswith("call.") or not results.may_be_ours(data):
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


provider = Astradial()
