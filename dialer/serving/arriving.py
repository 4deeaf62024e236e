"""Bodies on their way, as ASGI tells of them: read within a deadline for the whole, at most so many bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

#: All bodies together that one process holds while they arrive, in bytes; above it senders are asked to come again.
MOST_HELD_BYTES = 128 * 1024 * 1024


class BodyBrokenOff(OSError):
    """The sender left before the body's end, or did not send it in time. Django takes an OSError for unreadable."""


class HeldTooMuch(Exception):
    """Too much is on its way at this moment."""


class Held:
    """Counts the bytes of all bodies that are arriving at one process. For one event loop."""

    def __init__(self, *, most_bytes: int = MOST_HELD_BYTES) -> None:
        self._bytes, self._most_bytes = 0, most_bytes

    async def read(self, receive: Receive, *, most_bytes: int, seconds: float) -> bytes:
        """Return a body, of one that is longer than `most_bytes` the beginning, which is longer, too.

        Raises TimeoutError when it is not there after `seconds`, BodyBrokenOff and HeldTooMuch.
        """
        body = bytearray()
        try:
            async with asyncio.timeout(seconds):
                while len(body) <= most_bytes:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise BodyBrokenOff("the sender left")
                    body += self._count(message.get("body", b""))
                    if not message.get("more_body", False):
                        break
            return bytes(body)
        finally:
            self._bytes -= len(body)

    def _count(self, piece: bytes) -> bytes:
        if self._bytes + len(piece) > self._most_bytes:
            raise HeldTooMuch
        self._bytes += len(piece)
        return piece


def arrived(body: bytes) -> Receive:
    """Return a `receive` that gives a body which is there."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def unread() -> Message:
    """Be a `receive` of a body that nobody waits for. Raises BodyBrokenOff."""
    raise BodyBrokenOff("the body is not read")


def within(receive: Receive, *, seconds: float) -> Receive:
    """Return a `receive` that raises BodyBrokenOff when the sender leaves or the whole takes longer than `seconds`."""
    ends_at_seconds = asyncio.get_running_loop().time() + seconds

    async def limited() -> Message:
        try:
            async with asyncio.timeout_at(ends_at_seconds):
                message = await receive()
        except TimeoutError as error:
            raise BodyBrokenOff(f"the body was not sent within {seconds:g} s") from error
        if message["type"] == "http.disconnect":
            raise BodyBrokenOff("the sender left")
        return message

    return limited
