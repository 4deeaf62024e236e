"""The first page: what runs and how fast, what needs somebody, how full the lines are. Its parts renew themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path
from django.utils import timezone

from campaigns.acts import OPERATE, SEE_CALLS, SEE_CAMPAIGNS
from campaigns.admin.first_steps import first_steps
from campaigns.explaining.calls_by_time import calls_by_time
from campaigns.explaining.gauges import read_gauges
from campaigns.explaining.house_now import read_house
from dialer.acts.telephone import SEE_FINDINGS
from dialer.admin.attention import troubles
from dialer.admin.pages import part
from dialer.admin.ruled import own_view
from dialer.checks import recent_findings
from dialer.models import ProviderAccount, Switchboard

DAY = timedelta(days=1)


def home(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the parts of the page as they are now; and, in an empty house, the first steps."""
    context["may_see_findings"] = SEE_FINDINGS.may(request.user)
    context["is_new"] = not ProviderAccount.objects.exists()
    context |= first_steps(request)
    context["may_see"] = SEE_CAMPAIGNS.may(request.user)
    if context["may_see"]:
        context |= now_part(request) | attention_part(request)
    return context


def now_part(request: HttpRequest) -> dict[str, Any]:
    """Return what the figures and the cards show."""
    now = timezone.now()
    with connection.cursor() as cursor:
        house = read_house(cursor, now=now, day_from=now - DAY)
    return {"house": house, "may_operate": OPERATE.may(request.user), "may_see_calls": SEE_CALLS.may(request.user)}


def attention_part(request: HttpRequest) -> dict[str, Any]:
    """Return what needs somebody, and the gauges."""
    now = timezone.now()
    with connection.cursor() as cursor:
        gauges = read_gauges(cursor, now=now)
    return {
        "board": Switchboard.objects.filter(dialing_allowed=False).first(),
        "troubles": troubles(user=request.user, now=now),
        "gauges": gauges,
        "as_of": now,
    }


def now_view(request: HttpRequest) -> HttpResponse:
    """Answer with the figures and the cards."""
    return part(request, "admin/campaigns/home_now.html", now_part(request))


def attention_view(request: HttpRequest) -> HttpResponse:
    """Answer with what needs somebody, and the gauges."""
    return part(request, "admin/campaigns/home_attention.html", attention_part(request))


def findings_view(request: HttpRequest) -> HttpResponse:
    """Answer with what the operator should mend. A part of its own, so that nobody's page waits for the checks."""
    return part(request, "admin/campaigns/home_findings.html", {"findings": recent_findings()})


def chart_view(request: HttpRequest) -> JsonResponse:
    """Answer with ended calls by time; today begins by the reader's clock."""
    now = timezone.now()
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    with connection.cursor() as cursor:
        found = calls_by_time(cursor, day_from=midnight, now=now)
    response = JsonResponse(found)
    response["Cache-Control"] = "no-store"
    return response


def home_urls() -> list[URLPattern]:
    """Return the addresses of the parts."""
    return [
        path("home/now/", own_view(now_view, act=SEE_CAMPAIGNS), name="campaigns_home_now"),
        path("home/attention/", own_view(attention_view, act=SEE_CAMPAIGNS), name="campaigns_home_attention"),
        path("home/findings/", own_view(findings_view, act=SEE_FINDINGS), name="campaigns_home_findings"),
        path("home/chart/", own_view(chart_view, act=SEE_CAMPAIGNS), name="campaigns_home_chart"),
    ]
