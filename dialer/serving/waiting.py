"""Replies that wait for what comes: nobody's thread waits for it, an idle connection does.

Django answers such a request as any other, with all that it asks of rights and keys. Where there is nothing yet, its
reply says so in a header: from which place on, and for how many seconds. That reply is dropped, and the request given
to Django again once there is more, or its time is up. One look a moment serves all who wait.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from typing import Any
from urllib.parse import parse_qsl, urlencode

import structlog

from dialer.serving.arriving import Receive, Scope, Send, arrived

log = structlog.get_logger(__name__)

#: In a reply to a request that may wait: the place that was read to, and the seconds that are left.
WAIT_HEADER = "Dialer-Wait"
_HEADER = WAIT_HEADER.lower().encode()
#: Pages whose readers may wait.
PAGE = "/api/v1/results/"
#: How often it is looked whether there is more, in seconds; only while somebody waits.
LOOK_SECONDS = 0.5

App = Callable[[Scope, Receive, Send], Awaitable[None]]


def may_wait(scope: Scope) -> bool:
    """Return whether a request asks to wait."""
    return scope["method"] == "GET" and scope["path"] == PAGE and b"wait=" in scope["query_string"]


class Waiting:
    """Those who wait at one process. For one event loop.

    `newest` returns how far the feed is; it reads the database, in a thread of `executor`.
    """

    def __init__(self, app: Any, *, executor: Executor, newest: Callable[[], int], most: int) -> None:
        self._app: App = app
        self._executor, self._newest, self._most = executor, newest, most
        self._count, self._position = 0, 0
        self._came: asyncio.Event | None = None
        self._look: asyncio.Task[None] | None = None

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> bool:
        """Answer a request, now or once there is something. False: nothing was sent, as too many wait already."""
        reply = _Reply(send)
        await self._app(scope, arrived(b""), reply)
        if reply.waits is None:
            return True
        if self._count >= self._most:
            return False
        self._count += 1
        gone: asyncio.Future[Any] = asyncio.ensure_future(_gone(receive))
        try:
            await self._wait(scope, reply.waits, gone, send)
        finally:
            self._count -= 1
            gone.cancel()
        return True

    async def _wait(self, scope: Scope, waits: tuple[int, float], gone: asyncio.Future[Any], send: Send) -> None:
        ends_at = asyncio.get_running_loop().time() + waits[1]
        position = waits[0]
        while not gone.done():
            left = ends_at - asyncio.get_running_loop().time()
            is_over = left <= 0 or not await self._more(position, left, gone)
            if gone.done():
                return
            # With nothing left to wait for it is answered whatever there is.
            reply = _Reply(send)
            await self._app(_asked_again(scope, position, 0 if is_over else max(1, round(left))), arrived(b""), reply)
            if reply.waits is None:
                return
            if reply.waits[0] == position:  # what was seen is gone again: never asked without a pause
                await asyncio.sleep(LOOK_SECONDS)
            position = reply.waits[0]

    async def _more(self, position: int, seconds: float, gone: asyncio.Future[Any]) -> bool:
        """Return whether there is more than ``position``, as soon as there is, after ``seconds`` at the latest."""
        ends_at = asyncio.get_running_loop().time() + seconds
        while self._position <= position:
            left = ends_at - asyncio.get_running_loop().time()
            if left <= 0 or gone.done():
                return False
            came: asyncio.Future[Any] = asyncio.ensure_future(self._event().wait())
            await asyncio.wait({came, gone}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            came.cancel()
        return True

    def _event(self) -> asyncio.Event:
        """Return what tells of the next look that finds more; have somebody look, if nobody does."""
        if self._came is None:
            self._came = asyncio.Event()
        if self._look is None or self._look.done():
            self._look = asyncio.ensure_future(self._looking())
        return self._came

    async def _looking(self) -> None:
        while self._count:
            found = self._position
            try:
                found = await asyncio.get_running_loop().run_in_executor(self._executor, self._newest)
            except Exception:  # the database is away: they are answered by Django once their time is up
                log.warning("the feed was not looked at", exc_info=True)
            if found > self._position:
                self._position = found
                came, self._came = self._came, None
                if came is not None:
                    came.set()
            await asyncio.sleep(LOOK_SECONDS)


class _Reply:
    """A `send` that drops a reply which says to wait, and keeps what it says."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.waits: tuple[int, float] | None = None

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            said = next((bytes(value) for name, value in message["headers"] if bytes(name).lower() == _HEADER), None)
            if said is not None:
                position, seconds = said.split()
                self.waits = int(position), float(seconds)
        if self.waits is None:
            await self._send(message)


def _asked_again(scope: Scope, position: int, seconds: int) -> Scope:
    """Return the request as of the place that was read to, with what is left of its time."""
    query = [
        (name, value)
        for name, value in parse_qsl(scope["query_string"].decode("ascii", "replace"), keep_blank_values=True)
        if name not in ("after", "wait")
    ]
    asked = urlencode([*query, ("after", str(position)), ("wait", str(seconds))])
    return {**scope, "query_string": asked.encode()}


async def _gone(receive: Receive) -> None:
    """Return when the reader has left."""
    with contextlib.suppress(Exception):
        while (await receive())["type"] != "http.disconnect":
            pass
