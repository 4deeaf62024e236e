"""Subscribers told by bare sockets: as many connections as ours to each, and bytes that were made before."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import httptools
import orjson
import uvloop


def told_per_second(*, ports: Sequence[int], entries: int, connections: int) -> float:
    """Tell each subscriber so many entries over so many connections; return how many a second."""
    bodies = [
        orjson.dumps({"id": entry, "event_id": str(uuid.uuid4()), "lead": {"id": entry}}) for entry in range(entries)
    ]
    requests = [
        b"POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
        % len(body)
        + body
        for body in bodies
    ]
    seconds = uvloop.run(_tell(ports, requests, connections))
    return entries * len(ports) / seconds


async def _tell(ports: Sequence[int], requests: Sequence[bytes], connections: int) -> float:
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    talks = []
    for port in ports:
        left = iter(requests)
        for _ in range(connections):
            _, talk = await loop.create_connection(lambda left=left: _Talk(left), "127.0.0.1", port)  # type: ignore[misc]
            talks.append(talk)
    await asyncio.gather(*(talk.over for talk in talks))
    return time.perf_counter() - began


class _Talk(asyncio.Protocol):
    """One connection: the next request leaves when the last one was answered."""

    def __init__(self, left: Iterator[bytes]) -> None:
        self._left = left
        self._parser = httptools.HttpResponseParser(self)
        self.over = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        asyncio.get_running_loop().call_soon(self._next)

    def _next(self) -> None:
        request = next(self._left, None)
        if request is not None:
            self._transport.write(request)
        elif not self.over.done():
            self._transport.close()
            self.over.set_result(None)
