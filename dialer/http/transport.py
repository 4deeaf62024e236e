"""The transport under the httpx API by which calls are placed.

httpx's own pool walks all of its connections at every request, so that its cost grows with the square of what is in
flight. This one does not, and its errors say exactly whether a phone may ring:

* ConnectError, ConnectTimeout, PoolTimeout, LocalProtocolError, Withheld: not one byte of the request was handed over.
* ReadTimeout, ReadError, WriteTimeout, WriteError, RemoteProtocolError: the request may have arrived.

It never sends a request twice, follows no redirect, keeps no cookie and reads no proxy from the environment. A
connection of a cancelled request is closed.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from concurrent.futures import Executor
from functools import cache
from typing import Final

import httpx

from dialer.http.connection import Connection, Origin
from dialer.http.pool import ConnectionPool
from dialer.http.reply import Reply

#: ``request.extensions`` keys. In: a function that is asked right before the first byte whether the request may leave.
MAY_SEND: Final = "may_send"
#: Out: True from the moment the request is handed to the socket.
SENT: Final = "sent"
#: Out: whether the connection had carried requests before; the server may close such a one at any time.
REUSED: Final = "reused"

_TOKEN = re.compile(r"[A-Z]+")
_KEEP_ALIVE_TIMEOUT = re.compile(rb"timeout\s*=\s*\"?(\d{1,6})", re.IGNORECASE)


class Withheld(httpx.TransportError):
    """The caller's fence said no at the last moment; nothing was sent."""


class CallTransport(httpx.AsyncBaseTransport):
    """HTTP/1.1 over connections of one event loop; see the module for what its errors mean.

    Of ``extensions["timeout"]``, ``pool`` bounds the wait for a connection, ``connect`` name look-up, TCP and TLS
    together, and ``read`` everything from the first byte of the request to the last of the reply. ``own_networks``:
    whether private networks may be asked (dialer.addresses); names are looked up in ``lookups``, if given.
    """

    def __init__(
        self,
        *,
        max_connections: int = 500,
        keepalive_seconds: float = 4.0,
        max_reply_bytes: int = 1024 * 1024 + 64 * 1024,
        ssl_context: ssl.SSLContext | None = None,
        own_networks: bool = True,
        lookups: Executor | None = None,
    ) -> None:
        self._max_reply_bytes = max_reply_bytes
        self._pool = ConnectionPool(
            max_connections=max_connections,
            keepalive_seconds=keepalive_seconds,
            ssl_context=ssl_context or shared_ssl_context(),
            own_networks=own_networks,
            lookups=lookups,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send ``request`` once and return its whole reply, as httpx has it."""
        reply = await self.reply(request)
        return httpx.Response(reply.status, headers=reply.headers, stream=httpx.ByteStream(reply.body))

    async def reply(self, request: httpx.Request) -> Reply:
        """Send ``request`` once and return its whole reply."""
        payload = _serialize(request, await request.aread())
        timeouts = request.extensions.get("timeout", {})
        connection = await self._pool.take(
            _origin(request.url), slot_seconds=timeouts.get("pool"), connect_seconds=timeouts.get("connect")
        )
        request.extensions[REUSED] = connection.idle_until > 0
        peer_seconds = None
        try:
            reply = await self._exchange(connection, request, payload, timeouts.get("read"))
            peer_seconds = _peer_seconds(reply)
        finally:
            self._pool.give_back(connection, peer_seconds=peer_seconds)
        return reply

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.aclose()

    async def _exchange(
        self, connection: Connection, request: httpx.Request, payload: bytes, timeout_seconds: float | None
    ) -> Reply:
        may_send: Callable[[], bool] | None = request.extensions.get(MAY_SEND)
        # From the fence to the hand-over there is no await: nobody can change the answer in between.
        if may_send is not None and not may_send():
            raise Withheld("withheld at the last moment")
        request.extensions[SENT] = True
        try:
            return await connection.send(
                payload,
                has_reply_body=request.method != "HEAD",
                limit_bytes=self._max_reply_bytes,
                timeout_seconds=timeout_seconds,
            )
        except BaseException:
            connection.abort()
            raise


@cache
def shared_ssl_context() -> ssl.SSLContext:
    """Return the process's one TLS context: making one costs 20 ms of CPU. Certificates are verified."""
    context = httpx.create_ssl_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def _origin(url: httpx.URL) -> Origin:
    if url.scheme not in ("http", "https") or not url.raw_host:
        raise httpx.UnsupportedProtocol("only http:// and https:// with a host")
    secure = url.scheme == "https"
    return Origin(secure, url.raw_host.decode("ascii"), url.port or (443 if secure else 80))


def _serialize(request: httpx.Request, body: bytes) -> bytes:
    headers = request.headers.raw
    if "transfer-encoding" in request.headers:
        raise httpx.LocalProtocolError("a body of unknown length cannot be sent")
    lines = [b"%s %s HTTP/1.1" % (request.method.encode("ascii"), request.url.raw_path)]
    lines += [b"%s: %s" % header for header in headers]
    head = b"\r\n".join(lines)
    if head.count(b"\n") != len(headers) or head.count(b"\r") != len(headers) or not _TOKEN.fullmatch(request.method):
        raise httpx.LocalProtocolError("a header or the method holds a line break or another forbidden character")
    return head + b"\r\n\r\n" + body


def _peer_seconds(reply: Reply) -> float | None:
    for name, value in reply.headers:
        if name.lower() == b"keep-alive" and (found := _KEEP_ALIVE_TIMEOUT.search(value)):
            return float(found[1])
    return None
