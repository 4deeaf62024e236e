"""Who asks in the admin for what is written down before it leaves."""

from __future__ import annotations

from django.http import HttpRequest

from dialer.accesses import Reader


def reader_of(request: HttpRequest) -> Reader:
    """Return who asks in the admin."""
    return Reader(by=request.user.get_username(), face="ADMIN")
