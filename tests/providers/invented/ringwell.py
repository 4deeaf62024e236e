"""Ringwell: calls that play a script, results by a signed push and by a look-up of each call. It is invented.

Source: "Ringwell API", pages Calls, Scripts and Callbacks.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import quote

from dialer.providers import building, parsing, replies
from dialer.providers.base import (
    Accepted,
    AccountConfig,
    Action,
    Answer,
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
    Question,
    Refused,
    Rows,
    Unclear,
    load_object,
    same_secret,
)
from dialer.providers.parts.lists import Kind, Listed

# "Calls", state: queued, ringing, talking, done; with done, result: answered, no-reply, engaged, machine, failed.
PHASES: Mapping[str, Phase] = {"queued": Phase.PLACED, "ringing": Phase.RINGING, "talking": Phase.ANSWERED}
RESULTS: Mapping[str, Outcome] = {
    "answered": Outcome.ANSWERED,
    "no_reply": Outcome.NO_ANSWER,
    "engaged": Outcome.BUSY,
    "machine": Outcome.MACHINE,
    "failed": Outcome.FAILED,
}


class Scripts:
    """The part ``lists``: a script is picked by its name once the account is synced."""

    kinds: tuple[Kind, ...] = ("CALL_FLOW",)

    def listing(self, *, account: AccountConfig, kind: Kind) -> Question[Rows[Listed]]:
        """Return "Scripts"."""
        request = ProviderRequest(method="GET", path="/v2/scripts", headers=_headers(account))
        return Question(request=request, read=_scripts)


class Ringwell(Provider):
    """The provider of this module."""

    slug = "ringwell"
    name = "Ringwell"
    default_base_url = "https://api.ringwell.example"
    capabilities = Capabilities(
        correlation=Correlation.REFERENCE,
        actions=frozenset({Action.PLAY_FLOW}),
        tells=frozenset({"disposition", "talk_seconds"}),
        polls_call=True,
        signs_pushes=True,
        lists=True,
        requests_per_second=20,  # "Calls": at most 20 requests a second
    )
    credential_fields = (
        Field(name="api_key", label="API key", required=True, secret=True, help="Console: Keys."),
        Field(name="callback_secret", label="Callback secret", required=True, secret=True, help="Console: Callbacks."),
    )
    option_fields: ClassVar[Mapping[Action, tuple[Field, ...]]] = {
        Action.PLAY_FLOW: (Field(name="script", label="Script", required=True, picks="CALL_FLOW"),)
    }
    lists = Scripts()

    def build_place(self, *, account: AccountConfig, placement: Placement) -> ProviderRequest:
        """Return "Calls", a POST. ``reference`` comes back with every result."""
        if not placement.options.get("script"):
            raise ValueError("script")
        body = {
            "script": str(placement.options["script"]),
            "to": placement.to_number,
            "from": placement.from_number,
            "reference": placement.reference,
            "fields": dict(placement.variables),
        }
        return building.post("/v2/calls", body, _headers(account))

    def parse_place(self, *, reply: ProviderReply) -> PlaceResult:
        """Return what the reply means. "Calls": 201 with an id; no 5xx is documented, so each of them is unclear."""
        if 200 <= reply.status < 300:
            call_id = parsing.identifier((load_object(reply.body) or {}).get("id"))
            return Accepted(external_id=call_id) if call_id else replies.unclear(reply=reply, why="no usable id")
        return replies.refused_by_status(reply=reply) or replies.unclear(reply=reply)

    def build_poll(self, *, account: AccountConfig, external_id: str) -> ProviderRequest:
        """Return "Calls", the GET of one call."""
        path = f"/v2/calls/{quote(external_id, safe='')}"
        return ProviderRequest(method="GET", path=path, headers=_headers(account))

    def parse_poll(self, *, account: AccountConfig, reply: ProviderReply) -> CallReport | None:
        """Return the call, or None when the reply is no call."""
        payload = load_object(reply.body) if 200 <= reply.status < 300 else None
        return _report(payload) if payload and "state" in payload and parsing.identifier(payload.get("id")) else None

    def build_check(self, *, account: AccountConfig) -> ProviderRequest:
        """Return the list of scripts: it needs the key and changes nothing."""
        return ProviderRequest(method="GET", path="/v2/scripts", headers=_headers(account))

    def parse_check(self, *, reply: ProviderReply) -> Refused | Unclear | None:
        """Return what the reply has against the account."""
        return replies.objection(reply=reply)

    def authenticate_push(self, *, account: AccountConfig, push: Push) -> bool:
        """Return whether X-Ringwell-Signature is the hex HMAC-SHA256 of the body ("Callbacks")."""
        secret = account.credentials.get("callback_secret", "").encode("utf-8", "surrogatepass")
        expected = hmac.new(secret, push.body, hashlib.sha256).hexdigest()
        return bool(secret) and same_secret(push.headers.get("x-ringwell-signature", ""), expected)

    def parse_push(self, *, account: AccountConfig, push: Push) -> list[CallReport]:
        """Return the one call of a callback."""
        payload = load_object(push.body)
        if payload is None or parsing.identifier(payload.get("id")) is None:
            raise Malformed("the callback has no id of a call")
        return [_report(payload)]

    def dedupe_key(self, *, push: Push) -> str | None:
        """Return call and state: a callback is repeated until it is answered with 2xx ("Callbacks")."""
        payload = load_object(push.body) or {}
        call_id, state = parsing.identifier(payload.get("id")), parsing.text(payload.get("state"))
        return f"{call_id}:{state}" if call_id and state else None


def _headers(account: AccountConfig) -> dict[str, str]:
    return {"authorization": f"Bearer {account.credentials.get('api_key', '')}"}


def _report(payload: Mapping[str, Any]) -> CallReport:
    state, result = parsing.word(payload.get("state")), parsing.word(payload.get("result"))
    outcome = RESULTS.get(result) if state == "done" else None
    return CallReport(
        phase=Phase.ENDED if outcome else PHASES.get(state, Phase.UNKNOWN),
        outcome=outcome,
        reference=parsing.identifier(payload.get("reference")),
        external_id=parsing.identifier(payload.get("id")),
        to_number=parsing.text(payload.get("to")),
        talk_seconds=parsing.seconds(payload.get("talk_seconds")),
        disposition=parsing.text(payload.get("outcome_tag")),
        raw=payload,
    )


def _scripts(reply: ProviderReply) -> Answer[Rows[Listed]]:
    problem = replies.objection(reply=reply)
    found = (load_object(reply.body) or {}).get("scripts")
    if problem is None and not isinstance(found, list):
        problem = replies.unclear(reply=reply, why="it holds no list of scripts")
    if problem is not None or not isinstance(found, list):
        return Answer(problem=problem, message=replies.describe(reply=reply))
    rows = ((parsing.identifier(parsing.mapping(row).get("name")), row) for row in found)
    return Answer(value=Rows.of(Listed(external_id=name, name=name, details=row) for name, row in rows if name))


provider = Ringwell()
