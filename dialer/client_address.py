"""The address that a request comes from, where proxies stand in front."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """Return the client's IP address: the connection's, or the one that the outermost of our proxies has seen.

    Each of DIALER_PROXIES proxies adds to X-Forwarded-For, at its end, whom it was asked by. What stands before that
    was sent by the client and may be made up, so addresses are counted from the end. Empty where there is none.
    """
    connected = _read(str(request.META.get("REMOTE_ADDR", "")))
    if not settings.DIALER_PROXIES:
        return connected
    told = [part for part in str(request.META.get("HTTP_X_FORWARDED_FOR", "")).split(",") if part.strip()]
    return (_read(told[-min(settings.DIALER_PROXIES, len(told))]) if told else "") or connected


def _read(text: str) -> str:
    """Return an IP address, which some proxies write with a port; empty for anything else."""
    host = text.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        return str(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        return ""
