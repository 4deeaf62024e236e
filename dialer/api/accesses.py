"""Who asks over REST for what is written down before it leaves."""

from __future__ import annotations

from rest_framework.request import Request

from dialer.accesses import Reader


def reader_of(request: Request) -> Reader:
    """Return who asks over REST."""
    return Reader(by=request.user.get_username(), face="REST")
