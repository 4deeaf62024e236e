"""DID health: how each number is answered, the signs of spam, and what to do."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from campaigns.acts import SEE_CALLS
from campaigns.explaining import did_health
from campaigns.explaining.did_health import VERDICTS, read_did_health
from dialer.acts import table
from dialer.admin.ruled import own_view
from dialer.models import DID

#: Later pages are not shown.
LAST_PAGE = 1_000
CHANGE_DIDS = table()["dialer.did.change"]
BOUNDS = {name: getattr(did_health, name) for name in ("LATEST", "MOST_CALLS", "SHORT_SECONDS", "MANY_CALLS")}


def did_health_urls() -> list[URLPattern]:
    """Return the addresses of the pages."""
    return [
        path("did-health/", own_view(list_page, act=SEE_CALLS), name="campaigns_did_health"),
        path("did-health/<int:pk>/", own_view(one_page, act=SEE_CALLS), name="campaigns_did_health_of"),
    ]


def list_page(request: HttpRequest) -> HttpResponse:
    """Show all DIDs, those with signs first."""
    asked = request.GET.get("page", "1")
    page = min(int(asked), LAST_PAGE) if asked.isdecimal() and len(asked) < 9 else 1
    page = max(page, 1)
    with connection.cursor() as cursor:
        dids = read_did_health(cursor, now=timezone.now(), before=(page - 1) * did_health.ON_A_PAGE)
    worst_first = list(VERDICTS)
    context: dict[str, Any] = {
        "dids": [(did, VERDICTS[did.verdict]) for did in sorted(dids, key=lambda did: worst_first.index(did.verdict))],
        "page": page,
        "has_more": len(dids) == did_health.ON_A_PAGE,
    }
    return _shown(request, "admin/campaigns/did_health.html", "DID health", context)


def one_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one DID by day, with its signs and what to do."""
    with connection.cursor() as cursor:
        found = read_did_health(cursor, now=timezone.now(), ids=[pk])
    if not found:
        raise Http404
    (did,) = found
    context = {
        "did": did,
        "verdict": VERDICTS[did.verdict],
        "days": did.days,
        "calls": f"{reverse('admin:campaigns_attempt_changelist')}?did__id__exact={pk}",
        "may_change": CHANGE_DIDS.may(request.user),
    }
    return _shown(request, "admin/campaigns/did_health_of.html", f"Health of {did.number}", context)


def _shown(request: HttpRequest, template: str, title: str, context: dict[str, Any]) -> HttpResponse:
    around = {**admin.site.each_context(request), "title": title, "opts": DID._meta, "bounds": BOUNDS}
    return render(request, template, {**around, **context, "as_of": timezone.now()})
