"""IVR Solutions as its public OpenAPI 3.0.3 document defines it: all 66 operations, its logs and hosted dialers.

Success is in the body's ``status``. What the document leaves open is a setting: fields and signature of pushes, where
an id of a call is, in which log a call appears. The parts are in ``dialer.sandbox.ivrsolutions``.
"""

from __future__ import annotations

import inspect
from time import time
from typing import Any

from aiohttp import web

from dialer.sandbox.accounts import Account
from dialer.sandbox.behaviours import Phase
from dialer.sandbox.calls import Call
from dialer.sandbox.contract import Dialect, PushRequest, Refusal, Rejected
from dialer.sandbox.exchange import Exchange
from dialer.sandbox.ivrsolutions import dialers, lists, logs, noting, people  # noqa: F401 (they register their operations)
from dialer.sandbox.ivrsolutions.answers import error, refused
from dialer.sandbox.ivrsolutions.asking import OPERATIONS, Ask
from dialer.sandbox.ivrsolutions.dialing import (
    DIAL_OPERATIONS,
    accepted_body,
    asked_of,
    name_call,
    problem,
    starting_at,
)
from dialer.sandbox.ivrsolutions.fields import BadBody, fields_of
from dialer.sandbox.ivrsolutions.hosted import ended, pump
from dialer.sandbox.ivrsolutions.pushes import delivery
from dialer.sandbox.ivrsolutions.records import RECORDINGS, Record, recording_of
from dialer.sandbox.ivrsolutions.settings import Settings, settings_of
from dialer.sandbox.ivrsolutions.state import State
from dialer.sandbox.placing import hang_up_connection, place
from dialer.sandbox.plans import Asked
from dialer.sandbox.replies import json_reply

#: Operations on templates and agents that change something; their replies can get lost, see ``unclear_changes``.
CHANGES = frozenset(
    {
        ("POST", "/api/create_text_template"),
        ("POST", "/api/enable_disable_users"),
        ("POST", "/api/set_expiry"),
        ("POST", "/ivrappv2/addagent"),
        ("POST", "/api/add_group_user"),
    }
)
#: Look-ups whose query ``token`` the document requires.
BY_QUERY_TOKEN = frozenset({("GET", "/api/calllog_by_number"), ("GET", "/api/c2clog_by_number")})
INVALID_TOKEN = "Invalid or missing API token"  # noqa: S105 (a message)


class Api(Dialect):
    """The IVR Solutions API. The pauses of its pushes' "up to 5 attempts with backoff" are not documented."""

    slug = "ivrsolutions"
    settings_class = Settings
    push_phases = frozenset(Phase)
    push_retry_seconds = (1.0, 2.0, 4.0, 8.0)

    def new_state(self) -> Any:
        return State()

    async def handle(
        self, exchange: Exchange, account: Account, request: web.BaseRequest, path: str
    ) -> web.StreamResponse:
        account.state.base_url = f"http://{request.host}/{account.key}"
        route = request.method, _path(request.method, path)
        if request.method == "GET" and path.startswith(RECORDINGS):
            return _recording(account, path.removeprefix(RECORDINGS))
        if route in DIAL_OPERATIONS:
            return await place(exchange, self, account, request)
        if route not in OPERATIONS:
            return error(account, 404, "Not found")
        handler, required = OPERATIONS[route]
        try:
            fields = fields_of(request, await request.read())
        except BadBody as bad:
            return error(account, 400, str(bad))
        if not _is_admitted(account, request, fields):
            return error(account, 401, INVALID_TOKEN)
        if route in BY_QUERY_TOKEN and settings_of(account).look_ups_admit == "query" and "token" not in request.query:
            return error(account, settings_of(account).look_up_refusal, "token is required", numeric=True)
        if route[1] in settings_of(account).refused_logs:
            return error(account, 403, "Access to this log is not allowed", numeric=True)
        if not account.throttle.admit(time()):
            return refused(account, Refusal.TOO_MANY)
        missing = [name for name in required if name not in fields]
        if missing:
            return error(account, 400, f"{missing[0]} is required")
        if route in CHANGES:
            changes = account.state.catalog.changes
            changes[route[1]] = changes.get(route[1], 0) + 1
            if settings_of(account).unclear_changes == "not_done":
                return hang_up_connection(request)
        reply = handler(Ask(exchange=exchange, account=account, request=request, fields=fields))
        if route in CHANGES and settings_of(account).unclear_changes == "done":
            return hang_up_connection(request)
        return await reply if inspect.isawaitable(reply) else reply

    def read(self, account: Account, request: web.BaseRequest, body: bytes) -> Asked:
        path = _path(request.method, f"/{request.path.split('/', 3)[3]}")
        operation = DIAL_OPERATIONS[request.method, path]
        is_click = operation.reply == "logid"
        try:
            fields = fields_of(request, body)
        except BadBody as bad:
            raise Rejected(error(account, 400, str(bad))) from bad
        if not _is_admitted(account, request, fields):
            raise Rejected(error(account, 401, "Token Invalid" if is_click else INVALID_TOKEN, numeric=is_click))
        asked = asked_of(account, path, operation, fields)
        wrong = problem(account, operation, fields, asked)
        if wrong is not None:
            raise Rejected(error(account, *wrong, numeric=is_click), asked)
        try:
            return asked._replace(starts_at=starting_at(asked))
        except ValueError as bad:
            raise Rejected(error(account, 400, str(bad)), asked) from bad

    def name_call(self, account: Account, call: Call) -> None:
        name_call(account, call)

    def accepted(self, account: Account, call: Call) -> web.Response:
        return json_reply(accepted_body(account, call))

    def refused(self, account: Account, refusal: Refusal) -> web.Response:
        return refused(account, refusal)

    def reached(self, exchange: Exchange, call: Call, phase: Phase) -> None:
        if phase is Phase.INITIATED and settings_of(call.account).record_ids_at_start:
            call.legs = [{"record_id": _next_id(call)}]
        if phase is not Phase.ENDED:
            return
        if "dialer_id" in call.asked.details:
            ended(exchange, call)
        delay = settings_of(call.account).log_delay_seconds / exchange.time_factor
        if delay:
            exchange.loop.call_later(delay, _record, call, call.account.state)
        else:
            _record(call, call.account.state)
        for dialer in call.account.state.dialers.values():
            pump(exchange, call.account, dialer)

    def push(self, account: Account, call: Call, phase: Phase, attempt: int) -> PushRequest | None:
        assert account.push_url is not None
        headers, body = delivery(account, call, phase)
        return PushRequest(account.settings.push_method, account.push_url, headers, body)

    def describe(self, account: Account) -> dict[str, Any]:
        catalog = account.state.catalog
        return {
            "dialers": {str(dialer.id): dialer.figures() for dialer in account.state.dialers.values()},
            "templates": {name: one.status() for name, one in catalog.templates.items()},
            "agents": {extension: one["status"] for extension, one in catalog.agents.items()},
            "changes": dict(catalog.changes),
        }


def _path(method: str, path: str) -> str:
    """Return the path under which an operation is documented: most are there under /v1 as well as under /api."""
    route = method, path
    if path.startswith("/v1/") and route not in OPERATIONS and route not in DIAL_OPERATIONS:
        return f"/api/{path.removeprefix('/v1/')}"
    return path


def _recording(account: Account, name: str) -> web.Response:
    body = recording_of(account, name)
    return web.Response(body=body, content_type="audio/mpeg") if body else web.Response(text="Not Found", status=404)


def _is_admitted(account: Account, request: web.BaseRequest, fields: dict[str, Any]) -> bool:
    """Return whether the token is right, in the header or as a field; one that is given in both must be right twice."""
    key, header = account.settings.api_key, request.headers.get("Authorization")
    given = [text for text in (header and header.removeprefix("Bearer "), fields.get("token")) if text]
    return bool(given) and all(text == key for text in given)


def _next_id(call: Call) -> int:
    state: State = call.account.state
    return state.records.next_id(call.asked.details["category"])


def _record(call: Call, state: State) -> None:
    """Write a call that is over into the log of its category."""
    record_id = call.legs[0]["record_id"] if call.legs else _next_id(call)
    entry = call.asked.details.get("entry")
    attempts = 1 if entry is None else entry.attempts + 1
    state.records.add(Record(call.asked.details["category"], record_id, call, attempts))
