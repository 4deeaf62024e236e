"""Altur (AI agents) as its API reference defines it: create a call, look it up, its recording, the signed push.

Facts: "Create a call" of the reference; the look-up, the 12 requests a second, the push, both recipes of its signature
and its five deliveries are from docs.altur.io. No page documents an error but the rate's: those here are worded as its
framework words them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from secrets import token_hex
from time import time
from typing import Annotated, Any
from uuid import UUID

import orjson
from aiohttp import web

from dialer.sandbox.accounts import Account
from dialer.sandbox.altur_results import call_end, stable_id, state
from dialer.sandbox.behaviours import Phase
from dialer.sandbox.calls import Call
from dialer.sandbox.contract import Dialect, PushRequest, Refusal, Rejected
from dialer.sandbox.converting import MaybeCount, one_of
from dialer.sandbox.exchange import Exchange
from dialer.sandbox.placing import place
from dialer.sandbox.plans import Asked
from dialer.sandbox.replies import JSON_HEADERS, RECORDING, json_reply
from dialer.sandbox.settings import AccountSettings, BadSetting

PREFIX = "/api/v1.0"
E164 = re.compile(r"\+[1-9]\d{6,14}")


@dataclass(slots=True, kw_only=True)
class Settings(AccountSettings):
    """An Altur account. ``agents``: known agent ids; ``analysis``: the data extracted from answered calls."""

    signature_recipe: Annotated[str, one_of("base64", "hex")] = "base64"
    agent_lines: MaybeCount = None


class Api(Dialect):
    """The Altur API. The pauses of its "exponential backoff" are not documented."""

    slug = "altur"
    settings_class = Settings
    rate_per_second = 12
    push_retry_seconds = (1.0, 2.0, 4.0, 8.0)

    def prepare(self, settings: AccountSettings) -> Any:
        assert isinstance(settings, Settings)
        headers = {**JSON_HEADERS, **settings.push_headers}
        return _signing_key(settings), settings.signature_recipe == "hex", headers

    async def handle(
        self, exchange: Exchange, account: Account, request: web.BaseRequest, path: str
    ) -> web.StreamResponse:
        path = path.removeprefix(PREFIX)
        if path == "/call" and request.method == "POST":
            return await place(exchange, self, account, request)
        if request.method != "GET" or not path.startswith(("/call/", "/campaigns")):
            return _detail("Not found.", 404)
        try:
            _admit(account, request)
        except Rejected as rejected:
            return rejected.reply
        if not account.throttle.admit(time()):
            return self.refused(account, Refusal.TOO_MANY)
        if path == "/campaigns":
            return json_reply({"count": 0, "next": None, "previous": None, "results": []})
        return _one_call(exchange, account, path.removeprefix("/call/"))

    def read(self, account: Account, request: web.BaseRequest, body: bytes) -> Asked:
        _admit(account, request)
        data = _object(body)
        asked = _asked(data, f"http://{request.host}/{account.key}{PREFIX}", account)
        errors = _errors(data)
        if errors:
            raise Rejected(json_reply(errors, 400), asked)
        agents = account.settings.agents
        if agents is not None and asked.agent not in agents:
            raise Rejected(_detail("Not found.", 404), asked)
        lines = account.settings.agent_lines if isinstance(account.settings, Settings) else None
        if lines is not None and account.agent_meter(asked.agent).live >= lines:
            raise Rejected(self.refused(account, Refusal.FULL), asked)
        return asked

    def name_call(self, account: Account, call: Call) -> None:
        call.external_id = f"cll_{token_hex(10)}"

    def accepted(self, account: Account, call: Call) -> web.Response:
        return json_reply({**state(call), "status": "created"})

    def refused(self, account: Account, refusal: Refusal) -> web.Response:
        if refusal in (Refusal.NUMBER, Refusal.WITH_200):
            return json_reply({"phone_number_to": ["The phone number entered is not valid."]}, 400)
        if refusal is Refusal.BROKEN:
            return web.Response(text="<h1>Server Error (500)</h1>", content_type="text/html", status=500)
        if refusal is Refusal.NOT_QUEUED:
            return web.Response(text="Bad Gateway", status=502)
        if refusal is Refusal.UNAVAILABLE:
            return web.Response(text="Service Unavailable", status=503)
        if refusal is Refusal.TOO_MANY:
            return _detail("Request was throttled. Expected available in 1 second.", 429)
        return _detail("Agent has no free line.", 429)

    def push(self, account: Account, call: Call, phase: Phase, attempt: int) -> PushRequest | None:
        assert account.push_url is not None
        key, in_hex, headers = account.prepared
        body = orjson.dumps(call_end(call))  # compact, which is what the signature is made of
        if key:
            made = hmac.new(key, body, hashlib.sha256)
            signature = made.hexdigest() if in_hex else base64.b64encode(made.digest()).decode()
            headers = {**headers, "X-Altur-Signature": signature}
        return PushRequest(account.settings.push_method, account.push_url, headers, body)


def _signing_key(settings: Settings) -> bytes:
    if settings.signature_recipe == "hex":
        return settings.push_secret.encode()
    try:
        return base64.b64decode(settings.push_secret, validate=True)
    except binascii.Error as error:
        raise BadSetting("Setting 'push_secret': must be base64, or set signature_recipe to hex.") from error


def _detail(detail: str, status: int) -> web.Response:
    return json_reply({"detail": detail}, status)


def _admit(account: Account, request: web.BaseRequest) -> None:
    if request.headers.get("Authorization") != f"api-key {account.settings.api_key}":
        raise Rejected(_detail("Invalid API key", 401))


def _one_call(exchange: Exchange, account: Account, rest: str) -> web.Response:
    call_id, _, action = rest.partition("/")
    call = exchange.ledger.calls_of(account).get(call_id)
    if not action:
        account.look_up("call_poll")
    if call is None or action not in ("", "recording"):
        return _detail("Not found.", 404)
    if not action:
        return json_reply(state(call))
    if call.answered_at is None:
        return _detail("Not found.", 404)
    return web.Response(body=RECORDING, content_type="audio/wav")


def _object(body: bytes) -> dict[str, Any]:
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Rejected(_detail(f"JSON parse error - {error.msg}", 400)) from error
    if not isinstance(data, dict):
        raise Rejected(json_reply({"non_field_errors": ["Invalid data. Expected a dictionary."]}, 400))
    return data


def _errors(data: dict[str, Any]) -> dict[str, list[str]]:
    """Return what is wrong with a request body, by field."""
    errors: dict[str, list[str]] = {}
    for field in ("agent_id", "phone_number_to"):
        if not data.get(field):
            errors[field] = ["This field is required."]
        elif not isinstance(data[field], str):
            errors[field] = ["Not a valid string."]
    if "agent_id" not in errors and not _is_uuid4(data["agent_id"]):
        errors["agent_id"] = ["Must be a valid UUID."]
    if "phone_number_to" not in errors and not E164.fullmatch(data["phone_number_to"]):
        errors["phone_number_to"] = ["The phone number entered is not valid."]
    for field in ("end_user_display_name", "initial_message"):
        if data.get(field) is not None and not isinstance(data[field], str):
            errors[field] = ["Not a valid string."]
    return errors


def _is_uuid4(text: str) -> bool:
    try:
        return UUID(text).version == 4
    except ValueError:
        return False


def _asked(data: dict[str, Any], base_url: str, account: Account) -> Asked:
    """Return what can be read of a request body. The reference has no type for the context: it is kept as it came.

    A context that holds the account's ``reference_variable`` tells the ledger which of the caller's requests this is.
    """
    context = data.get("end_user_context")
    agent = str(data.get("agent_id") or "")
    return Asked(
        to_number=str(data.get("phone_number_to") or ""),
        reference=_reference(context, account.settings.reference_variable),
        agent=agent,
        details={
            "context": context,
            "display_name": data.get("end_user_display_name") or "",
            "initial_message": data.get("initial_message") or "Hola.",
            "agent_number": f"+5255{int(stable_id(agent)[:8], 16) % 10**8:08d}",
            "base_url": base_url,
        },
    )


def _reference(context: Any, variable: str) -> str:
    if isinstance(context, str):
        try:
            context = orjson.loads(context)
        except orjson.JSONDecodeError:
            return ""
    return str(context.get(variable) or "") if isinstance(context, dict) else ""
