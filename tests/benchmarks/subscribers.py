"""Subscribers that answer after a while, in one process of their own, and note whether what came was in order, once."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

import httptools
import orjson

ANSWER_SECONDS = 0.01
_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


@dataclass(slots=True)
class Heard:
    """What one subscriber heard."""

    came: int = 0
    doubled: int = 0
    out_of_order: int = 0
    ids: set[str] = field(default_factory=set)
    latest: dict[int, int] = field(default_factory=dict)

    def note(self, body: bytes) -> None:
        """Note one delivery: the entries of a lead come in the order of the feed."""
        said = orjson.loads(body)
        lead, position = said["lead"]["id"], said["id"]
        self.came += 1
        self.doubled += said["event_id"] in self.ids
        self.out_of_order += position < self.latest.get(lead, 0)
        self.ids.add(said["event_id"])
        self.latest[lead] = max(position, self.latest.get(lead, 0))


class _Talk(asyncio.Protocol):
    """One connection. Only one request is on it at a time, as HTTP/1.1 clients do."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self._body = bytearray()
        self._parser = httptools.HttpRequestParser(self)
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        self._heard.note(bytes(self._body))
        self._body.clear()
        asyncio.get_running_loop().call_later(ANSWER_SECONDS, self._answer)

    def _answer(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(_ANSWER)


@contextmanager
def subscribers(many: int) -> Iterator[tuple[list[int], Connection]]:
    """Give the ports of so many subscribers; what is sent through the connection is answered by what they heard."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(many, theirs), daemon=True)
    process.start()
    try:
        yield ours.recv(), ours
    finally:
        process.terminate()
        process.join()


def _serve(many: int, asked: Connection) -> None:
    asyncio.run(_listen(many, asked))


async def _listen(many: int, asked: Connection) -> None:
    loop = asyncio.get_running_loop()
    heard = [Heard() for _ in range(many)]
    servers = [await loop.create_server(lambda one=one: _Talk(one), "127.0.0.1", 0, backlog=512) for one in heard]  # type: ignore[misc]
    asked.send([server.sockets[0].getsockname()[1] for server in servers])
    loop.add_reader(asked.fileno(), lambda: _answer(asked, heard))
    await asyncio.Event().wait()


def _answer(asked: Connection, heard: list[Heard]) -> None:
    if asked.recv():
        asked.send(_summed(heard))


def _summed(heard: list[Heard]) -> dict[str, int]:
    return {
        "came": sum(one.came for one in heard),
        "doubled": sum(one.doubled for one in heard),
        "out_of_order": sum(one.out_of_order for one in heard),
    }
