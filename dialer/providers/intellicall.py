"""Intellicall: a human agent's leg rings first, then the customer's. Our ``uuid`` comes back in poll and push.

Source of everything here: "Avyukta Intellicall API Reference, Version 1.0" (api.clouddialer.in). Whether a repeated
``uuid`` is refused is not documented, so nothing here relies on it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import quote

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
    Leg,
    Malformed,
    Outcome,
    Phase,
    Placement,
    PlaceResult,
    Provider,
    ProviderReply,
    ProviderRequest,
    Push,
    Refusal,
    Refused,
    Unclear,
    load_object,
)

# "Get call status": call_status is one of INITIATED, ANSWER, NO_ANSWER, BUSY, FAILED, CANCELED.
OUTCOMES: Mapping[str, Outcome] = {
    "answer": Outcome.ANSWERED,
    "no_answer": Outcome.NO_ANSWER,
    "busy": Outcome.BUSY,
    "failed": Outcome.FAILED,
    "canceled": Outcome.CANCELED,
}
# "Get call status": each leg's status is DIALING, JOINED, LEFT, or FAILED.
REACHED = frozenset({"joined", "left"})
# "Initiate a call": 401 key, 403 "Request origin not permitted for this account".
MEANINGS = {**replies.CLIENT_ERRORS, 403: Refusal.ADDRESS_NOT_ALLOWED}
#: What identifies an agent, by the request's field: exactly one may be given.
AGENT_FIELDS: Mapping[AgentKind, str] = {AgentKind.USERNAME: "crm_username", AgentKind.NUMBER: "agent_number"}
#: The id of no call: call ids are random UUIDs, this is the nil one.
NO_CALL = "00000000-0000-0000-0000-000000000000"

_OUR_SETTING = re.compile(r"caller[\s_-]*id|from_number|agent|crm_username", re.IGNORECASE)
_THEIR_NUMBER = re.compile(r"to_number|customer|destination|\buuid\b|max_ring_time", re.IGNORECASE)


class Intellicall(Provider):
    """The provider of this module."""

    slug = "intellicall"
    name = "Intellicall"
    default_base_url = "https://api.clouddialer.in"
    capabilities = Capabilities(
        correlation=Correlation.REFERENCE,
        tells=frozenset({"disconnected_by", "disposition", "duration_seconds", "recording_url"}),
        actions=frozenset({Action.CONNECT_AGENT}),
        polls_call=True,
        needs_agent=True,
        adds_participants=True,
        agent_kinds=frozenset(AGENT_FIELDS),
    )
    credential_fields = (
        Field(name="api_key", label="API key", required=True, secret=True, help="Issued during onboarding."),
    )
    setting_fields = (building.RECORDING_HOSTS,)
    option_fields: ClassVar[Mapping[Action, tuple[Field, ...]]] = {Action.CONNECT_AGENT: ()}

    def build_place(self, *, account: AccountConfig, placement: Placement) -> ProviderRequest:
        """Return "Initiate a call". Raises ValueError when caller ID or agent is missing: both are required."""
        if not placement.from_number:
            raise ValueError("from_number")
        body = {
            "from_number": placement.from_number.removeprefix("+"),
            "to_number": parsing.indian_national(placement.to_number),
            "uuid": placement.reference,
            **_agent(placement),
            "recording": placement.record,
            "max_ring_time": placement.max_ring_seconds,
        }
        return building.post("/calls", body, _headers(account))

    def parse_place(self, *, reply: ProviderReply) -> PlaceResult:
        """Return what the reply means by the table under "Initiate a call"."""
        payload = load_object(reply.body)
        if 200 <= reply.status < 300:
            return _accepted(reply, payload, "call_id")
        if reply.status == 502:
            return _bad_gateway(reply, payload)
        if reply.status == 400:
            return replies.refused(reply=reply, reason=_validation_reason(replies.message(payload)))
        return replies.refused_by_status(reply=reply, meanings=MEANINGS) or replies.unclear(reply=reply)

    def build_poll(self, *, account: AccountConfig, external_id: str) -> ProviderRequest:
        """Return "Get call status"."""
        path = f"/calls/{quote(external_id, safe='')}"
        return ProviderRequest(method="GET", path=path, headers=_headers(account))

    def parse_poll(self, *, account: AccountConfig, reply: ProviderReply) -> CallReport | None:
        """Return the call's state, or None when the reply is no call."""
        payload = load_object(reply.body) if 200 <= reply.status < 300 else None
        if payload is None or "call_status" not in payload or parsing.word(payload.get("status")) != "success":
            return None
        ended_at = parsing.moment(payload.get("end_time"), time_zone=account.time_zone)
        phase, outcome, ended_by = _state(payload, over=ended_at is not None)
        return _report(payload, account, phase=phase, outcome=outcome, disconnected_by=ended_by)

    def build_add_leg(
        self, *, account: AccountConfig, external_id: str, number: str, max_ring_seconds: int = 30
    ) -> ProviderRequest:
        """Return "Add a participant": dial ``number`` (E.164) into a call that is under way."""
        body = {"number": parsing.indian_national(number), "max_ring_time": max_ring_seconds}
        return building.post(f"/calls/{quote(external_id, safe='')}/add-leg", body, _headers(account))

    def parse_add_leg(self, *, reply: ProviderReply) -> PlaceResult:
        """Return what the reply means; the external id of Accepted is the new leg's."""
        if 200 <= reply.status < 300:
            return _accepted(reply, load_object(reply.body), "leg_id")
        return replies.refused_by_status(reply=reply, meanings=MEANINGS) or replies.unclear(reply=reply)

    def parse_legs(self, *, reply: ProviderReply) -> tuple[Leg, ...]:
        """Return ``legs`` of "Get call status", each with its own status."""
        payload = load_object(reply.body) if 200 <= reply.status < 300 else None
        legs = payload.get("legs") if payload else None
        found = map(parsing.mapping, legs) if isinstance(legs, list) else ()
        return tuple(
            Leg(**{key: parsing.text(leg.get(key)) or "" for key in ("role", "number", "status")}) for leg in found
        )

    def build_recording(self, *, account: AccountConfig, url: str, token: str = "") -> ProviderRequest:
        """Return "Download a recording" for the exact ``url`` of a report. Who has the URL can listen."""
        return building.recording(url, account, _headers(account))

    def build_check(self, *, account: AccountConfig) -> ProviderRequest:
        """Return "Health check". It is unauthenticated: it shows that the API is reached, not that the key is good."""
        return ProviderRequest(method="GET", path="/health", headers=_headers(account))

    def parse_check(self, *, reply: ProviderReply) -> Refused | Unclear | None:
        """Return what the reply has against the account."""
        return replies.objection(reply=reply, meanings=MEANINGS)

    def build_key_check(self, *, account: AccountConfig) -> ProviderRequest:
        """Return the state of a call that there cannot be: 401 or 403 for a key or address that is not good."""
        return self.build_poll(account=account, external_id=NO_CALL)

    def parse_key_check(self, *, reply: ProviderReply) -> Refused | Unclear | None:
        """Return what the reply has against the key."""
        return replies.key_objection(reply=reply, proofs=(200, 400, 404, 422), meanings=MEANINGS)

    def parse_push(self, *, account: AccountConfig, push: Push) -> list[CallReport]:
        """Return the "Call result push", sent when a call ends. It is unsigned: the secret is in our URL."""
        payload = load_object(push.body)
        if payload is None or not (
            parsing.identifier(payload.get("uuid")) or parsing.identifier(payload.get("call_id"))
        ):
            raise Malformed("the push is not a JSON object with uuid or call_id")
        status = parsing.word(payload.get("status"))
        outcome = OUTCOMES.get(status)
        other = Phase.PLACED if status == "initiated" else Phase.UNKNOWN
        return [_report(payload, account, phase=Phase.ENDED if outcome else other, outcome=outcome)]

    def is_decided(self, *, account: AccountConfig, payload: Mapping[str, Any]) -> bool:
        """Return whether the legs are there, for a poll: they tell the agent's failures from the customer's."""
        legs = payload.get("legs")
        return "call_status" not in payload or (isinstance(legs, list) and len(legs) > 1)

    def dedupe_key(self, *, push: Push) -> str | None:
        """Return the uuid: "JSON, up to 3 retries, de-duplicate on uuid"."""
        payload = load_object(push.body)
        return parsing.identifier(payload.get("uuid")) if payload else None


def _headers(account: AccountConfig) -> dict[str, str]:
    return {"authorization": f"Bearer {account.credentials.get('api_key', '')}"}


def _agent(placement: Placement) -> dict[str, str]:
    """Return exactly one of crm_username and agent_number: they are mutually exclusive."""
    agent = placement.agent
    if agent is None or not agent.value:
        raise ValueError("agent")
    if agent.kind not in AGENT_FIELDS:
        raise ValueError("agent: Intellicall reaches agents by username or number")
    value = parsing.indian_national(agent.value) if agent.kind is AgentKind.NUMBER else agent.value
    return {AGENT_FIELDS[agent.kind]: value}


def _accepted(reply: ProviderReply, payload: Mapping[str, Any] | None, key: str) -> PlaceResult:
    found = parsing.identifier(payload.get(key)) if payload else None
    if payload is None or found is None or parsing.word(payload.get("status")) != "success":
        return replies.unclear(reply=reply, why=f"the reply has no usable {key}")
    return Accepted(external_id=found)


def _bad_gateway(reply: ProviderReply, payload: Mapping[str, Any] | None) -> PlaceResult:
    """502 is "Telephony platform could not queue the call", but also what a proxy says that lost the server half-way.

    The API answers in JSON and proxies in HTML, so only JSON is believed to mean that nothing rang.
    """
    if payload is None:
        return replies.unclear(reply=reply, why="it came from a proxy, not from the API")
    return replies.refused(reply=reply, reason=Refusal.NO_CAPACITY)


def _validation_reason(said: str) -> Refusal:
    """400 is "Validation error, unrecognised caller-ID, or unknown agent": only the message tells which."""
    if _OUR_SETTING.search(said) and not _THEIR_NUMBER.search(said):
        return Refusal.UNKNOWN_TARGET
    return Refusal.INVALID_REQUEST


def _state(payload: Mapping[str, Any], *, over: bool) -> tuple[Phase, Outcome | None, str | None]:
    """Return phase, outcome and who ended it. ANSWER is live until there is an end_time; the others are final.

    The agent's leg rings first: if that leg FAILED, the customer's phone never rang, and the call's NO_ANSWER is the
    agent's. ANSWER while the customer's leg is DIALING is the agent's too.
    """
    status = parsing.word(payload.get("call_status"))
    agent, customer = (parsing.word(_leg(payload, role, "status")) for role in ("agent", "destination"))
    if status == "initiated":
        return (Phase.RINGING if agent in REACHED and customer == "dialing" else Phase.PLACED), None, None
    outcome = OUTCOMES.get(status)
    if outcome is None:
        return Phase.UNKNOWN, None, None
    if outcome is Outcome.ANSWERED and not over:
        return (Phase.RINGING if customer == "dialing" else Phase.ANSWERED), None, None
    if outcome is not Outcome.CANCELED and agent == "failed" and customer not in REACHED:
        return Phase.ENDED, Outcome.FAILED, "agent not reached"
    if outcome is Outcome.ANSWERED and customer == "failed":
        return Phase.ENDED, Outcome.FAILED, "customer not reached"
    return Phase.ENDED, outcome, None


def _leg(payload: Mapping[str, Any], role: str, key: str) -> str | None:
    """Return ``key`` of the first leg of ``role`` (agent, destination)."""
    legs = payload.get("legs")
    found = map(parsing.mapping, legs) if isinstance(legs, list) else ()
    return next((parsing.text(leg.get(key)) for leg in found if parsing.word(leg.get("role")) == role), None)


def _report(
    payload: Mapping[str, Any],
    account: AccountConfig,
    *,
    phase: Phase,
    outcome: Outcome | None,
    disconnected_by: str | None = None,
) -> CallReport:
    return CallReport(
        phase=phase,
        outcome=outcome,
        reference=parsing.identifier(payload.get("uuid")),
        external_id=parsing.identifier(payload.get("call_id")),
        to_number=parsing.text(payload.get("customer_number")) or _leg(payload, "destination", "number"),
        disposition=parsing.text(payload.get("disposition")),
        duration_seconds=parsing.seconds(payload.get("duration")),
        started_at=parsing.moment(payload.get("start_time"), time_zone=account.time_zone),
        ended_at=parsing.moment(payload.get("end_time"), time_zone=account.time_zone),
        recording_url=parsing.text(payload.get("recording_url")),
        disconnected_by=disconnected_by,
        raw=payload,
    )


provider = Intellicall()
