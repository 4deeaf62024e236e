"""The control API under /_sandbox: settings of accounts, the ledger, the verdict. Loopback only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from time import time
from typing import Any

import orjson
from aiohttp import web

from dialer.sandbox.carrier import Carrier, UnknownDialect
from dialer.sandbox.filling import fill_of
from dialer.sandbox.replies import json_reply
from dialer.sandbox.settings import BadSetting
from dialer.sandbox.verdict import summarize

PREFIX = "/_sandbox"
LEDGER_PAGE = 1000


class BadControl(ValueError):
    """The request to the control API cannot be understood."""


async def control(carrier: Carrier, request: web.BaseRequest, path: str) -> web.Response:
    """Answer a request to the control API; ``path`` is what follows /_sandbox."""
    if request.remote is None or not ip_address(request.remote).is_loopback:
        return json_reply({"error": "The control API answers on loopback only."}, 403)
    try:
        if path.startswith("/accounts/"):
            return await _account(carrier, request, path.removeprefix("/accounts/"))
        action = ACTIONS.get((request.method, path))
        if action is None:
            return json_reply({"error": f"No {request.method} {path} in the control API."}, 404)
        return await action(carrier, request)
    except (BadSetting, BadControl, UnknownDialect) as error:
        return json_reply({"error": str(error)}, 400)


async def _account(carrier: Carrier, request: web.BaseRequest, rest: str) -> web.Response:
    slug, _, name = rest.partition("/")
    if not name or "/" in name:
        raise BadControl("The path is /_sandbox/accounts/<slug>/<account>.")
    if request.method in ("PUT", "PATCH"):
        merge = request.method == "PATCH"
        account = carrier.configure(slug, name, await _object(request), merge=merge)
        return json_reply(account.settings.as_json())
    settings = carrier.settings_of(slug, name)
    if request.method != "GET" or settings is None:
        return json_reply({"error": "No such account."}, 404)
    return json_reply(settings.as_json())


async def _accounts(carrier: Carrier, request: web.BaseRequest) -> web.Response:
    return json_reply({"accounts": list(carrier.accounts), "dialects": list(carrier.dialects)})


async def _reset(carrier: Carrier, request: web.BaseRequest) -> web.Response:
    given = await _object(request)
    factor, seed = given.get("time_factor"), given.get("seed")
    if factor is not None and (not isinstance(factor, int | float) or factor <= 0):
        raise BadControl("time_factor must be a number above 0.")
    if seed is not None and not isinstance(seed, int):
        raise BadControl("seed must be a whole number.")
    carrier.reset(time_factor=factor, seed=seed)
    return json_reply({"time_factor": carrier.exchange.time_factor, "seed": carrier.seed})


async def _hangup_all(carrier: Carrier, request: web.BaseRequest) -> web.Response:
    most = (await _object(request)).get("most")
    if most is not None and (not isinstance(most, int) or most < 0):
        raise BadControl("most must be a whole number, 0 or more.")
    live = list(carrier.exchange.ledger.live.values())[:most]
    for call in live:
        carrier.exchange.hang_up(call)
    return json_reply({"ended": len(live)})


async def _ledger(carrier: Carrier, request: web.BaseRequest) -> web.Response:
    after = _number(request, "after", 0)
    rows = carrier.exchange.ledger.rows[after : after + _number(request, "limit", LEDGER_PAGE)]
    return json_reply([call.as_json() for call in rows])


async def _live(carrier: Carrier, request: web.BaseRequest) -> web.Response:
    return json_reply([call.as_json() for call in carrier.exchange.ledger.live.values()])


async def _summary(carrier: Carrier, request: web.BaseRequest) -> web.Response:
    pusher, accounts = carrier.pusher, carrier.accounts.values()
    verdict = summarize(ledger=carrier.exchange.ledger, accounts=accounts, dialects=carrier.dialects, at=time())
    verdict["pushes"] = {"pending": pusher.pending, "sent": pusher.sent, "refused": pusher.refused}
    return json_reply(verdict)


async def _fill(carrier: Carrier, request: web.BaseRequest) -> web.Response:
    given = await _object(request)
    try:
        key, limit = f"{given['slug']}/{given['account']}", int(given["limit"])
        intervals = [(float(start), float(end)) for start, end in given["intervals"]]
    except (KeyError, TypeError, ValueError) as error:
        raise BadControl("Give slug, account, limit and intervals [[start, end], ...] in Unix time.") from error
    now = time()
    spans = (
        (call.started_at, now if call.ended_at is None else call.ended_at)
        for call in carrier.exchange.ledger.rows
        if call.started_at is not None and call.account.key == key
    )
    try:
        return json_reply(fill_of(spans=spans, intervals=intervals, limit=limit).as_json())
    except ValueError as error:
        raise BadControl(str(error)) from error


async def _object(request: web.BaseRequest) -> dict[str, Any]:
    body = await request.read()
    try:
        data = orjson.loads(body) if body else {}
    except orjson.JSONDecodeError as error:
        raise BadControl("The body must be JSON.") from error
    if not isinstance(data, dict):
        raise BadControl("The body must be a JSON object.")
    return data


def _number(request: web.BaseRequest, name: str, default: int) -> int:
    given = request.query.get(name, "")
    if given and not given.isdecimal():
        raise BadControl(f"{name} must be a whole number, 0 or more.")
    return int(given) if given else default


ACTIONS: dict[tuple[str, str], Callable[[Carrier, web.BaseRequest], Awaitable[web.Response]]] = {
    ("GET", "/accounts"): _accounts,
    ("POST", "/reset"): _reset,
    ("POST", "/hangup_all"): _hangup_all,
    ("GET", "/ledger"): _ledger,
    ("GET", "/live"): _live,
    ("GET", "/summary"): _summary,
    ("POST", "/fill"): _fill,
}
