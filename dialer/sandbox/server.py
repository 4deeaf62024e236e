"""The HTTP server of the sandbox carrier: finds account and dialect by the path, and stops cleanly."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from dialer.sandbox.accounts import Account, LookupFault
from dialer.sandbox.behaviours import Fault
from dialer.sandbox.carrier import Carrier
from dialer.sandbox.control import PREFIX, control
from dialer.sandbox.placing import hang_up_connection
from dialer.sandbox.rehearsals import IS_CARRIER
from dialer.sandbox.replies import garbage_reply, json_reply

#: Real seconds that requests under way get when the server stops.
STOP_SECONDS = 0.5
#: So many may ask for a connection at one time.
BACKLOG = 4096


async def serve(
    *,
    host: str,
    port: int,
    listener: int | None = None,
    port_file: Path | None,
    time_factor: float,
    seed: int,
    accounts: Mapping[str, Mapping[str, Any]],
    stop_with_parent: bool,
) -> None:
    """Run the carrier until SIGTERM or SIGINT. ``port`` 0 takes a free one; ``port_file`` gets the port that it is.

    ``listener``: the number of an open socket that listens already, in place of ``host`` and ``port``.
    """
    carrier = Carrier(time_factor=time_factor, seed=seed)
    for key, settings in accounts.items():
        slug, _, name = key.partition("/")
        carrier.configure(slug, name, settings)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)  # rows of the ledger stay: looking at all of them again and again is waste
    runner = web.ServerRunner(web.Server(_handler(carrier), access_log=None), shutdown_timeout=STOP_SECONDS)
    await runner.setup()
    await _site(runner, host=host, port=port, listener=listener).start()
    if port_file is not None:
        _write_port(port_file, runner.addresses[0][1])
    try:
        await _until_stopped(stop_with_parent)
    finally:
        await runner.cleanup()
        await carrier.pusher.close()


def _site(runner: web.ServerRunner, *, host: str, port: int, listener: int | None) -> web.BaseSite:
    if listener is not None:
        return web.SockSite(runner, socket.socket(fileno=listener), backlog=BACKLOG)
    return web.TCPSite(runner, host, port, backlog=BACKLOG)


def _handler(carrier: Carrier) -> Any:
    accounts, dialects, exchange = carrier.accounts, carrier.dialects, carrier.exchange

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        path = request.path
        if path.startswith(PREFIX):
            return await control(carrier, request, path.removeprefix(PREFIX))
        _, slug, name, *rest = (*path.split("/", 3), "", "")[:4]
        account = accounts.get(f"{slug}/{name}")
        if account is None:
            return json_reply({"error": "No such sandbox account: PUT /_sandbox/accounts/<slug>/<account> first."}, 404)
        if not rest[0] and request.method == "GET":
            return json_reply(IS_CARRIER)
        try:
            return await dialects[slug].handle(exchange, account, request, f"/{rest[0]}")
        except LookupFault as failed:
            return await _failed_lookup(account, request, failed.fault)

    return handle


async def _failed_lookup(account: Account, request: web.BaseRequest, fault: Fault) -> web.Response:
    if fault is Fault.LOOKUP_503:
        return web.Response(text="Service Unavailable", status=503)
    if fault is Fault.LOOKUP_GARBAGE:
        return garbage_reply(account.settings.garbage_kind or "html")
    await asyncio.sleep(account.settings.timeout_seconds)
    return hang_up_connection(request)


def _write_port(path: Path, port: int) -> None:
    """Write the port so that no reader of the file sees half of it."""
    draft = path.with_name(f"{path.name}.new")
    draft.write_text(f"{port}\n")
    draft.replace(path)


async def _until_stopped(stop_with_parent: bool) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    parent = os.getppid()
    while not stopped.is_set():
        try:
            await asyncio.wait_for(stopped.wait(), 1.0 if stop_with_parent else None)
        except TimeoutError:
            if os.getppid() != parent:
                return
