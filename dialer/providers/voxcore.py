"""VoxCore: an AI bot answers the customer. One POST a call, a key-mapped push afterwards, no look-up of a call.

Sources: "API integration guide" of the platform (dial-out, call results, capacity); docs.vohci.com/voxcore/post-call
(dispositions); docs.cxbridge.io, pages api/calls/crm-push, api/calls/results-ingestion and
operations/reference/post-call-variables (template namespaces of the push).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from dialer.providers import building, parsing, replies
from dialer.providers.base import (
    Accepted,
    AccountConfig,
    Action,
    CallReport,
    Capabilities,
    Capacity,
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
    Refusal,
    Refused,
    Unclear,
    load_object,
    same_secret,
)

DIALOUT_PATH = "/api/v1/dialout"
FLEET_PATH = "/health/fleet"
#: The variable that carries our reference through the call and back.
REFERENCE = "dialer_reference"

# "Call result schema", field disconnected_by: bot, customer, voicemail, RNR, timeout, error.
# docs.cxbridge.io, api/calls/results-ingestion, adds no_answer and rejected.
# - timeout: "Call exceeded maximum duration" (docs.vohci.com/voxcore/post-call), reported as "Connected": a talk that
#   was cut, not a phone that rang out.
# - rejected: the platform books it as failed beside no_answer. The phone was reached and the person (or the network on
#   their behalf) pressed the call away, which networks report as user busy; it is worth trying later, like BUSY.
# RNR is not in the table, see ``_outcome``.
OUTCOMES: Mapping[str, Outcome] = {
    "customer": Outcome.ANSWERED,
    "bot": Outcome.ANSWERED,
    "timeout": Outcome.ANSWERED,
    "voicemail": Outcome.MACHINE,
    "no_answer": Outcome.NO_ANSWER,
    "rejected": Outcome.BUSY,
    "error": Outcome.FAILED,
}
# result.disposition, a coarse label derived from disconnected_by: Connected, Failed, else Unknown
# (docs.cxbridge.io, api/calls/crm-push). Read only when disconnected_by is not there.
LABELS: Mapping[str, Outcome] = {"connected": Outcome.ANSWERED, "failed": Outcome.FAILED}

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
ANALYSIS_KEYS = ("sub_disposition", "remarks", "was_transferred", "transfer_destination", "transfer_reason")
#: A push that has none of these is none of ours.
IDENTITY_KEYS = (REFERENCE, "dialer_reference_call", "call_id", "session_id", "caller_id")

_OUTSIDE_HOURS = re.compile(r"outside[\s_-]*active[\s_-]*hours", re.IGNORECASE)
_NO_FLEET = re.compile(r"fleet|worker|capacity", re.IGNORECASE)
# Texts with which a proxy (Envoy) reports that it lost the server after passing the request on: it may have rung.
_LOST_UPSTREAM = re.compile(
    rb"upstream connect error|reset before headers|upstream (?:prematurely )?clos", re.IGNORECASE
)


def key_map(*, push_url: str, push_token: str) -> dict[str, Any]:
    """Return the JSON that a manager pastes into the bot's settings as its post-call push.

    ``push_url`` is the account's inbox; ``push_token`` the account's credential, which VoxCore sends as Authorization.
    """
    return {"url": push_url, "token": f"Bearer {push_token}", "method": "POST", "key_mapper": dict(KEY_MAPPER)}


class VoxCore(Provider):
    """The provider of this module."""

    slug = "voxcore"
    name = "VoxCore"
    capabilities = Capabilities(
        correlation=Correlation.REFERENCE,
        tells=frozenset(
            {
                "analysis",
                "answered_at",
                "disconnected_by",
                "disposition",
                "duration_seconds",
                "recording_url",
                "transcript",
            }
        ),
        actions=frozenset({Action.VOICE_BOT}),
        reports_capacity=True,
        prefetches=True,
    )
    credential_fields = (
        Field(name="api_key", label="API key", required=True, secret=True, help="Dashboard: Settings → API Keys."),
        Field(
            name="push_token",
            label="Push token",
            required=True,
            secret=True,
            help="A long random text of your own. It is part of the push settings that you paste into each bot.",
        ),
    )
    setting_fields = (
        Field(
            name="dialout_path",
            label="Dial-out path",
            default=DIALOUT_PATH,
            help="Some deployments use /api/v1/sip/dialout.",
        ),
        Field(name="fleet_path", label="Fleet health path", default=FLEET_PATH),
        building.RECORDING_HOSTS,
    )
    option_fields: ClassVar[Mapping[Action, tuple[Field, ...]]] = {
        Action.VOICE_BOT: (
            Field(name="bot_id", label="Bot ID", required=True, help="From the dashboard's bot settings."),
        )
    }

    def build_place(self, *, account: AccountConfig, placement: Placement) -> ProviderRequest:
        """Return the dial-out. Values of variables are text: the platform turns all others into text anyway."""
        bot_id = placement.options.get("bot_id")
        if not bot_id:
            raise ValueError("bot_id")
        body: dict[str, Any] = {
            "bot_id": str(bot_id),
            "to_number": placement.to_number,
            "variables": {
                **{name: str(value) for name, value in placement.variables.items()},
                REFERENCE: placement.reference,
            },
        }
        if placement.from_number:
            body["from_number"] = placement.from_number
        path = str(account.settings.get("dialout_path") or DIALOUT_PATH)
        return building.post(path, body, _headers(account))

    def parse_place(self, *, reply: ProviderReply) -> PlaceResult:
        """Return what the reply means. The guide's "Errors": 401, 404, 422, and 503 for no fleet or closed hours."""
        if 200 <= reply.status < 300:
            return _accepted(reply)
        if reply.status == 503:
            return _unavailable(reply)
        return replies.refused_by_status(reply=reply) or replies.unclear(reply=reply)

    def build_capacity(self, *, account: AccountConfig) -> ProviderRequest:
        """Return the question for the fleet's room. Allow 20 s: it takes 3 to 6 s when the fleet is busy."""
        path = str(account.settings.get("fleet_path") or FLEET_PATH)
        return ProviderRequest(method="GET", path=path, headers=_headers(account))

    def parse_capacity(self, *, reply: ProviderReply) -> Capacity | None:
        """Return the fleet's room; only 2xx, JSON, status ``ok`` and 0 <= available <= max prove a healthy fleet."""
        payload = load_object(reply.body) if 200 <= reply.status < 300 else None
        if payload is None or payload.get("status") != "ok":
            return None
        available, maximum = payload.get("fleet_available"), payload.get("fleet_max")
        if type(available) is not int or type(maximum) is not int or not 0 <= available <= maximum:
            return None
        return Capacity(available=available, maximum=maximum)

    def build_check(self, *, account: AccountConfig) -> ProviderRequest:
        """Return the capacity request: it shows that the platform is reached. No documented request tests a key."""
        return self.build_capacity(account=account)

    def parse_check(self, *, reply: ProviderReply) -> Refused | Unclear | None:
        """Return what the reply has against the account."""
        return replies.objection(reply=reply)

    def build_key_check(self, *, account: AccountConfig) -> ProviderRequest:
        """Return a dial-out without a body: 401 or 403 for a key that is not good, else 422 ("Errors").

        It names neither a bot nor a number, so there is nothing that it could ring.
        """
        path = str(account.settings.get("dialout_path") or DIALOUT_PATH)
        return ProviderRequest(
            method="POST", path=path, headers={**_headers(account), "content-type": "application/json"}
        )

    def parse_key_check(self, *, reply: ProviderReply) -> Refused | Unclear | None:
        """Return what the reply has against the key."""
        return replies.key_objection(reply=reply, proofs=(400, 422))

    def authenticate_push(self, *, account: AccountConfig, push: Push) -> bool:
        """Return whether Authorization is the push token, with or without ``Bearer`` as the mapping was pasted."""
        token = account.credentials.get("push_token", "")
        given = push.headers.get("authorization", "").strip()
        if given[:7].lower() == "bearer ":
            given = given[7:].strip()
        return same_secret(given, token)

    def parse_push(self, *, account: AccountConfig, push: Push) -> list[CallReport]:
        """Return the one report of a post-call push: our key map's form, or the guide's "Call result schema"."""
        payload = load_object(push.body)
        if payload is None:
            raise Malformed("the push is not a JSON object")
        if not any(parsing.identifier(payload.get(key)) for key in IDENTITY_KEYS):
            raise Malformed(
                f"the push has none of {', '.join(IDENTITY_KEYS)}: paste the account's key map into the bot"
            )
        return [_report(payload, time_zone=account.time_zone)]

    def dedupe_key(self, *, push: Push) -> str | None:
        """Return a digest of the body: repeats are not documented, so only an identical body counts as one."""
        return hashlib.sha256(push.body).hexdigest()


def _headers(account: AccountConfig) -> dict[str, str]:
    return {"x-api-key": account.credentials.get("api_key", "")}


def _accepted(reply: ProviderReply) -> PlaceResult:
    payload = load_object(reply.body)
    call_id = parsing.identifier(payload.get("call_id")) if payload else None
    if payload is None or call_id is None or payload.get("status", "ok") != "ok":
        return replies.unclear(reply=reply, why="the reply has no usable call_id")
    return Accepted(external_id=call_id)


def _unavailable(reply: ProviderReply) -> PlaceResult:
    """Tell the two meanings of 503 apart by its words ("No healthy fleet server", "bot outside active hours")."""
    if _LOST_UPSTREAM.search(reply.body[:2000]):
        return replies.unclear(reply=reply, why="a proxy lost the server after passing the request on")
    said = replies.message(load_object(reply.body))
    closed = _OUTSIDE_HOURS.search(said) and not _NO_FLEET.search(said)
    return replies.refused(reply=reply, reason=Refusal.OUTSIDE_ACTIVE_HOURS if closed else Refusal.NO_CAPACITY)


def _report(payload: Mapping[str, Any], *, time_zone: str) -> CallReport:
    found = {
        key: parsing.moment(payload.get(f"call_{key}_time"), time_zone=time_zone) for key in ("start", "answer", "end")
    }
    analysis = payload.get("post_call_analysis") or _analysis(payload)
    outcome = _outcome(payload, answered=found["answer"] is not None)
    return CallReport(
        phase=Phase.ENDED if outcome else Phase.UNKNOWN,
        outcome=outcome,
        reference=_first_id(payload, REFERENCE, "dialer_reference_call") or _nested_reference(payload),
        external_id=_first_id(payload, "call_id", "session_id"),
        to_number=parsing.text(payload.get("caller_id")),
        from_number=parsing.text(payload.get("from_number")),
        disposition=_disposition(payload, analysis),
        duration_seconds=parsing.seconds(payload.get("call_duration_seconds")),
        started_at=found["start"],
        answered_at=found["answer"],
        ended_at=found["end"],
        recording_url=parsing.text(payload.get("recording_url")),
        disconnected_by=parsing.text(payload.get("disconnected_by")),
        transcript=_transcript(payload.get("transcript")),
        analysis=analysis or None,
        raw=payload,
    )


def _outcome(payload: Mapping[str, Any], *, answered: bool) -> Outcome | None:
    """Return what became of the call, or None for words that no document defines.

    RNR has two readings: "ring, no response" in the trade, "Customer picked up but did not respond" in
    docs.vohci.com/voxcore/post-call. The answer time decides: with one it was picked up, without one it rang out.
    """
    ended_by = parsing.word(payload.get("disconnected_by"))
    if ended_by == "rnr":
        return Outcome.ANSWERED if answered else Outcome.NO_ANSWER
    if ended_by:
        return OUTCOMES.get(ended_by)
    return LABELS.get(parsing.word(payload.get("result_disposition")))


def _disposition(payload: Mapping[str, Any], analysis: Any) -> str | None:
    given = parsing.mapping(analysis)
    label = parsing.text(payload.get("result_disposition"))
    found = (payload.get("disposition"), given.get("DISPOSITION"), given.get("disposition"))
    named = next(filter(None, map(parsing.text, found)), None)
    return named or (label if label and label.lower() != "unknown" else None)


def _analysis(payload: Mapping[str, Any]) -> dict[str, str]:
    values = {key: parsing.text(payload.get(key)) for key in ANALYSIS_KEYS}
    return {key: value for key, value in values.items() if value}


def _transcript(value: Any) -> Any:
    """Return the transcript as a value: the schema gives a list, ``{{result.transcript}}`` the same as JSON text."""
    if isinstance(value, str):
        return parsing.load_json(value.encode("utf-8", "replace")) or value.strip() or None
    return value or None


def _first_id(payload: Mapping[str, Any], *keys: str) -> str | None:
    return next(filter(None, (parsing.identifier(payload.get(key)) for key in keys)), None)


def _nested_reference(payload: Mapping[str, Any]) -> str | None:
    nested = (parsing.mapping(payload.get(key)) for key in ("variables", "crm", "connected_event"))
    return next(filter(None, (parsing.identifier(part.get(REFERENCE)) for part in nested)), None)


provider = VoxCore()
