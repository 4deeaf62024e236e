"""One HTTP/1.1 connection that carries one request at a time and knows whether it is fit for the next."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import socket
import struct
from collections.abc import Callable
from typing import NamedTuple, cast

import httpx

from dialer.http.reply import Reply, ReplyReader

#: What the peer's machine has not acknowledged for so long is given up by the kernel.
UNACKNOWLEDGED_SECONDS = 5.0
#: Values of SO_LINGER: whether to linger, and for how many seconds.
_DROP, _IN_ORDER = struct.pack("ii", 1, 0), struct.pack("ii", 0, 0)


class Origin(NamedTuple):
    """Where a connection leads."""

    secure: bool
    host: str
    port: int


class Connection(asyncio.Protocol):
    """A connection of the pool. ``usable`` is True while it is open and nothing unexpected has come on it."""

    def __init__(self, *, origin: Origin, on_lost: Callable[[Connection], None]) -> None:
        self.origin = origin
        self.usable = False
        self.idle_until = 0.0
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._poll = select.poll()  # not select(): its limit is 1,024 descriptors
        self._reader: ReplyReader | None = None
        self._answer: asyncio.Future[Reply] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is up, its TLS handshake included."""
        self._transport = cast(asyncio.Transport, transport)
        self._file = transport.get_extra_info("socket").fileno()
        self._poll.register(self._file, select.POLLIN)
        self._drop_what_is_unsent()
        self.usable = True

    def is_quiet(self) -> bool:
        """Return whether the connection is open with nothing unread in the kernel: an end, or bytes nobody asked for.

        The loop tells us of an end only on its next turn; asking the kernel closes most of that gap. What is left
        of it (the peer closes while we write) cannot be seen by anybody and is why such a loss is never "not sent".
        """
        return self.usable and not self._transport.is_closing() and not self._poll.poll(0)

    def send(
        self, payload: bytes, *, has_reply_body: bool, limit_bytes: int, timeout_seconds: float | None
    ) -> asyncio.Future[Reply]:
        """Hand the whole request to the socket now and return the future reply.

        ``timeout_seconds`` runs from now to the last byte of the reply, so that a peer that drips cannot stretch it.
        The future fails with ReadTimeout, WriteTimeout, ReadError, WriteError or RemoteProtocolError.
        """
        self._reader = ReplyReader(limit_bytes=limit_bytes, has_body=has_reply_body)
        self._answer = answer = self._loop.create_future()
        if timeout_seconds is not None:
            self._timer = self._loop.call_later(timeout_seconds, self._time_out)
        self._transport.write(payload)
        return answer

    def abort(self) -> None:
        """Close at once, unsent bytes included; a reply that is waited for fails."""
        self.usable = False
        self._transport.abort()
        self._fail(httpx.ReadError("connection closed by us before the reply"))

    def close(self) -> None:
        """Close an idle connection in order."""
        self.usable = False
        self._set(socket.SOL_SOCKET, socket.SO_LINGER, _IN_ORDER)
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Bytes from the peer; those that nobody asked for end the connection."""
        reader = self._reader
        if reader is None:
            self.abort()
            return
        try:
            reader.feed(data)
        except httpx.RemoteProtocolError as error:
            self._fail(error)
            self.abort()
            return
        if reader.reply is not None:
            self._finish(reader.reply, keep_alive=reader.keep_alive)

    def eof_received(self) -> None:
        """The peer ended its side: a reply without a length is whole now, any other is cut."""
        self.usable = False
        if self._reader is None:
            return
        try:
            self._reader.finish()
        except httpx.RemoteProtocolError as error:
            self._fail(error)
        else:
            self._finish(cast(Reply, self._reader.reply), keep_alive=False)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone. The text of ``exc`` is the operating system's and names no URL."""
        self.usable = False
        self._on_lost(self)
        if isinstance(exc, BrokenPipeError):
            self._fail(httpx.WriteError("connection broken while sending"))
        else:
            self._fail(httpx.ReadError("connection lost before the reply" + (f": {exc}" if exc else "")))

    def _drop_what_is_unsent(self) -> None:
        """Let the kernel send nothing any more once we have closed, or died.

        Where the network is away, it would keep a request for minutes, and bring it when nobody expects it any more:
        somebody would be rung after a stop, or beside the call that has its place by then.
        """
        self._set(socket.SOL_SOCKET, socket.SO_LINGER, _DROP)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
            self._set(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(UNACKNOWLEDGED_SECONDS * 1000))

    def _set(self, level: int, option: int, value: int | bytes) -> None:
        # A copy, as the loop of the engine lends no socket; options are of the connection that both name.
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(self._file)) as copy:
            copy.setsockopt(level, option, value)

    def _time_out(self) -> None:
        if self._transport.get_write_buffer_size():
            self._fail(httpx.WriteTimeout("time-out before the whole request was taken"))
        else:
            self._fail(httpx.ReadTimeout("time-out before the whole reply came"))
        self.abort()

    def _finish(self, reply: Reply, *, keep_alive: bool) -> None:
        if not keep_alive or self._transport.get_write_buffer_size():
            self.usable = False
        answer = self._settle()
        if answer is not None and not answer.done():
            answer.set_result(reply)

    def _fail(self, error: httpx.TransportError) -> None:
        self.usable = False
        answer = self._settle()
        if answer is not None and not answer.done():
            answer.set_exception(error)

    def _settle(self) -> asyncio.Future[Reply] | None:
        answer, self._answer, self._reader = self._answer, None, None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        return answer
