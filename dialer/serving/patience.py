"""What a page says when PostgreSQL has given up one of its statements (DIALER_WEB_STATEMENT_SECONDS)."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dialer.sql import ran_out_of_time

log = structlog.get_logger(__name__)


class PatienceEnds:
    """Middleware: a page that says what to do instead of an error page. REST answers for itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Hand the request on."""
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Return the page, or None for any other error."""
        if not isinstance(error, OperationalError) or not ran_out_of_time(error):
            return None
        log.warning("a page took too long", view=getattr(request.resolver_match, "view_name", ""))
        context = {"title": "This took too long", "seconds": settings.DIALER_WEB_STATEMENT_SECONDS}
        return render(request, "dialer/took_too_long.html", context, status=503)
