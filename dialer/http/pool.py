"""Connections kept open between requests. A request walks no list, so its cost does not grow with what is in flight."""

from __future__ import annotations

import asyncio
import ssl
from concurrent.futures import Executor

import httpx

from dialer.addresses import allowed, looked_up
from dialer.http.connection import Connection, Origin

#: A ``Keep-Alive: timeout=5`` of the peer is ended this much earlier by us: the request travels, too.
PEER_MARGIN_SECONDS = 1.0


class ConnectionPool:
    """At most ``max_connections`` requests at a time, over connections that are idle ``keepalive_seconds`` at most.

    The last connection given back is the first taken, so the spare ones grow old and are closed. A connection is made
    to an address that ``allowed`` has judged, with ``own_networks``; names are looked up in ``lookups``.
    """

    def __init__(
        self,
        *,
        max_connections: int,
        keepalive_seconds: float,
        ssl_context: ssl.SSLContext,
        own_networks: bool = True,
        lookups: Executor | None = None,
    ) -> None:
        self._keepalive_seconds = keepalive_seconds
        self._own_networks = own_networks
        self._lookups = lookups
        self._ssl_context = ssl_context
        self._slots = asyncio.Semaphore(max_connections)
        self._idle: dict[Origin, list[Connection]] = {}
        self._open: set[Connection] = set()
        self._sweep: asyncio.TimerHandle | None = None
        self._closed = False

    async def take(self, origin: Origin, *, slot_seconds: float | None, connect_seconds: float | None) -> Connection:
        """Return a connection on which no byte has been sent since it was last idle.

        Raises PoolTimeout, ConnectTimeout or ConnectError.
        """
        await self._take_slot(slot_seconds)
        try:
            return self._take_idle(origin) or await self._connect(origin, connect_seconds)
        except BaseException:
            self._slots.release()
            raise

    def give_back(self, connection: Connection, *, peer_seconds: float | None = None) -> None:
        """End the use of a connection: keep it if it is usable, close it if not.

        ``peer_seconds`` is how long the peer promised to keep it open.
        """
        self._slots.release()
        keep_seconds = self._keepalive_seconds
        if peer_seconds is not None:
            keep_seconds = min(keep_seconds, peer_seconds - PEER_MARGIN_SECONDS)
        if self._closed or keep_seconds <= 0 or not connection.usable:
            connection.abort()
            return
        loop = asyncio.get_running_loop()
        connection.idle_until = loop.time() + keep_seconds
        self._idle.setdefault(connection.origin, []).append(connection)
        if self._sweep is None:
            self._sweep = loop.call_later(self._keepalive_seconds, self._close_expired)

    async def aclose(self) -> None:
        """Close every connection; requests in flight fail as possibly sent."""
        self._closed = True
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        self._idle.clear()
        for connection in list(self._open):
            connection.abort()
        await asyncio.sleep(0)  # lets the loop close the sockets

    async def _take_slot(self, slot_seconds: float | None) -> None:
        if not self._slots.locked():
            await self._slots.acquire()
            return
        try:
            async with asyncio.timeout(slot_seconds):
                await self._slots.acquire()
        except TimeoutError:
            raise httpx.PoolTimeout("no free connection") from None

    def _take_idle(self, origin: Origin) -> Connection | None:
        idle = self._idle.get(origin)
        now = asyncio.get_running_loop().time()
        while idle:
            connection = idle.pop()
            if connection.idle_until > now and connection.is_quiet():
                return connection
            connection.abort()
        return None

    async def _connect(self, origin: Origin, connect_seconds: float | None) -> Connection:
        connection = Connection(origin=origin, on_lost=self._open.discard)
        try:
            async with asyncio.timeout(connect_seconds):
                await self._connect_to_one(connection, await self._addresses(origin))
        except TimeoutError:
            raise httpx.ConnectTimeout("time-out while connecting") from None
        except (OSError, UnicodeError) as error:  # UnicodeError: a host name that cannot be one
            raise httpx.ConnectError(f"cannot connect: {error}") from error
        # TLS 1.3 leaves session tickets unread after the handshake, so only a plain connection must be quiet.
        if not (connection.usable if origin.secure else connection.is_quiet()):
            connection.abort()
            raise httpx.ConnectError("closed by the peer before the request")
        if self._closed:
            connection.abort()
            raise httpx.ConnectError("the client is closed")
        self._open.add(connection)
        return connection

    async def _addresses(self, origin: Origin) -> list[str]:
        """Look the name up; return the addresses that may be connected to. Raises Forbidden and OSError."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._lookups, looked_up, origin.host, origin.port)
        return allowed(found, own_networks=self._own_networks)

    async def _connect_to_one(self, connection: Connection, addresses: list[str]) -> None:
        """Connect to the first of these addresses that takes us. Raises what the last one gave."""
        tls = self._ssl_context if connection.origin.secure else None
        name = connection.origin.host if tls else None
        for address in addresses:
            try:
                await asyncio.get_running_loop().create_connection(
                    lambda: connection, address, connection.origin.port, ssl=tls, server_hostname=name
                )
            except OSError:
                if address == addresses[-1]:
                    raise
            else:
                return

    def _close_expired(self) -> None:
        self._sweep = None
        loop = asyncio.get_running_loop()
        now = loop.time()
        for origin, idle in list(self._idle.items()):
            for connection in idle:
                if connection.idle_until <= now:
                    connection.close()
            self._idle[origin] = [connection for connection in idle if connection.usable]
        self._idle = {origin: idle for origin, idle in self._idle.items() if idle}
        if self._idle:
            self._sweep = loop.call_later(self._keepalive_seconds / 2, self._close_expired)
