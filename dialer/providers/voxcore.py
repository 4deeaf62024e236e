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
from dialer.voxcore import results
from dialer.voxcore.key_map import REFERENCE, BotKeyMap
from dialer.voxcore.prefetch import CrmPrefetch

DIALOUT_PATH = "/api/v1/dialout"
FLEET_PATH = "/health/fleet"

_OUTSIDE_HOURS = re.compile(r"outside[\s_-]*active[\s_-]*hours", re.IGNORECASE)
_NO_FLEET = re.compile(r"fleet|worker|capacity", re.IGNORECASE)
# Texts with which a proxy (Envoy) reports that it lost the server after passing the request on: it may have rung.
_LOST_UPSTREAM = re.compile(
    rb"upstream connect error|reset before headers|upstream (?:prematurely )?clos", re.IGNORECASE
)


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
                "talk_seconds",
                "transcript",
            }
        ),
        actions=frozenset({Action.VOICE_BOT}),
        reports_capacity=True,
        key_map=True,
        prefetch=True,
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
            Field(
                name="may_transfer",
                label="May transfer calls",
                choices=("no", "yes"),
                default="no",
                help="Yes for a bot that transfers calls: a transferred call leaves the fleet's count and still holds "
                "its line, so each call of this template holds its line until its result comes.",
            ),
        )
    }
    key_map = BotKeyMap()
    prefetch = CrmPrefetch()

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
        workers = _workers(payload.get("workers"))
        return Capacity(available=available, maximum=maximum, **_counted(payload.get("fleet_calls"), workers))

    def may_transfer(self, *, options: Mapping[str, Any]) -> bool:
        """Return what the template says of its bot."""
        return options.get("may_transfer") == "yes"

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
        if not any(parsing.identifier(payload.get(key)) for key in results.IDENTITY_KEYS):
            raise Malformed(
                f"the push has none of {', '.join(results.IDENTITY_KEYS)}: paste the account's key map into the bot"
            )
        return [results.report(payload=payload, time_zone=account.time_zone)]

    def is_decided(self, *, account: AccountConfig, payload: Mapping[str, Any]) -> bool:
        """Return whether the answer time is there, where the word has two readings by it."""
        return parsing.word(payload.get("disconnected_by")) not in {"rnr", ""} or "call_answer_time" in payload

    def dedupe_key(self, *, push: Push) -> str | None:
        """Return a digest of the body: repeats are not documented, so only an identical body counts as one."""
        return hashlib.sha256(push.body).hexdigest()


def _headers(account: AccountConfig) -> dict[str, str]:
    return {"x-api-key": account.credentials.get("api_key", "")}


def _workers(given: Any) -> dict[str, int] | None:
    """Return what each worker counts, by its name and process; None where that is not known of every one.

    Both documented forms name the process: ``port, calls, pid``, and ``id, calls, max, pid``. One that cannot be
    reached has a ``status`` and no figure, and its calls may go on.
    """
    found: dict[str, int] = {}
    for worker in given if isinstance(given, list) else ():
        one = parsing.mapping(worker)
        name = parsing.identifier(one.get("id")) or parsing.identifier(one.get("port"))
        pid, calls = parsing.identifier(one.get("pid")), one.get("calls")
        if name is None or pid is None or type(calls) is not int or calls < 0 or one.get("status", "ok") != "ok":
            return None
        found[f"{name}={pid}"] = calls
    return found or None


def _counted(calls: Any, workers: dict[str, int] | None) -> dict[str, Any]:
    """Return the calls that the whole fleet counts, the larger of its two sums, and a digest of who counted."""
    if workers is None or type(calls) is not int or calls < 0:
        return {}
    digest = hashlib.sha256(" ".join(sorted(workers)).encode("utf-8", "replace")).hexdigest()
    return {"calls": max(calls, sum(workers.values())), "workers": digest}


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


provider = VoxCore()
