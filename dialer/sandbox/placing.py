"""A request to place a call: judged, taken or refused, and replied to as the plan drawn for it says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import time

from aiohttp import web

from dialer.sandbox.accounts import Account
from dialer.sandbox.behaviours import SILENT_FAULTS, Fault, Outcome
from dialer.sandbox.calls import Call
from dialer.sandbox.contract import Dialect, Refusal, Rejected
from dialer.sandbox.exchange import Exchange
from dialer.sandbox.plans import Asked
from dialer.sandbox.replies import GARBAGE_KINDS, garbage_reply

#: Real seconds that a reply waits for the push that should come before it.
EARLY_PUSH_SECONDS = 10.0

_REFUSALS = {
    Fault.REFUSE_NUMBER: Refusal.NUMBER,
    Fault.REFUSE_FULL: Refusal.FULL,
    Fault.REFUSE_429: Refusal.TOO_MANY,
    Fault.REFUSE_502: Refusal.NOT_QUEUED,
    Fault.REFUSE_503: Refusal.UNAVAILABLE,
    Fault.REFUSE_WITH_200: Refusal.WITH_200,
    Fault.HTTP_500: Refusal.BROKEN,
    Fault.HTTP_500_RANG: Refusal.BROKEN,
}


async def place(exchange: Exchange, dialect: Dialect, account: Account, request: web.BaseRequest) -> web.StreamResponse:
    """Answer a request to place a call, and write it into the ledger in every case."""
    body = await request.read()
    at = time()
    try:
        asked = dialect.read(account, request, body)
    except Rejected as rejected:
        call = exchange.ledger.request(account=account, asked=rejected.asked, plan=None, at=at)
        return _refuse(account, call, rejected.reply)
    return await place_asked(exchange, dialect, account, request, asked, at)


async def place_asked(
    exchange: Exchange, dialect: Dialect, account: Account, request: web.BaseRequest, asked: Asked, at: float
) -> web.StreamResponse:
    """Answer a correct request that asks for ``asked`` and arrived at ``at``."""
    plan = account.plan(asked)
    call = exchange.ledger.request(account=account, asked=asked, plan=plan, at=at)
    fault = plan.reply_fault
    if not account.throttle.admit(at):
        return _refuse(account, call, dialect.refused(account, Refusal.TOO_MANY))
    if fault not in SILENT_FAULTS:
        if account.active_hours is not None and not account.active_hours.contain(at):
            return _refuse(account, call, dialect.refused(account, Refusal.OUTSIDE_HOURS))
        if account.full:
            return _refuse(account, call, dialect.refused(account, Refusal.FULL))
        dialect.name_call(account, call)
        if plan.push_fault is Fault.PUSH_EARLY and account.push_url is not None:
            _shorten(exchange, call)
        if asked.starts_at is not None:
            exchange.begin_at(call, asked.starts_at)
        else:
            exchange.begin(call, at)
        if call.delivered is not None and call.started_at is not None:
            await _wait_for_push(call.delivered)
    else:
        account.refused += 1
        call.outcome = Outcome.REFUSED
    if plan.reply_delay_seconds:
        await asyncio.sleep(plan.reply_delay_seconds)
    if fault is None:
        reply = dialect.accepted(account, call)
        call.replied_status = reply.status
        return reply
    return await _reply_with_fault(dialect, account, call, request, fault)


def _refuse(account: Account, call: Call, reply: web.Response) -> web.Response:
    account.refused += 1
    call.outcome = Outcome.REFUSED
    call.replied_status = reply.status
    return reply


async def _reply_with_fault(
    dialect: Dialect, account: Account, call: Call, request: web.BaseRequest, fault: Fault
) -> web.StreamResponse:
    reply = await reply_with_fault(
        account,
        request,
        fault=fault,
        turn=call.row,
        accepted=lambda: dialect.accepted(account, call),
        refused=lambda refusal: dialect.refused(account, refusal),
    )
    if reply is None:
        return hang_up_connection(request)
    call.replied_status = reply.status
    return reply


async def reply_with_fault(
    account: Account,
    request: web.BaseRequest,
    *,
    fault: Fault,
    turn: int,
    accepted: Callable[[], web.Response],
    refused: Callable[[Refusal], web.Response],
) -> web.Response | None:
    """Return the reply that a fault leaves of the right one, ``accepted``; None: the connection is to be closed.

    ``refused`` words a refusal.
    """
    if fault in _REFUSALS:
        return refused(_REFUSALS[fault])
    if fault is Fault.GARBAGE_REPLY:
        return garbage_reply(account.settings.garbage_kind or GARBAGE_KINDS[turn % len(GARBAGE_KINDS)])
    if fault is Fault.SLOW_REPLY:
        await asyncio.sleep(account.settings.slow_reply_seconds)
        return accepted()
    if fault is Fault.TIMEOUT_RANG or fault is Fault.TIMEOUT_NOT_RANG:
        await asyncio.sleep(account.settings.timeout_seconds)
    return None


def hang_up_connection(request: web.BaseRequest) -> web.Response:
    """Close the connection without a reply; what is returned goes nowhere."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _shorten(exchange: Exchange, call: Call) -> None:
    """Make the call so short that its result can be pushed before the request is replied to."""
    assert call.plan is not None
    call.plan = call.plan._replace(
        agent_ring_seconds=0.0, ring_seconds=0.0, talk_seconds=0.02 * exchange.time_factor, push_delay_seconds=0.0
    )
    call.delivered = asyncio.Event()


async def _wait_for_push(delivered: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(delivered.wait(), EARLY_PUSH_SECONDS)
    except TimeoutError:
        return
