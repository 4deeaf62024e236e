"""What came of a campaign: the way from leads to conversions, and calls by attempt, hour, DID and so on.

All of it from the counts that are kept, those that REST tells at ``campaigns/{id}/statistics/``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path
from django.utils import timezone

from campaigns.acts import SEE_CAMPAIGNS
from campaigns.admin.tabs import CALLS, PEOPLE, RESULTS, address_of_tab, tab_page
from campaigns.counting.totals import totals_of
from campaigns.explaining.statistics import By, Figures, Statistics, campaign_statistics
from campaigns.models import Campaign
from dialer.admin.ruled import own_view
from dialer.providers.vocabulary import in_words

#: What calls are told apart by, in this order, with the words of its table and the parameter that its rows filter by.
SHOWN: tuple[tuple[By, str, str], ...] = (
    (By.ATTEMPT, "attempt", "nth"),
    (By.DAY, "day", "day"),
    (By.HOUR, "hour of day", "hour"),
    (By.WEEKDAY, "weekday", "weekday"),
    (By.DID, "DID", "did__id__exact"),
    (By.LIST, "list", "contact_list"),
    (By.AGENT, "agent", "agent__id__exact"),
    (By.TEMPLATE, "template", ""),
)
#: Rows of these say little while there is one only.
_WITH_SEVERAL = (By.AGENT, By.TEMPLATE)
#: So many dispositions that are a success may be named in an address, as over REST.
MOST_CONVERTED = 50


def results_urls() -> list[URLPattern]:
    """Return the address of the tab."""
    view = own_view(results_page, act=SEE_CAMPAIGNS)
    return [path("<int:pk>/results/", view, name="campaigns_campaign_results")]


def converted_of(request: HttpRequest) -> list[str]:
    """Return the dispositions that an address says are a success."""
    return [word for word in request.GET.getlist("converted")[:MOST_CONVERTED] if "\x00" not in word]


def results_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the tab; ``converted``: dispositions that are a success, each as a parameter of its own."""
    campaign = get_object_or_404(Campaign.objects.select_related("account"), pk=pk)
    converted = converted_of(request)
    found = campaign_statistics(campaign_id=pk, by=list(By), converted=converted)
    with connection.cursor() as cursor:
        totals = totals_of(cursor, campaign_ids=[pk])[pk]
    calls = f"{address_of_tab(pk, CALLS)}&counts=1"
    tables = [_table(found, by, title, parameter, calls) for by, title, parameter in SHOWN]
    tables = [one for one in tables if len(one["rows"]) > (1 if one["by"] in _WITH_SEVERAL else 0)]
    context = {
        **tab_page(request, campaign, tab=RESULTS),
        "total": found.total,
        "told_by": campaign.account.api.name,
        "funnel": _funnel(found, totals.leads, campaign_id=pk),
        "outcomes": _outcomes(found.total, calls),
        "dispositions": _dispositions(found, converted, calls),
        "converted": converted,
        "tables": tables,
        "series": {str(one["by"]): _series(one["rows"]) for one in tables},
        "calls": calls,
        "as_of": timezone.now(),
    }
    return render(request, "admin/campaigns/results.html", context)


def _of(found: Statistics, by: By) -> list[Figures]:
    return [row for row in found.rows if row.by == by]


def _funnel(found: Statistics, leads: int, *, campaign_id: int) -> list[dict[str, Any]]:
    """Return the steps from leads to conversions, each with its share of the leads."""
    people, calls = address_of_tab(campaign_id, PEOPLE), f"{address_of_tab(campaign_id, CALLS)}&counts=1"
    first = next((row.calls for row in _of(found, By.ATTEMPT) if row.value == "1"), 0)
    steps: list[tuple[str, int | None, str]] = [
        ("Leads", leads, people),
        ("Called at least once", first, f"{calls}&nth=1"),
        ("Calls answered by a person", found.total.contacts, f"{calls}&outcome__exact=ANSWERED"),
        ("Conversions", found.total.conversions, f"{calls}&outcome__exact=ANSWERED"),
    ]
    return [
        {"label": label, "count": count, "url": url, "percent": min(100, round(100 * count / leads)) if leads else 0}
        for label, count, url in steps
        if count is not None
    ]


def _outcomes(total: Figures, calls: str) -> list[dict[str, Any]]:
    return [
        {"key": outcome, "label": in_words(outcome), "count": count, "url": f"{calls}&outcome__exact={outcome}",
         "percent": 100 * count / total.calls}
        for outcome, count in total.outcomes.most_common()
    ]  # fmt: skip


def _dispositions(found: Statistics, converted: Sequence[str], calls: str) -> list[dict[str, Any]]:
    rows = sorted(_of(found, By.DISPOSITION), key=lambda row: -row.calls)
    return [
        {"row": row, "is_converted": row.value in converted, "url": f"{calls}&disposition={quote(row.value)}"}
        for row in rows
    ]


def _table(found: Statistics, by: By, title: str, parameter: str, calls: str) -> dict[str, Any]:
    rows = _of(found, by)
    return {
        "by": by,
        "title": title,
        "rows": rows,
        "linked": [(row, f"{calls}&{parameter}={row.value}" if parameter else "") for row in rows],
    }


def _series(rows: Sequence[Figures]) -> dict[str, Any]:
    """Return rows as the chart draws them."""
    outcomes = dict.fromkeys(outcome for row in rows for outcome in row.outcomes)
    return {
        "labels": [row.name for row in rows],
        "outcomes": {outcome: [row.outcomes.get(outcome, 0) for row in rows] for outcome in outcomes},
    }
