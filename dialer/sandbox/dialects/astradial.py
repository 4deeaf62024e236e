"""Astradial (a switch) as its pages and the public source of its server define it: originate, call log, signed events.

Two forms are known, that of the pages and that of the public server, whose traps are in ``astradial_server``. No reply
names the call. A failed originate is an HTTP 500.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from secrets import token_hex
from time import time
from typing import Annotated, Any
from uuid import uuid4

import orjson
from aiohttp import web

from dialer.sandbox import astradial_server as server
from dialer.sandbox.accounts import Account
from dialer.sandbox.astradial_events import delivery
from dialer.sandbox.astradial_log import CallLog, instant, page_of, row_as_json
from dialer.sandbox.astradial_requests import PLACE_PATHS, asked_of, bad_request, failure, is_server
from dialer.sandbox.behaviours import Phase
from dialer.sandbox.calls import Call
from dialer.sandbox.contract import Dialect, PushRequest, Refusal, Rejected
from dialer.sandbox.converting import Count, MaybeCount, MaybeTextList, Seconds, Text, one_of
from dialer.sandbox.exchange import Exchange
from dialer.sandbox.placing import place
from dialer.sandbox.plans import Asked
from dialer.sandbox.replies import RECORDING, json_reply
from dialer.sandbox.settings import AccountSettings

CALLS = "/api/v1/calls"
LOGIN = "/api/v1/auth/login"
#: So many failures on end are the last of which the server tries again.
NO_RETRIES_AFTER = 3


@dataclass(slots=True, kw_only=True)
class Settings(AccountSettings):
    """An Astradial organization. ``agents``: extensions that are registered."""

    reply_form: Annotated[str, one_of("page", "server")] = "page"
    failed_status: Count = 500
    row_parties: Annotated[str, one_of("as_asked", "customer")] = "as_asked"
    external_targets: MaybeTextList = None
    log_delay_seconds: Seconds = 0.0
    push_gives_up_after: MaybeCount = None
    # Of the server's form only.
    switch: Annotated[str, one_of("ok", "slow", *server.SWITCH_FAULTS)] = "ok"
    log_clock: Annotated[str, one_of(*server.AHEAD)] = "ist"
    org_api_key: Text = ""
    org_api_secret: Text = ""


@dataclass(slots=True)
class State:
    """The log, the failures of the webhook on end, and the tokens of log-ins.

    The hook is off for the settings it was switched off with.
    """

    log: CallLog = field(default_factory=CallLog)
    failures: int = 0
    off_for: Any = None
    tokens: set[str] = field(default_factory=set)


class Api(Dialect):
    """The Astradial API."""

    slug = "astradial"
    settings_class = Settings
    push_phases = frozenset(Phase)
    push_retry_seconds = (1.0, 5.0, 15.0, 60.0, 300.0)

    def prepare(self, settings: AccountSettings) -> Any:
        return dict(settings.push_headers)

    def new_state(self) -> Any:
        return State()

    async def handle(
        self, exchange: Exchange, account: Account, request: web.BaseRequest, path: str
    ) -> web.StreamResponse:
        if path in PLACE_PATHS and request.method == "POST":
            return await place(exchange, self, account, request)
        if path == LOGIN and request.method == "POST":
            return _log_in(account, await request.read())
        if _is_recording(request, path) and account.state.tokens & {request.headers.get("Authorization", "")}:
            return _question(exchange, account, request, path)
        try:
            _admit(account, request)
            _admit_to_recording(account, request, path)
        except Rejected as rejected:
            return rejected.reply
        if not account.throttle.admit(time()):
            return self.refused(account, Refusal.TOO_MANY)
        if request.method == "GET":
            return _question(exchange, account, request, path)
        if request.method == "POST" and path.startswith(f"{CALLS}/") and path.endswith("/hangup"):
            return _hang_up(exchange, account, path.split("/")[-2])
        return json_reply({"error": "Not found"}, 404)

    def reached(self, exchange: Exchange, call: Call, phase: Phase) -> None:
        log: CallLog = call.account.state.log
        is_ai, as_server = call.asked.details["is_ai"], is_server(call.account)
        # The server enters the AI only after the answer, and never fills its row in.
        if is_ai and phase is (Phase.ANSWERED if as_server else Phase.INITIATED):
            log.open(call)
        if phase is not Phase.ENDED or (is_ai and as_server):
            return
        delay = _settings(call.account).log_delay_seconds / exchange.time_factor
        if delay:
            exchange.loop.call_later(delay, lambda: log.close(call, time_factor=exchange.time_factor))
        else:
            log.close(call, time_factor=exchange.time_factor)

    def read(self, account: Account, request: web.BaseRequest, body: bytes) -> Asked:
        _admit(account, request)
        path = f"/{request.path.split('/', 3)[3]}"
        data = _object(body)
        asked = asked_of(account, path, data)
        wrong = bad_request(path, data)
        if wrong is not None:
            raise Rejected(wrong, asked)
        why = failure(account, asked)
        if why is not None:
            raise Rejected(_failed(account, why), asked)
        return asked

    def name_call(self, account: Account, call: Call) -> None:
        call.external_id = str(uuid4())
        call.token = f"{int(call.requested_at)}.{token_hex(4)}"

    def accepted(self, account: Account, call: Call) -> web.Response:
        if not is_server(account):
            return json_reply({"status": "success", "message": "Call initiated"})
        return _ordered(account)

    def refused(self, account: Account, refusal: Refusal) -> web.Response:
        if refusal is Refusal.NUMBER:
            return json_reply({"error": "Validation Error", "message": "to must be a phone number"}, 400)
        if refusal is Refusal.WITH_200:
            return json_reply({"status": "error", "message": "Failed to originate call: extension not registered"})
        if refusal is Refusal.BROKEN:
            return json_reply({"error": "Internal server error"}, 500)
        if refusal is Refusal.NOT_QUEUED:
            return web.Response(text="Bad Gateway", status=502)
        if refusal is Refusal.UNAVAILABLE:
            return json_reply({"error": "Service Unavailable", "message": "Call control service not available"}, 503)
        if refusal is Refusal.TOO_MANY:
            return json_reply({"error": "Too many requests"}, 429)
        # Beyond its limit the server's switch answers the call itself, and plays that all circuits are busy.
        return _ordered(account) if is_server(account) else _failed(account, "concurrent call limit reached")

    def told(self, call: Call, phase: Phase) -> tuple[Phase, ...]:
        return server.told(call, phase) if is_server(call.account) else (phase,)

    def retry_seconds(self, account: Account) -> tuple[float, ...]:
        if not is_server(account):
            return self.push_retry_seconds
        return () if account.state.failures >= NO_RETRIES_AFTER else self.push_retry_seconds[:2]

    def push(self, account: Account, call: Call, phase: Phase, attempt: int) -> PushRequest | None:
        if account.state.off_for is account.prepared:
            return None
        assert account.push_url is not None
        secret, as_server = account.settings.push_secret, is_server(account)
        headers, body = delivery(call, phase, attempt=attempt, secret=secret, is_server=as_server)
        return PushRequest(account.settings.push_method, account.push_url, {**headers, **account.prepared}, body)

    def pushed(self, account: Account, *, accepted: bool) -> None:
        state: State = account.state
        state.failures = 0 if accepted else state.failures + 1
        if state.failures >= (_settings(account).push_gives_up_after or (6 if is_server(account) else 10)):
            state.off_for, state.failures = account.prepared, 0

    def describe(self, account: Account) -> dict[str, Any]:
        return {"push_switched_off": account.state.off_for is account.prepared}


def _settings(account: Account) -> Settings:
    assert isinstance(account.settings, Settings)
    return account.settings


def _admit(account: Account, request: web.BaseRequest) -> None:
    if request.headers.get("X-API-Key") != account.settings.api_key:
        raise Rejected(json_reply({"error": "Unauthorized", "message": "Invalid API key"}, 401))


def _object(body: bytes) -> dict[str, Any]:
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Rejected(json_reply({"error": "Invalid JSON"}, 400)) from error
    if not isinstance(data, dict):
        raise Rejected(json_reply({"error": "Invalid JSON", "message": "Body must be an object"}, 400))
    return data


def _failed(account: Account, why: str) -> web.Response:
    settings = _settings(account)
    if settings.reply_form == "page":
        return json_reply({"status": "error", "message": f"Failed to originate call: {why}"}, settings.failed_status)
    return json_reply({"error": "Failed to initiate call via AMI", "details": why}, settings.failed_status)


def _ordered(account: Account) -> web.Response:
    """Return that the server has given its order to the switch, or gave up waiting for the switch after 5 s."""
    slow = _settings(account).switch == "slow"
    answer = {"timeout": True} if slow else {"response": "Success", "message": "Originate successfully queued"}
    return json_reply({"success": True, "message": "Click-to-call initiated", "response": answer})


def _log_in(account: Account, body: bytes) -> web.Response:
    settings, given = _settings(account), _object(body)
    wanted = (settings.org_api_key, settings.org_api_secret)
    if not all(wanted) or (given.get("api_key"), given.get("api_secret")) != wanted:
        return json_reply({"error": "Invalid credentials"}, 401)
    token = server.new_token()
    account.state.tokens.add(f"Bearer {token}")
    return json_reply({"token": token})


def _is_recording(request: web.BaseRequest, path: str) -> bool:
    return request.method == "GET" and path.startswith(f"{CALLS}/") and path.endswith("/recording")


def _admit_to_recording(account: Account, request: web.BaseRequest, path: str) -> None:
    """Refuse an API key for a recording where the organization has a log-in."""
    if _is_recording(request, path) and _settings(account).org_api_secret:
        raise Rejected(json_reply({"error": "No token provided"}, 401))


def _question(exchange: Exchange, account: Account, request: web.BaseRequest, path: str) -> web.Response:
    state: State = account.state
    if path == CALLS:
        account.look_up("call_poll" if request.query.get("to") else "log")
        return _log_page(account, request)
    if path == f"{CALLS}/live":
        account.look_up("capacity")
        live = [_live(call) for call in exchange.ledger.live.values() if call.account is account]
        return json_reply({"calls": live, "count": len(live)})
    if path in (f"{CALLS}/count", f"{CALLS}/stats"):
        account.look_up("log")
        answered = sum(row.status == "ANSWERED" for row in state.log.rows)
        figures = {"total_calls": len(state.log.rows), "answered_calls": answered}
        return json_reply({"count": len(state.log.rows), "statistics": figures})
    row_id, _, action = path.removeprefix(f"{CALLS}/").partition("/")
    row = state.log.rows[int(row_id) - 1] if row_id.isdecimal() and 0 < int(row_id) <= len(state.log.rows) else None
    if row is not None and action == "recording" and row.result is not None and row.result.answered_at is not None:
        return web.Response(body=RECORDING, content_type="audio/wav")
    return json_reply({"error": "Not found"}, 404)


def _log_page(account: Account, request: web.BaseRequest) -> web.Response:
    settings = _settings(account)
    try:
        if is_server(account):
            return json_reply(server.page(account.state.log, request.query, clock=settings.log_clock))
        found, total = account.state.log.find(request.query)
        offset, limit = page_of(request.query)
    except ValueError as error:
        return json_reply({"error": "Validation Error", "message": str(error)}, 400)
    rows = [row_as_json(row) for row in found]
    return json_reply({"data": rows, "total": total, "limit": limit, "offset": offset})


def _live(call: Call) -> dict[str, Any]:
    return {
        "call_id": call.external_id,
        "channel_id": call.token,
        "from_number": call.asked.details["from_number"],
        "to_number": call.asked.details["to_number"],
        "direction": "outbound",
        "status": "answered" if call.answered_at is not None else "ringing",
        "started_at": instant(call.started_at),
    }


def _hang_up(exchange: Exchange, account: Account, channel_id: str) -> web.Response:
    mine = (call for call in exchange.ledger.live.values() if call.account is account)
    call = next((call for call in mine if call.token == channel_id), None)
    if call is None:
        return json_reply({"error": "Failed to hang up call", "message": "Hangup operation failed"}, 500)
    exchange.hang_up(call)
    hangup = {"channel_id": channel_id, "reason": "normal"}
    return json_reply({"success": True, "message": "Call hung up successfully", "hangup": hangup})
