"""VoxCore (AI bots) as its integration guide defines it: dial out, fleet health, key-mapped result push.

Facts: the provider's "API integration" page; statuses 403 and 429, the two meanings of 503 and the capacity replies are
from its public pages docs.vohci.com and docs.cxbridge.io.
"""

from __future__ import annotations

import asyncio
from secrets import token_hex
from time import time
from typing import Any

import orjson
from aiohttp import web

from dialer.sandbox.accounts import Account
from dialer.sandbox.behaviours import Fault, Phase
from dialer.sandbox.calls import Call
from dialer.sandbox.contract import Dialect, PushRequest, Refusal, Rejected
from dialer.sandbox.exchange import Exchange
from dialer.sandbox.placing import place
from dialer.sandbox.plans import Asked
from dialer.sandbox.replies import JSON_HEADERS, garbage_reply, json_reply
from dialer.sandbox.settings import AccountSettings
from dialer.sandbox.voxcore_fleet import Fleet, Settings, workers
from dialer.sandbox.voxcore_results import compile_key_map, resolve_key_map, result_record

DIALOUT_PATHS = frozenset({"/api/v1/dialout", "/api/v1/sip/dialout"})
NO_CAPACITY = "No healthy fleet server available"


class Api(Dialect):
    """The VoxCore API. Setting ``push_form``: ``key_map`` (default) or ``schema``, the guide's second result form."""

    slug = "voxcore"
    settings_class = Settings

    def prepare(self, settings: AccountSettings) -> Any:
        headers = {**JSON_HEADERS, **settings.push_headers}
        if settings.push_token:
            headers["Authorization"] = settings.push_token
        return compile_key_map(settings.key_map), headers

    def new_state(self) -> Fleet:
        return Fleet()

    def reached(self, exchange: Exchange, call: Call, phase: Phase) -> None:
        if phase is Phase.INITIATED:
            call.account.state.note(call.account.settings)
            call.account.state.calls.append(call)

    async def handle(
        self, exchange: Exchange, account: Account, request: web.BaseRequest, path: str
    ) -> web.StreamResponse:
        if path in DIALOUT_PATHS:
            if request.method != "POST":
                return json_reply({"detail": "Method Not Allowed"}, 405)
            return await place(exchange, self, account, request)
        if path in ("/health/fleet", "/health") and request.method == "GET":
            return await self._health(exchange, account, path)
        return json_reply({"detail": "Not Found"}, 404)

    def read(self, account: Account, request: web.BaseRequest, body: bytes) -> Asked:
        settings = account.settings
        if request.headers.get("X-API-Key") != settings.api_key:
            raise Rejected(_detail("Missing or invalid API key", 401))
        data = _object(body)
        asked = _asked(data, settings.reference_variable)
        errors = _errors(data)
        if errors:
            raise Rejected(_detail(errors, 422), asked)
        bot = data["bot_id"]
        if settings.bots is not None and bot not in settings.bots:
            raise Rejected(_detail("Bot not found", 404), asked)
        if settings.key_bots is not None and bot not in settings.key_bots:
            raise Rejected(_detail("API key is not permitted for this bot", 403), asked)
        return asked

    def name_call(self, account: Account, call: Call) -> None:
        name = token_hex(8)
        call.external_id = f"{name[:8]}-{name[8:]}"
        call.token = token_hex(8)

    def accepted(self, account: Account, call: Call) -> web.Response:
        return json_reply({"status": "ok", "call_id": call.external_id})

    def refused(self, account: Account, refusal: Refusal) -> web.Response:
        if refusal in (Refusal.NUMBER, Refusal.WITH_200):
            return _detail([_error("value_error", "to_number", "Value error, number cannot be called", None)], 422)
        if refusal is Refusal.BROKEN:
            return web.Response(text="Internal Server Error", status=500)
        if refusal is Refusal.NOT_QUEUED:
            return web.Response(text="Bad Gateway", status=502)
        if refusal is Refusal.OUTSIDE_HOURS:
            return _detail(f"outside_active_hours: bot is active {account.active_hours}", 503)
        if refusal is Refusal.TOO_MANY or (refusal is Refusal.FULL and account.settings.full_status == 429):
            return _detail("at_capacity", 429)
        return _detail(NO_CAPACITY, 503)

    def push(self, account: Account, call: Call, phase: Phase, attempt: int) -> PushRequest | None:
        assert account.push_url is not None
        key_map, headers = account.prepared
        values = result_record(call) if account.settings.push_form == "schema" else resolve_key_map(key_map, call)
        return PushRequest(account.settings.push_method, account.push_url, headers, orjson.dumps(values))

    async def _health(self, exchange: Exchange, account: Account, path: str) -> web.Response:
        account.look_up("capacity")
        fault = account.draw_capacity_fault()
        if fault is Fault.CAPACITY_503:
            return _detail("Service Unavailable", 503)
        if fault is Fault.CAPACITY_GARBAGE:
            return garbage_reply(account.settings.garbage_kind or "html")
        if fault is Fault.CAPACITY_SLOW:
            await asyncio.sleep(account.settings.capacity_delay_seconds)
        settings, fleet = account.settings, account.state
        assert isinstance(settings, Settings)
        fleet.note(settings)
        seen_at = time() - settings.fleet_lag_seconds / exchange.time_factor
        own, restarts = fleet.at(seen_at, transfer_every=settings.transfer_every)
        calls = own + settings.fleet_taken_by_others
        free = max(0, settings.fleet_max - calls)
        listed = workers(calls=calls, restarts=restarts, settings=settings)
        if path == "/health/fleet":
            return json_reply(
                {
                    "status": "ok",
                    "fleet_calls": calls,
                    "fleet_max": settings.fleet_max,
                    "fleet_available": free,
                    "workers": listed,
                }
            )
        return json_reply(
            {
                "status": "ok",
                "worker_calls": calls,
                "worker_max": settings.fleet_max,
                "total_capacity": settings.fleet_max,
                "total_available": free,
                "workers": listed,
            }
        )


def _detail(detail: Any, status: int) -> web.Response:
    return json_reply({"detail": detail}, status)


def _error(kind: str, field: str, message: str, given: Any) -> dict[str, Any]:
    return {"type": kind, "loc": ["body", field], "msg": message, "input": given}


def _object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in ``body``; raises Rejected with the 422 that FastAPI gives for anything else."""
    if not body:
        missing = {"type": "missing", "loc": ["body"], "msg": "Field required", "input": None}
        raise Rejected(_detail([missing], 422))
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        invalid = {"type": "json_invalid", "loc": ["body", error.pos], "msg": "JSON decode error", "input": {}}
        raise Rejected(_detail([{**invalid, "ctx": {"error": error.msg}}], 422)) from error
    if not isinstance(data, dict):
        message = "Input should be a valid dictionary or object to extract fields from"
        wrong = {"type": "model_attributes_type", "loc": ["body"], "msg": message, "input": data}
        raise Rejected(_detail([wrong], 422))
    return data


def _errors(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what FastAPI would have against a request body."""
    errors: list[dict[str, Any]] = []
    for field in ("bot_id", "to_number"):
        if field not in data:
            errors.append(_error("missing", field, "Field required", data))
        elif not isinstance(data[field], str):
            errors.append(_error("string_type", field, "Input should be a valid string", data[field]))
    if data.get("from_number") is not None and not isinstance(data["from_number"], str):
        errors.append(_error("string_type", "from_number", "Input should be a valid string", data["from_number"]))
    errors += [
        _error("dict_type", field, "Input should be a valid dictionary", data[field])
        for field in ("variables", "connected_event")
        if data.get(field) is not None and not isinstance(data[field], dict)
    ]
    if data.get("variables") is not None and data.get("connected_event") is not None:
        message = "Value error, send either variables or connected_event"
        errors.append({"type": "value_error", "loc": ["body"], "msg": message, "input": data, "ctx": {"error": {}}})
    return errors


def _asked(data: dict[str, Any], reference_variable: str) -> Asked:
    """Return what can be read of a request body, right or wrong. All variables become texts, nested ones JSON."""
    given = data.get("variables") or data.get("connected_event") or {}
    variables = {name: _as_text(value) for name, value in given.items()} if isinstance(given, dict) else {}
    return Asked(
        to_number=_as_text(data.get("to_number")),
        from_number=_as_text(data.get("from_number")),
        reference=variables.get(reference_variable, ""),
        variables=variables,
    )


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return orjson.dumps(value).decode() if isinstance(value, dict | list) else str(value)
