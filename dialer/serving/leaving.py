"""Replies on their way: in pieces of some size, and given up once their reader has left.

The server drops what is sent to a reader who is gone, and says nothing of it. A file would be read to its end for
nobody, on one of a few threads, and be written down as one that arrived whole.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from typing import Any

import structlog
from a2wsgi import WSGIMiddleware
from a2wsgi.wsgi import WSGIResponder

from dialer.serving.arriving import Message, Receive, Scope, Send

log = structlog.get_logger(__name__)

#: A reader of a reply that takes nothing for so long is gone.
REPLY_SECONDS = 60.0
#: Lines of a file are joined to so many bytes: each piece is handed from a thread to the loop and back.
PIECE_BYTES = 64 * 1024
#: Where a request keeps its reader.
READER = "dialer.reader"


class ReaderLeft(Exception):
    """Nobody takes the rest of a reply."""


class Reader:
    """Who is sent a reply. For one event loop; ``is_gone`` is read by any thread."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self.is_gone = False

    async def send(self, message: Message) -> None:
        """Send; what he does not take in time is dropped, and he is gone: no thread may wait for him."""
        if self.is_gone:
            return
        try:
            async with asyncio.timeout(REPLY_SECONDS):
                await self._send(message)
        except Exception:  # of the server's own kinds
            self.is_gone = True

    async def watch(self) -> None:
        """Return when he has left. The request has to be read by then."""
        with contextlib.suppress(Exception):
            while (await self._receive())["type"] != "http.disconnect":
                pass
            self.is_gone = True


class Threads(WSGIMiddleware):
    """Django in threads, as an ASGI application. The scope has the reader (``READER``)."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # type: ignore[override]
        """Answer a request."""
        reply = _Reply(self.app, self.executor, self.send_queue_size, reader=scope[READER])
        try:
            await reply(scope, receive, send)  # type: ignore[arg-type]
        except ReaderLeft:
            log.info("the reader of a reply has left", path=scope["path"])
        finally:
            reply.unwatch()


class _Reply(WSGIResponder):
    def __init__(self, app: Any, executor: Executor, send_queue_size: int, *, reader: Reader) -> None:
        super().__init__(app, executor, send_queue_size)  # type: ignore[arg-type]
        self._reader = reader
        self._watching: asyncio.Task[None] | None = None

    def unwatch(self) -> None:
        """Wait for nobody's leaving any more."""
        if self._watching is not None:
            self._watching.cancel()

    def send(self, message: Any) -> None:
        """Send from a thread. Raises ReaderLeft."""
        if self._reader.is_gone:
            raise ReaderLeft
        super().send(message)

    def wsgi(self, environ: Any, start_response: Any) -> None:
        """Ask Django, and send what it answers; to HEAD its headers, and nothing is read for it."""
        reply = self.app(environ, start_response)
        try:
            pieces = joined(reply) if environ["REQUEST_METHOD"] != "HEAD" else ()
            for number, piece in enumerate(pieces):
                if number == 1:  # most are sent in one
                    self.loop.call_soon_threadsafe(self._watch)
                self.send({"type": "http.response.body", "body": piece, "more_body": True})
            self.send({"type": "http.response.body", "body": b""})
        finally:
            getattr(reply, "close", lambda: None)()

    def _watch(self) -> None:
        self._watching = self.loop.create_task(self._reader.watch())


def joined(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Give the same bytes in pieces of ``PIECE_BYTES`` or more: the first piece at once, and the rest last."""
    held, held_bytes, is_first = list[bytes](), 0, True
    for piece in pieces:
        held.append(piece)
        held_bytes += len(piece)
        if held_bytes >= PIECE_BYTES or is_first:
            yield b"".join(held)
            held, held_bytes, is_first = [], 0, False
    if held:
        yield b"".join(held)
