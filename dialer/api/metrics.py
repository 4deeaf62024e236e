"""The figures of the house for Prometheus, for who has the token of DIALER_METRICS_TOKEN."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST

from dialer.metrics.house import exposition


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer a scrape. Without the setting there is nothing here; with it, ``Authorization: Bearer …`` is asked for."""
    token = settings.DIALER_METRICS_TOKEN
    if not token:
        return HttpResponse("DIALER_METRICS_TOKEN is not set.\n", status=404, content_type="text/plain")
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(given.encode(), token.encode()):
        headers = {"WWW-Authenticate": "Bearer"}
        return HttpResponse("Unauthorized\n", status=401, content_type="text/plain", headers=headers)
    found = exposition(now=datetime.now(UTC))
    return HttpResponse(found, content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})
