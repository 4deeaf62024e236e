"""The front of the web server: a thread is taken for a request when its body is there, never before.

Django runs in threads, and a thread that waits for a sender is lost to all others. So bodies are waited for here, on
the event loop, where thousands wait without harm; of pushes only after their address was judged. Pushes have threads of
their own: a busy admin keeps none waiting, and the other way round.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
import structlog

from dialer.serving.arriving import BodyBrokenOff, Held, HeldTooMuch, Receive, Scope, Send, arrived, unread, within
from dialer.serving.leaving import READER, Reader, Threads
from dialer.serving.problems import PROBLEM_JSON, problem_of
from dialer.serving.waiting import Waiting, may_wait

log = structlog.get_logger(__name__)

#: Bodies up to this many bytes are read before a thread is taken: of strangers no larger one is taken at all.
SMALL_BYTES = 64 * 1024
#: What a larger body may take on top of the deadline of small ones: a line of one megabit a second is waited for.
SLOWEST_BYTES_PER_SECOND = 125_000
_PUSH = re.compile(r"/*push/")
_HEALTH = "/api/v1/health/"
_REST = "/api/"


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is answered here, before Django: status, our code in REST, and a sentence."""

    status: int
    code: str
    message: str
    retry_after_seconds: int = 0


NOT_HERE = Refusal(404, "not_found", "Only pushes are taken here; all else is at the web process.")
TOO_MANY_WAIT = Refusal(503, "unavailable", "Too many wait for what comes already. Come again, or ask without wait.", 5)
NOT_IN_TIME = Refusal(408, "broken_off", "The body took too long to arrive. Send it again.")
TOO_MUCH = Refusal(503, "unavailable", "Too much is being sent at this moment. Send it again.", 5)
BROKE_OFF = Refusal(408, "broken_off", "The body broke off. Send it again.")


class Shortcut(Protocol):
    """Takes ordinary pushes."""

    def is_known(self, scope: Scope) -> bool:
        """Return whether the address of a push is known to be right, without asking anybody."""

    async def take(self, scope: Scope, body: bytes) -> tuple[int, bytes, tuple[tuple[bytes, bytes], ...]] | None:
        """Return status, body and headers of the answer; None: it is not for this way, and nothing was done."""


class Front:
    """An ASGI application over Django's WSGI application.

    `judge` says of the path of a push whether its body is wanted; it may read the database. What `shortcut` makes of
    the threads for pushes takes ordinary ones without Django. `newest` tells how far the feed is, for those who wait
    for what comes, `most_waiting` at a time. Without `web_threads` it is the inbox: pushes and the
    question whether it lives are answered, nothing else.
    """

    def __init__(
        self,
        wsgi: Callable[..., Any],
        *,
        judge: Callable[[str], bool],
        shortcut: Callable[[Executor], Shortcut],
        newest: Callable[[], int],
        most_waiting: int,
        web_threads: int,
        push_threads: int,
        most_push_bytes: int,
        body_seconds: float,
    ) -> None:
        self._judge = judge
        self._web = Threads(wsgi, workers=web_threads) if web_threads else None
        self._pushes = Threads(wsgi, workers=push_threads)
        self._shortcut = shortcut(self._pushes.executor)
        self._most_push_bytes, self._body_seconds = most_push_bytes, body_seconds
        self._held = Held()
        self._waiting = (
            Waiting(self._web, executor=self._web.executor, newest=newest, most=most_waiting) if self._web else None
        )
        # Larger bodies are read by the threads themselves, as their size is a matter of rights: of half of them.
        self._large = asyncio.Semaphore(max(1, web_threads // 2))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        # Django reads X_Real_Ip as X-Real-Ip: a client that writes it so poses as the proxy.
        scope["headers"] = [(name, value) for name, value in scope["headers"] if b"_" not in name]
        reader = scope[READER] = Reader(receive, send)
        send = reader.send
        if _PUSH.match(scope["path"]):
            await self._push(scope, receive, send)
        elif self._web is not None:
            await self._page(self._web, scope, receive, send)
        elif scope["path"] == _HEALTH:
            await self._pushes(scope, unread, send)
        else:
            await _refuse(scope, send, NOT_HERE)

    async def _push(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body where the address is right. Else the view refuses it, and nothing is read."""
        if not (wanted := self._shortcut.is_known(scope)):
            loop = asyncio.get_running_loop()
            with contextlib.suppress(Exception):  # the view comes upon the same and answers 503
                wanted = await loop.run_in_executor(self._pushes.executor, self._judge, scope["path"])
        if not wanted or _length(scope) > self._most_push_bytes:
            await self._pushes(scope, unread, send)
            return
        await self._buffered(self._ordinary, scope, receive, send, most_bytes=self._most_push_bytes)

    async def _ordinary(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a push that has arrived to the short way, and what is not for it to Django."""
        body = (await receive())["body"]
        answer = await self._shortcut.take(scope, body)
        if answer is None:
            await self._pushes(scope, arrived(body), send)
        else:
            await _answer(send, *answer)

    async def _page(self, pool: Threads, scope: Scope, receive: Receive, send: Send) -> None:
        length = _length(scope)
        if length == 0 and self._waiting is not None and may_wait(scope):
            if not await self._waiting.answer(scope, receive, send):
                await _refuse(scope, send, TOO_MANY_WAIT)
        elif length == 0:  # in chunks, too: Django refuses those
            await pool(scope, unread if _in_chunks(scope) else arrived(b""), send)
        elif length <= SMALL_BYTES:
            await self._buffered(pool, scope, receive, send, most_bytes=SMALL_BYTES)
        else:
            seconds = self._body_seconds + length / SLOWEST_BYTES_PER_SECOND
            async with self._large:
                await pool(scope, within(receive, seconds=seconds), send)

    async def _buffered(
        self, pool: Callable[..., Awaitable[None]], scope: Scope, receive: Receive, send: Send, *, most_bytes: int
    ) -> None:
        try:
            body = await self._held.read(receive, most_bytes=most_bytes, seconds=self._body_seconds)
        except TimeoutError:
            log.warning("body not sent in time", seconds=self._body_seconds, length=_length(scope))
            await _refuse(scope, send, NOT_IN_TIME)
        except HeldTooMuch:
            log.warning("too many bodies at one time")
            await _refuse(scope, send, TOO_MUCH)
        except BodyBrokenOff:
            await _refuse(scope, send, BROKE_OFF)
        else:
            await pool(scope, arrived(body), send)


def _header(scope: Scope, wanted: bytes) -> bytes:
    return next((bytes(value) for name, value in scope["headers"] if name == wanted), b"")


def _length(scope: Scope) -> int:
    given = _header(scope, b"content-length")
    return int(given) if given.isdigit() else 0


def _in_chunks(scope: Scope) -> bool:
    return bool(_header(scope, b"transfer-encoding"))


async def _refuse(scope: Scope, send: Send, refusal: Refusal) -> None:
    """Answer without Django, in the form that the address has for what goes wrong."""
    headers: list[tuple[bytes, bytes]] = [(b"connection", b"close")]
    if refusal.retry_after_seconds:
        headers.append((b"retry-after", str(refusal.retry_after_seconds).encode()))
    kind, said = "application/json", dict[str, Any](status="error", message=refusal.message)
    if scope["path"].startswith(_REST):
        error = {"code": refusal.code, "message": refusal.message, "fields": []}
        said = {"error": error}
        if PROBLEM_JSON.encode() in _header(scope, b"accept"):
            kind, said = PROBLEM_JSON, problem_of(error, status=refusal.status, path=scope["path"])
    await _answer(send, refusal.status, orjson.dumps(said), tuple(headers), kind=kind)


async def _answer(
    send: Send,
    status: int,
    body: bytes,
    headers: tuple[tuple[bytes, bytes], ...],
    *,
    kind: str = "application/json",
) -> None:
    length = str(len(body)).encode()
    named = [(b"content-type", kind.encode()), (b"content-length", length), *headers]
    await send({"type": "http.response.start", "status": status, "headers": named})
    await send({"type": "http.response.body", "body": body, "more_body": False})
