"""Readers of a web process, as its server hands them over, and the front that answers them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import orjson
import pytest
from django.contrib.auth.models import User
from django.db import connections

from dialer import asgi
from tests.api.conftest import key_of

THREADS = 2
Front = Callable[[Any, Any, Any], Awaitable[None]]


class Reader:
    """Somebody who asks, and may leave."""

    def __init__(
        self,
        front: Front,
        key: str,
        path: str = "/api/v1/results/",
        query: str = "after=0&wait=30",
        method: str = "GET",
        **headers: str,
    ) -> None:
        self.status, self.body, self.headers = 0, b"", dict[str, str]()
        self._left = asyncio.Event()
        self._told = False
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [
                (b"host", b"127.0.0.1"),
                (b"authorization", f"Bearer {key}".encode()),
                *((name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()),
            ],
            "client": ("127.0.0.1", 5),
            "server": ("127.0.0.1", 8000),
        }
        self.task = asyncio.ensure_future(front(scope, self._receive, self._send))

    def leave(self) -> None:
        self._left.set()

    async def _receive(self) -> dict[str, Any]:
        if not self._told:
            self._told = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {bytes(name).decode(): bytes(value).decode() for name, value in message["headers"]}
        else:
            self.body += message.get("body", b"")

    async def answer(self) -> dict[str, Any]:
        """Return the reply's body; it has to come."""
        await asyncio.wait_for(self.task, 20)
        found: dict[str, Any] = orjson.loads(self.body)
        return found


@pytest.fixture
def key(settings: Any) -> Iterator[str]:
    settings.DIALER_MOST_WAITING = 20
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    settings.DIALER_REQUESTS_PER_MINUTE = 0
    yield key_of(User.objects.create_superuser("root"))
    connections.close_all()


def run(test: Callable[[Front], Awaitable[None]]) -> None:
    """Run a test against the front of a web process with few threads."""

    async def with_front() -> None:
        front: Any = asgi._front(web_threads=THREADS)
        try:
            await asyncio.wait_for(test(front), 60)
        finally:
            # Each thread has a connection of its own, which would keep the database from being dropped.
            together = threading.Barrier(THREADS)

            def close() -> None:
                together.wait(timeout=10)
                connections.close_all()

            loop = asyncio.get_running_loop()
            await asyncio.gather(*(loop.run_in_executor(front._web.executor, close) for _ in range(THREADS)))
            front._web.executor.shutdown(wait=True)
            front._pushes.executor.shutdown(wait=True)

    asyncio.run(with_front())
