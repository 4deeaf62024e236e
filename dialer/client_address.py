"""The address that a request comes from, where proxies stand in front."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """Return the client's address: the connection's, or what the outermost of DIALER_PROXIES proxies of ours has seen.

    Each proxy adds to X-Forwarded-For, at its end, whom it was asked by. What stands before that was sent by the client
    and may be made up, so addresses are counted from the end.
    """
    connected = str(request.META.get("REMOTE_ADDR", ""))
    if not settings.DIALER_PROXIES:
        return connected
    told = [part.strip() for part in str(request.META.get("HTTP_X_FORWARDED_FOR", "")).split(",") if part.strip()]
    return told[-min(settings.DIALER_PROXIES, len(told))] if told else connected
