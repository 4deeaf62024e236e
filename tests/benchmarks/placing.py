"""Placing alone: how fast one process sends small JSON POSTs and reads the replies, and what that costs in CPU.

The server is a process of its own and answers without delay. Beside our client, in the same run, plain
``httpx.AsyncClient`` with its default limits. Run as ``python -m tests.benchmarks.placing``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any, cast

import httptools
import httpx
import uvloop

from dialer.http.client import ProviderClient
from dialer.providers.base import ProviderRequest, json_body

BODY = json_body({"to": "+910000000000", "from": "+910000000001", "reference": "0" * 32, "variables": {"name": "A"}})
REPLY_BODY = json_body({"id": "CA" + "0" * 32, "status": "queued"})
REPLY = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(REPLY_BODY) + REPLY_BODY
)
#: Plain httpx is slower by orders of magnitude: a share of the requests says enough.
PLAIN_SHARE = 20

Send = Callable[[], Awaitable[None]]


class _Answering(asyncio.Protocol):
    """Answers every whole request at once."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._transport.write(REPLY)


async def _serve(port_out: Connection) -> None:
    server = await asyncio.get_running_loop().create_server(_Answering, "127.0.0.1", 0, backlog=1024)
    port_out.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _serve_in_process(port_out: Connection) -> None:
    uvloop.run(_serve(port_out))


@contextmanager
def _server() -> Iterator[str]:
    spawning = multiprocessing.get_context("spawn")
    port_in, port_out = spawning.Pipe(duplex=False)
    process = spawning.Process(target=_serve_in_process, args=(port_out,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{port_in.recv()}"
    finally:
        process.kill()
        process.join()


async def _measure(send: Send, *, requests: int, in_flight: int) -> dict[str, float]:
    """Return calls per second and CPU-seconds of this process per 1,000 calls, after a warm-up."""

    async def place(count: int) -> None:
        remaining = iter(range(count))

        async def one_after_another() -> None:
            for _ in remaining:
                await send()

        await asyncio.gather(*(one_after_another() for _ in range(in_flight)))

    await place(in_flight)
    wall, cpu = time.perf_counter(), time.process_time()
    await place(requests)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"calls_per_second": round(requests / wall, 1), "cpu_seconds_per_1000": round(cpu / requests * 1000, 3)}


async def _ours(base_url: str, *, requests: int, in_flight: int) -> dict[str, float]:
    client = ProviderClient(base_url=base_url, max_connections=in_flight)
    request = ProviderRequest(
        method="POST",
        path="/v1/calls",
        headers={"content-type": "application/json", "authorization": "Bearer benchmark"},
        body=BODY,
    )

    async def send() -> None:
        reply = await client.send(request, may_send=lambda: True)
        if reply.body != REPLY_BODY:
            raise RuntimeError("a reply is not the server's")

    try:
        return await _measure(send, requests=requests, in_flight=in_flight)
    finally:
        await client.aclose()


async def _plain(base_url: str, *, requests: int, in_flight: int) -> dict[str, float]:
    headers = {"content-type": "application/json", "authorization": "Bearer benchmark"}
    async with httpx.AsyncClient(base_url=base_url, trust_env=False, timeout=60) as client:

        async def send() -> None:
            (await client.post("/v1/calls", content=BODY, headers=headers)).raise_for_status()

        return await _measure(send, requests=requests, in_flight=in_flight)


def run(*, requests: int, in_flight: int) -> dict[str, Any]:
    """Measure and return the figures of our client, of plain httpx, and the ratio of their speeds."""
    with _server() as base_url:
        ours = uvloop.run(_ours(base_url, requests=requests, in_flight=in_flight))
        plain_requests = max(requests // PLAIN_SHARE, 1)
        plain = uvloop.run(_plain(base_url, requests=plain_requests, in_flight=in_flight))
    return {
        "requests": requests,
        "in_flight": in_flight,
        "ours": ours,
        "plain_httpx": plain | {"requests": plain_requests},
        "ratio": round(ours["calls_per_second"] / plain["calls_per_second"], 1),
    }


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--in-flight", type=int, default=200)
    chosen = parser.parse_args()
    print(json.dumps(run(requests=chosen.requests, in_flight=chosen.in_flight), indent=2))


if __name__ == "__main__":
    main()
