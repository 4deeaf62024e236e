"""Sends a provider's request and says what a failure means: it did not leave us, or it may have arrived.

Between these two lies whether a person's phone rings twice, so the rule is blunt: ``NotSent`` only where not one byte
was handed to the socket, ``Unanswered`` for everything after that. A cancelled ``send`` tells neither: treat it as
unanswered.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import httpx

from dialer.http.transport import MAY_SEND, SENT, CallTransport
from dialer.providers.base import ProviderReply, ProviderRequest

#: Encodings are not offered: a small reply gains nothing, and a compressed one could grow without bound.
DEFAULT_HEADERS = {"accept": "*/*", "accept-encoding": "identity", "user-agent": "dialer"}


class NotSent(Exception):
    """Nothing left us: no connection, no free one in time, or the fence said no. ``reason`` names no secret."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unanswered(Exception):
    """It may have arrived: time-out, broken or oversized reply, connection lost. ``reason`` names no secret."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ProviderClient:
    """A client of one provider account, for one event loop, with many requests in flight.

    ``read_timeout_seconds`` runs from the first byte sent to the last received; ``connect_timeout_seconds`` bounds the
    wait for a free connection, and connecting, each. Certificates are verified unless ``ssl_context`` says otherwise;
    a ``transport`` of the caller's own replaces connections and TLS.
    """

    def __init__(
        self,
        *,
        base_url: str,
        max_connections: int = 500,
        connect_timeout_seconds: float = 3.0,
        read_timeout_seconds: float = 20.0,
        ssl_context: ssl.SSLContext | None = None,
        transport: CallTransport | None = None,
    ) -> None:
        self._base_url = base_url
        self._timeouts = {
            "pool": connect_timeout_seconds,
            "connect": connect_timeout_seconds,
            "read": read_timeout_seconds,
            "write": read_timeout_seconds,
        }
        # Asked without httpx's client: its redirects, cookies and log-ins are not for calls, and cost as much again.
        self._transport = transport or CallTransport(max_connections=max_connections, ssl_context=ssl_context)

    async def send(self, request: ProviderRequest, *, may_send: Callable[[], bool] | None = None) -> ProviderReply:
        """Send ``request`` once and return its reply, with any status. Raises NotSent or Unanswered.

        ``may_send`` is asked once, after connecting and directly before the first byte; on False nothing is sent.
        """
        extensions: dict[str, Any] = {"timeout": self._timeouts, MAY_SEND: may_send}
        outgoing: httpx.Request | None = None
        try:
            outgoing = self._build(request, extensions)
            reply = await self._transport.reply(outgoing)
        except Exception as error:
            if outgoing is not None and outgoing.extensions.get(SENT):
                raise Unanswered(_reason(error)) from error
            raise NotSent(_reason(error)) from error
        return ProviderReply(status=reply.status, headers=dict(httpx.Headers(reply.headers)), body=reply.body)

    async def aclose(self) -> None:
        """Close every connection; what is in flight ends as Unanswered."""
        await self._transport.aclose()

    def _build(self, request: ProviderRequest, extensions: dict[str, Any]) -> httpx.Request:
        return httpx.Request(
            request.method,
            _parsed(request.url(self._base_url)),
            headers=DEFAULT_HEADERS | {name.lower(): value for name, value in request.headers.items()},
            content=request.body or None,
            extensions=extensions,
        )


@lru_cache(maxsize=256)
def _parsed(url: str) -> httpx.URL:
    """Return a URL taken apart: most calls go to one of few."""
    return httpx.URL(url)


def _reason(error: Exception) -> str:
    """Return what went wrong. Only transport errors are quoted, which name no URL; others might."""
    return f"{type(error).__name__}: {error}" if isinstance(error, httpx.TransportError) else type(error).__name__
