"""A campaign's report for the client, ready for print: the browser makes the paper or the PDF of it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path
from django.utils import timezone

from campaigns.acts import SEE_CAMPAIGNS
from campaigns.admin.results import converted_of
from campaigns.admin.tabs import RESULTS, address_of_tab
from campaigns.explaining.client_report import client_report, percent
from campaigns.models import Campaign
from dialer.admin.ruled import own_view

#: What may be written over the report, e.g. the client's name.
LONGEST_TITLE = 120


def client_report_urls() -> list[URLPattern]:
    """Return the address of the page."""
    view = own_view(report_page, act=SEE_CAMPAIGNS)
    return [path("<int:pk>/report/", view, name="campaigns_campaign_report")]


def report_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the report; ``for``: whom it is for, ``converted``: dispositions that are a success, as on the results."""
    campaign = get_object_or_404(Campaign.objects.select_related("account"), pk=pk)
    converted = converted_of(request)
    report = client_report(campaign_id=pk, successes=converted)
    most = max((day.calls for day in report.days), default=0)
    context: dict[str, Any] = {
        "campaign": campaign,
        "report": report,
        "of_people": percent(report.people_called, report.totals.leads),
        "of_calls": percent(report.total.contacts, report.total.calls),
        "days": [(day, report_day(day.value), percent(day.calls, most)) for day in report.days],
        "whom": " ".join(request.GET.get("for", "").replace("\x00", "").split())[:LONGEST_TITLE],
        "converted": converted,
        "back": address_of_tab(pk, RESULTS),
        "as_of": timezone.now(),
        "in_sandbox": campaign.in_sandbox,
    }
    return render(request, "admin/campaigns/client_report.html", context)


def report_day(value: str) -> str:
    """Return a day as people write it."""
    return f"{date.fromisoformat(value):%a %d %b %Y}"
