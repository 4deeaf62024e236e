"""A dialer of bare sockets: it stores nothing, and places the next call the instant the last one has ended."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any
from urllib.parse import urlsplit

import httptools
import orjson
import uvloop

_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
LONGEST_SECONDS = 120.0


@dataclass(frozen=True, kw_only=True)
class Order:
    """What to call: so many numbers, at most ``limit`` at a time, by the account's API at ``base_url``."""

    base_url: str
    api_key: str
    did: str
    calls: int
    limit: int


@contextmanager
def bare_dialer() -> Iterator[tuple[str, Connection]]:
    """Give where it takes pushes, and a connection: an Order sent is answered with its CPU seconds when it is done."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}/", ours
    finally:
        process.terminate()
        process.join()


def _serve(asked: Connection) -> None:
    uvloop.run(_listen(asked))


async def _listen(asked: Connection) -> None:
    loop = asyncio.get_running_loop()
    dialer = _Dialer()
    server = await loop.create_server(lambda: _Pushes(dialer), "127.0.0.1", 0, backlog=1024)
    asked.send(server.sockets[0].getsockname()[1])
    while True:
        order = await loop.run_in_executor(None, asked.recv)
        began = time.process_time()
        await asyncio.wait_for(dialer.run(order), LONGEST_SECONDS)
        asked.send(time.process_time() - began)


class _Dialer:
    """Knows which connections are free and how many calls are left: nothing else is needed."""

    def __init__(self) -> None:
        self.free: list[_Places] = []
        self._waiting = 0

    async def run(self, order: Order) -> None:
        """Call them all, and return when the last one has ended."""
        loop = asyncio.get_running_loop()
        there = urlsplit(order.base_url)
        self._order, self._left, self._open = order, order.calls, order.calls
        self._over = loop.create_future()
        self._head = (
            f"POST {there.path}/api/v1/dialout HTTP/1.1\r\nhost: {there.netloc}\r\n"
            f"content-type: application/json\r\nx-api-key: {order.api_key}\r\n"
        ).encode()
        made = [
            await loop.create_connection(lambda: _Places(self), there.hostname or "", there.port or 80)
            for _ in range(order.limit)
        ]
        self.free = [places for _, places in made]
        for _ in range(min(order.limit, order.calls)):
            self._place()
        await self._over
        for transport, _ in made:
            transport.close()

    def ended(self) -> None:
        """Take in that a call has ended."""
        self._open -= 1
        if self._left:
            self._place()
        elif not self._open and not self._over.done():
            self._over.set_result(None)

    def answered(self, places: _Places) -> None:
        """Take in that a connection is free again."""
        self.free.append(places)
        if self._waiting:
            self._waiting -= 1
            self._send()

    def _place(self) -> None:
        self._left -= 1
        if self.free:
            self._send()
        else:
            self._waiting += 1

    def _send(self) -> None:
        number = f"+91{9_100_000_000 + self._order.calls - self._left}"
        body = orjson.dumps({"bot_id": "b", "to_number": number, "from_number": self._order.did})
        self.free.pop().write(self._head + b"content-length: %d\r\n\r\n" % len(body) + body)


class _Places(asyncio.Protocol):
    """One connection to the carrier, on which one request is under way at a time."""

    def __init__(self, dialer: _Dialer) -> None:
        self._dialer = dialer
        self._parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: Any) -> None:
        self.write = transport.write

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        if self._parser.get_status_code() != 200:
            raise RuntimeError("the carrier refused a call")
        self._parser = httptools.HttpResponseParser(self)
        self._dialer.answered(self)


class _Pushes(asyncio.Protocol):
    """One connection on which the carrier tells of ends."""

    def __init__(self, dialer: _Dialer) -> None:
        self._dialer = dialer
        self._parser = httptools.HttpRequestParser(self)

    def connection_made(self, transport: Any) -> None:
        self._write = transport.write

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._write(_ANSWER)
        self._dialer.ended()
