"""Requests to addresses that people enter: only http and https, and by default never into a private network.

The guard looks at the addresses that a name has when the connection is made, and connects to one of those: a name that
changes its mind in between leads nowhere else. Redirects are not followed.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpcore
import httpx
from django.conf import settings

CONNECT_SECONDS = 5.0


class Forbidden(Exception):
    """The address may not be reached from here."""


def address_problem(url: str) -> str:
    """Return why nothing may be sent to or fetched from ``url``, as a sentence; empty if it may be tried."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "This is no address."
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        return "Enter an address that begins with https:// or http://."
    if parts.username is not None or parts.password is not None:
        return "Leave user name and password out of the address."
    try:
        literal = ipaddress.ip_address(parts.hostname)
    except ValueError:
        return ""
    return "" if is_allowed(literal) else _PRIVATE


_PRIVATE = "This address lies in a private network; DIALER_ALLOW_PRIVATE_ADDRESSES=true allows that."


def is_allowed(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Return whether an IP address may be reached: a public one, unless the settings allow others."""
    mapped = getattr(address, "ipv4_mapped", None)
    real = mapped or address
    return bool(settings.DIALER_ALLOW_PRIVATE_ADDRESSES) or (real.is_global and not real.is_multicast)


class _Guarded(httpcore.SyncBackend):
    """Connects to allowed addresses alone."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: object = None,
    ) -> httpcore.NetworkStream:
        """Look the name up, and connect to the first of its addresses that is allowed."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError("The name is not known.") from error
        allowed = [str(one[4][0]) for one in found if is_allowed(ipaddress.ip_address(str(one[4][0]).split("%")[0]))]
        if not allowed:
            raise Forbidden(_PRIVATE)
        return super().connect_tcp(allowed[0], port, timeout=timeout, local_address=local_address)


@contextmanager
def guarded_client(*, timeout_seconds: float) -> Iterator[httpx.Client]:
    """Give a client for such addresses. Raises Forbidden when a request would lead into a private network."""
    transport = httpx.HTTPTransport(trust_env=False, retries=0)
    transport._pool._network_backend = _Guarded()
    timeout = httpx.Timeout(timeout_seconds, connect=CONNECT_SECONDS)
    with httpx.Client(transport=transport, timeout=timeout, trust_env=False, follow_redirects=False) as client:
        yield client


@contextmanager
def opened(*, client: httpx.Client, url: str, headers: Mapping[str, str]) -> Iterator[httpx.Response]:
    """GET ``url`` and give the reply before its body is read. Raises Forbidden and httpx.HTTPError."""
    if problem := address_problem(url):
        raise Forbidden(problem)
    with client.stream("GET", url, headers=dict(headers)) as response:
        yield response
