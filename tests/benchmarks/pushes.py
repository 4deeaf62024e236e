"""How many result pushes are taken in: authenticated, stored, committed, answered 200; over keep-alive connections."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import httptools
import orjson

from tests.benchmarks.arena import Arena, arena, cpu_seconds, postgres_pid

#: Pushes sent before it is measured.
WARMING = 500


def run(*, pushes: int, connections: int) -> dict[str, Any]:
    """Send ``pushes`` results of calls that nobody placed over ``connections`` connections; return the figures."""
    with arena(name="pushes") as ground:
        return measured(ground, pushes=pushes, connections=connections)


def measured(ground: Arena, *, pushes: int, connections: int) -> dict[str, Any]:
    """Do so on a running installation, of which the worker is stopped."""
    from campaigns.rehearsing.staging import Line, stage_account
    from webhooks.models import ProviderEvent

    stage = stage_account(
        ground.carrier, provider="voxcore", name="pushes", lines=[Line(number="+918000000001", limit=1)]
    )
    token = f"Bearer {stage.account.credentials['push_token']}"
    # The inbox is left to itself: what is measured is taking in, not applying.
    ground.stack.supervisor.stop("worker-1")
    row = sent(stage.account.push_url, token=token, pushes=pushes, connections=connections, web=_web(ground))
    stored = ProviderEvent.objects.count() - WARMING
    return {**row, "stored": stored, "lost": pushes - row["not_answered_200"] - stored}


def _web(ground: Arena) -> int:
    return ground.stack.supervisor.pid("web")


def sent(
    url: str, *, token: str, pushes: int, connections: int, web: int, bodies: Callable[[], bytes] | None = None
) -> dict[str, Any]:
    """Send pushes to a server of process ``web`` after some that warm it; return the figures of the sender."""
    asyncio.run(_send(url, token, WARMING, connections, bodies or _body))
    own, database = cpu_seconds([web]), cpu_seconds([postgres_pid()])
    started_seconds = time.monotonic()
    waits, refused = asyncio.run(_send(url, token, pushes, connections, bodies or _body))
    seconds = time.monotonic() - started_seconds
    own, database = cpu_seconds([web]) - own, cpu_seconds([postgres_pid()]) - database
    return {
        "pushes": pushes,
        "connections": connections,
        "per_second": round(pushes / seconds),
        "p50_ms": round(waits[len(waits) // 2] * 1000, 1),
        "p99_ms": round(waits[int(len(waits) * 0.99)] * 1000, 1),
        "cpu_seconds_per_1000": {
            "web": round(own * 1000 / pushes, 2),
            "postgresql": round(database * 1000 / pushes, 2),
        },
        "not_answered_200": refused,
    }


class _Talk(asyncio.Protocol):
    """One connection that sends one push after the other: little else than bytes, as the sender shares our cores."""

    def __init__(
        self, head: bytes, left: Iterator[int], waits: list[float], refused: list[int], bodies: Callable[[], bytes]
    ) -> None:
        self._head, self._left, self._waits, self._refused, self._bodies = head, left, waits, refused, bodies
        self._parser, self._began, self._transport = httptools.HttpResponseParser(self), 0.0, None
        self.ended = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._waits.append(time.perf_counter() - self._began)
        if self._parser.get_status_code() != 200:
            self._refused.append(self._parser.get_status_code())
        self._parser = httptools.HttpResponseParser(self)
        asyncio.get_running_loop().call_soon(self._next)

    def connection_lost(self, _error: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_result(None)

    def _next(self) -> None:
        transport: Any = self._transport
        if next(self._left, None) is None:
            transport.close()
            return
        body = self._bodies()
        self._began = time.perf_counter()
        transport.write(self._head + b"content-length: %d\r\n\r\n" % len(body) + body)


async def _send(
    url: str, token: str, pushes: int, connections: int, bodies: Callable[[], bytes]
) -> tuple[list[float], int]:
    """Send pushes; return how long each answer took, in seconds and sorted, and how many were refused or lost."""
    waits: list[float] = []
    refused: list[int] = []
    left = iter(range(pushes))
    there = urlsplit(url)
    head = (
        f"POST {there.path} HTTP/1.1\r\nhost: {there.netloc}\r\nauthorization: {token}\r\n"
        "content-type: application/json\r\n"
    ).encode()
    loop = asyncio.get_running_loop()
    assert there.hostname is not None
    assert there.port is not None
    made = [
        await loop.create_connection(
            lambda: _Talk(head, left, waits, refused, bodies), there.hostname or "", there.port or 80
        )
        for _ in range(connections)
    ]
    await asyncio.gather(*(talk.ended for _, talk in made))
    return sorted(waits), pushes - len(waits) + len(refused)


def _body() -> bytes:
    return orjson.dumps(
        {
            "dialer_reference": str(uuid.uuid4()),
            "call_id": str(uuid.uuid4()),
            "disconnected_by": "customer",
            "call_duration_seconds": "31.5",
            "recording_url": "https://recordings.example.com/a.wav",
            "transcript": '[{"speaker": "bot", "text": "Good morning, this is a reminder."}]',
        }
    )
