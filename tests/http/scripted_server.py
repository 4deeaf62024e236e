"""A server on loopback that does to each connection what a script says, and records every byte it was sent."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import cast

from dialer.providers.base import ProviderRequest

DEADLINE_SECONDS = 30.0


def reply_bytes(body: bytes = b"{}", *, status: str = "200 OK", headers: str = "") -> bytes:
    """Return a whole reply with a Content-Length; ``headers`` end in CRLF each."""
    return f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n{headers}\r\n".encode() + body


def call_request(mark: str = "a") -> ProviderRequest:
    """Return a request whose body tells it from others."""
    return ProviderRequest(
        method="POST", path="/calls", headers={"Content-Type": "application/json"}, body=f'{{"mark":"{mark}"}}'.encode()
    )


class Session(asyncio.Protocol):
    """One connection as the server sees it."""

    def __init__(self, server: ScriptedServer) -> None:
        self.received = bytearray()
        self.ended = False
        self._server = server
        self._requests_read = 0
        self._changed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the script."""
        self.transport = cast(asyncio.Transport, transport)
        self._server.sessions.append(self)
        self._server.tasks.append(asyncio.ensure_future(self._server.script(self)))

    def data_received(self, data: bytes) -> None:
        """Record."""
        self.received += data
        self._tell()

    def connection_lost(self, exc: Exception | None) -> None:
        """Record the end."""
        self.ended = True
        self._tell()

    def whole_requests(self) -> list[bytes]:
        """Return the bodies of the requests that have come in whole."""
        bodies, rest = [], bytes(self.received)
        while b"\r\n\r\n" in rest:
            head, rest = rest.split(b"\r\n\r\n", 1)
            lengths = [line[15:] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
            length = int(lengths[0]) if lengths else 0
            if len(rest) < length:
                break
            bodies.append(rest[:length])
            rest = rest[length:]
        return bodies

    async def next_request(self) -> bytes:
        """Wait for one more whole request and return its body. Raises ConnectionError if the client leaves first."""
        self._requests_read += 1
        await self.whole(self._requests_read)
        if len(self.whole_requests()) < self._requests_read:
            raise ConnectionError
        return self.whole_requests()[self._requests_read - 1]

    async def first_byte(self) -> None:
        """Wait until anything has come."""
        await self._until(lambda: bool(self.received))

    async def end(self) -> None:
        """Wait until the connection is closed."""
        await self._until(lambda: self.ended)

    async def whole(self, count: int) -> None:
        """Wait until ``count`` requests have come in whole, or the client has left."""
        await self._until(lambda: len(self.whole_requests()) >= count or self.ended)

    async def _until(self, condition: Callable[[], bool]) -> None:
        await _wait_until(condition, self._changed)

    def _tell(self) -> None:
        self._changed.set()
        self._server.changed.set()

    def write(self, data: bytes) -> None:
        """Send."""
        self.transport.write(data)


async def _wait_until(condition: Callable[[], bool], changed: asyncio.Event) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not condition():
            changed.clear()
            await changed.wait()


Script = Callable[[Session], Awaitable[None]]


class ScriptedServer:
    """What a test knows of its server."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.sessions: list[Session] = []
        self.tasks: list[asyncio.Future[None]] = []
        self.changed = asyncio.Event()
        self.port = 0

    def requests(self) -> list[bytes]:
        """Return the bodies of all requests that came in whole, by connection."""
        return [body for session in self.sessions for body in session.whole_requests()]

    async def whole(self, count: int) -> None:
        """Wait until ``count`` requests have come in whole, on whatever connections."""
        await _wait_until(lambda: len(self.requests()) >= count, self.changed)

    def received(self) -> bytes:
        """Return every byte that came in (decrypted)."""
        return b"".join(bytes(session.received) for session in self.sessions)

    @property
    def url(self) -> str:
        """Return the base URL."""
        return f"http://127.0.0.1:{self.port}"


@asynccontextmanager
async def serving(script: Script, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[ScriptedServer]:
    """Run a server for a block."""
    server = ScriptedServer(script)
    loop = asyncio.get_running_loop()
    if tls is not None:
        loop.set_debug(False)  # a debugging loop reports each handshake that the client breaks off, which is the test
    listener = await loop.create_server(lambda: Session(server), "127.0.0.1", 0, ssl=tls)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        for session in server.sessions:
            session.transport.abort()
        for task in server.tasks:
            task.cancel()
        await asyncio.gather(*server.tasks, return_exceptions=True)


async def answer_all(session: Session) -> None:
    """Answer every request with its own body."""
    while True:
        session.write(reply_bytes(await session.next_request()))
