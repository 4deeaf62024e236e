"""Intellicall (human agents, click to call) as its API reference 1.0 defines it: calls, status, legs, result push."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from secrets import token_hex
from time import time
from typing import Any
from uuid import uuid4

import orjson
from aiohttp import web

from dialer.sandbox.accounts import Account, number_key
from dialer.sandbox.behaviours import Outcome, Phase
from dialer.sandbox.calls import Call
from dialer.sandbox.contract import Dialect, PushRequest, Refusal, Rejected
from dialer.sandbox.exchange import Exchange
from dialer.sandbox.placing import place
from dialer.sandbox.plans import Asked
from dialer.sandbox.replies import JSON_HEADERS, RECORDING, json_reply

NUMBER = re.compile(r"(\+91)?\d{10}")
DEFAULT_RING_SECONDS = 30

#: ``call_status`` of a call that is over. The API has no word for an answering machine: it was answered.
STATUSES = {
    Outcome.ANSWERED: "ANSWER",
    Outcome.MACHINE: "ANSWER",
    Outcome.NO_ANSWER: "NO_ANSWER",
    Outcome.BUSY: "BUSY",
    Outcome.FAILED: "FAILED",
    Outcome.CANCELED: "CANCELED",
}


class Api(Dialect):
    """The Intellicall API. The intervals between the documented "up to 3 retries" of a push are not documented."""

    slug = "intellicall"
    push_retry_seconds = (1.0, 2.0, 4.0)

    def prepare(self, settings: Any) -> Any:
        return {**JSON_HEADERS, **settings.push_headers}

    async def handle(
        self, exchange: Exchange, account: Account, request: web.BaseRequest, path: str
    ) -> web.StreamResponse:
        method = request.method
        if path == "/calls" and method == "POST":
            return await place(exchange, self, account, request)
        if path == "/health" and method == "GET":
            return json_reply({"status": "success"})
        if path.startswith("/recordings/") and method == "GET":
            return _recording(exchange, account, path.removeprefix("/recordings/"))
        if path.startswith("/calls/"):
            return await self._one_call(exchange, account, request, path.removeprefix("/calls/"))
        return _failure("Not found", 404)

    def read(self, account: Account, request: web.BaseRequest, body: bytes) -> Asked:
        self._admit(account, request)
        data = _object(body)
        asked = _asked(data, f"http://{request.host}/{account.key}")
        problem = _problem(account, data)
        if problem:
            raise Rejected(_failure(problem, 400), asked)
        return asked

    def name_call(self, account: Account, call: Call) -> None:
        call.external_id = str(uuid4())
        call.token = f"crm_{token_hex(16)}.wav"

    def accepted(self, account: Account, call: Call) -> web.Response:
        return json_reply({"status": "success", "call_id": call.external_id, "message": "Call initiated"})

    def refused(self, account: Account, refusal: Refusal) -> web.Response:
        if refusal in (Refusal.NUMBER, Refusal.WITH_200):
            return _failure("Invalid to_number", 400)
        if refusal is Refusal.BROKEN:
            return _failure("Internal server error", 500)
        if refusal is Refusal.TOO_MANY:
            return _failure("Too many requests", 429)
        if refusal is Refusal.UNAVAILABLE:
            return _failure("Service unavailable", 503)
        return _failure("Telephony platform could not queue the call", 502)

    def push(self, account: Account, call: Call, phase: Phase, attempt: int) -> PushRequest | None:
        assert account.push_url is not None
        username = call.asked.details["crm_username"]
        body = {
            "call_id": call.external_id,
            "uuid": call.asked.reference,
            "status": _status(call),
            "duration": round(call.talk_seconds),
            "customer_number": call.asked.to_number,
            "crm_username": username,
            "call_type": "browser" if username else "phone",
            "disposition": "CRM_CALL",
            "recording_url": _recording_url(call),
            "start_time": _instant(call.started_at),
            "end_time": _instant(call.ended_at),
        }
        return PushRequest(account.settings.push_method, account.push_url, account.prepared, orjson.dumps(body))

    def _admit(self, account: Account, request: web.BaseRequest) -> None:
        if request.headers.get("Authorization") != f"Bearer {account.settings.api_key}":
            raise Rejected(_failure("Invalid or missing API key", 401))
        if account.settings.origin_forbidden:
            raise Rejected(_failure("Request origin not permitted for this account", 403))

    async def _one_call(
        self, exchange: Exchange, account: Account, request: web.BaseRequest, rest: str
    ) -> web.Response:
        try:
            self._admit(account, request)
            call_id, _, action = rest.partition("/")
            call = exchange.ledger.calls_of(account).get(call_id)
            if not action:
                account.look_up("call_poll")
            if call is None:
                return _failure("Call not found", 404)
            if request.method == "GET" and not action:
                return json_reply(_state(call, exchange.time_factor))
            if request.method == "POST" and action == "add-leg":
                return _add_leg(call, _object(await request.read()))
        except Rejected as rejected:
            return rejected.reply
        return _failure("Not found", 404)


def _failure(message: str, status: int) -> web.Response:
    return json_reply({"status": "error", "message": message}, status)


def _object(body: bytes) -> dict[str, Any]:
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Rejected(_failure("Body must be JSON", 400)) from error
    if not isinstance(data, dict):
        raise Rejected(_failure("Body must be a JSON object", 400))
    return data


def _asked(data: dict[str, Any], base_url: str) -> Asked:
    """Return what can be read of a request body, right or wrong."""
    username, phone = data.get("crm_username"), data.get("agent_number")
    ring = data.get("max_ring_time", DEFAULT_RING_SECONDS)
    return Asked(
        to_number=str(data.get("to_number") or ""),
        from_number=str(data.get("from_number") or ""),
        reference=str(data.get("uuid") or ""),
        agent=str(username or phone or ""),
        max_ring_seconds=ring if isinstance(ring, int) else DEFAULT_RING_SECONDS,
        agent_rings_first=True,
        details={"crm_username": username, "base_url": base_url},
    )


def _problem(account: Account, data: dict[str, Any]) -> str | None:
    """Return what is wrong with a request body, None if it is right."""
    for field in ("from_number", "to_number", "uuid"):
        if not isinstance(data.get(field), str) or not data[field]:
            return f"{field} is required"
    given = [data[field] for field in ("crm_username", "agent_number") if data.get(field)]
    if len(given) != 1 or not isinstance(given[0], str):
        return "Exactly one of crm_username and agent_number is required"
    if not NUMBER.fullmatch(data["to_number"]):
        return "to_number must be a 10-digit or +91 number"
    if not isinstance(data.get("recording", True), bool):
        return "recording must be a boolean"
    ring = data.get("max_ring_time", DEFAULT_RING_SECONDS)
    if isinstance(ring, bool) or not isinstance(ring, int) or ring < 1:
        return "max_ring_time must be an integer"
    if account.caller_ids is not None and number_key(data["from_number"]) not in account.caller_ids:
        return "Unrecognised caller-ID"
    if account.settings.agents is not None and given[0] not in account.settings.agents:
        return "Unknown agent"
    return None


def _instant(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _status(call: Call) -> str:
    if call.outcome is not None:
        return STATUSES[call.outcome]
    return "ANSWER" if call.answered_at is not None else "INITIATED"


def _recording_url(call: Call) -> str | None:
    return f"{call.asked.details['base_url']}/recordings/{call.token}" if call.answered_at is not None else None


def _recording(exchange: Exchange, account: Account, name: str) -> web.Response:
    # Rare enough to look through all calls: a table of tokens would cost memory on every call.
    calls = exchange.ledger.calls_of(account).values()
    if any(call.token == name and call.answered_at is not None for call in calls):
        return web.Response(body=RECORDING, content_type="audio/wav")
    return _failure("Not found", 404)


def _state(call: Call, time_factor: float) -> dict[str, Any]:
    talked = call.talk_seconds
    if call.live and call.answered_at is not None:
        talked = (time() - call.answered_at) * time_factor
    return {
        "status": "success",
        "call_id": call.external_id,
        "uuid": call.asked.reference,
        "call_status": _status(call),
        "duration": round(talked),
        "recording_url": _recording_url(call),
        "start_time": _instant(call.started_at),
        "end_time": _instant(call.ended_at),
        "legs": [
            {"role": "agent", "number": call.asked.agent, "status": _agent_leg(call)},
            {"role": "destination", "number": call.asked.to_number, "status": _customer_leg(call)},
            *({**leg, "status": "JOINED" if call.live else "LEFT"} for leg in call.legs or ()),
        ],
    }


def _agent_leg(call: Call) -> str:
    if call.ended_at is not None:
        return "FAILED" if call.outcome is Outcome.CANCELED and call.rang_at is None else "LEFT"
    return "JOINED" if call.rang_at is not None else "DIALING"


def _customer_leg(call: Call) -> str:
    if call.ended_at is not None:
        return "LEFT" if call.answered_at is not None else "FAILED"
    return "JOINED" if call.answered_at is not None else "DIALING"


def _add_leg(call: Call, data: dict[str, Any]) -> web.Response:
    number = data.get("number")
    if not isinstance(number, str) or not NUMBER.fullmatch(number):
        return _failure("number must be a 10-digit or +91 number", 400)
    if not call.live or call.answered_at is None:
        return _failure("Call is not active", 400)
    call.legs = call.legs or []
    call.legs.append({"role": "participant", "number": number})
    return json_reply({"status": "success", "message": "Leg queued", "leg_id": len(call.legs) + 2})
