"""How a campaign is set up, to be read: every field in words, what it names as links, and the way to the form."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time
from functools import partial
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, ManyToManyField, Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst

from campaigns.acts import CALL, SEE_CAMPAIGNS
from campaigns.admin.asking import OwnPhoneForm, form_for
from campaigns.admin.shown import in_words_of
from campaigns.admin.tabs import SET_UP, tab_page
from campaigns.models import Campaign, CampaignRun
from dialer.acts import of
from dialer.admin.ruled import own_view
from dialer.admin.times import shown

#: So many rows that a field names are named.
NAMED = 50
RUNS = 10


def set_up_urls(model_admin: Any) -> list[URLPattern]:
    """Return the address of the tab."""
    view = own_view(partial(set_up_page, model_admin=model_admin), act=SEE_CAMPAIGNS)
    return [path("<int:pk>/set-up/", view, name="campaigns_campaign_set_up")]


def set_up_page(request: HttpRequest, pk: int, *, model_admin: Any) -> HttpResponse:
    """Show the tab."""
    campaign = Campaign.objects.select_related("account", "template", "profile").filter(pk=pk).first()
    if campaign is None:
        raise Http404
    context = {
        **tab_page(request, campaign, tab=SET_UP),
        "sections": list(_sections(request, model_admin, campaign)),
        "may_edit": model_admin.has_change_permission(request, campaign),
        "runs": CampaignRun.objects.filter(campaign=campaign).select_related("child").order_by("-id")[:RUNS],
        "ask_form": form_for(CALL, request, OwnPhoneForm),
        "ask_url": reverse("admin:campaigns_campaign_ring", args=[pk]),
        "ask_title": "Try it on yourself",
        "ask_label": "Ring it",
    }
    return render(request, "admin/campaigns/set_up.html", context)


def _sections(
    request: HttpRequest, model_admin: Any, campaign: Campaign
) -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    for title, options in in_words_of(model_admin.fieldsets):
        names = [name for one in options["fields"] for name in (one if isinstance(one, tuple) else (one,))]
        yield title, [_line(request, model_admin, campaign, name) for name in names]


def _line(request: HttpRequest, model_admin: Any, campaign: Campaign, name: str) -> tuple[str, Any]:
    """Return the label and the value of a field, or of a column in words."""
    try:
        field: Any = Campaign._meta.get_field(name)
    except FieldDoesNotExist:
        shown = getattr(model_admin, name)
        return shown.short_description, shown(campaign) or "–"
    return capfirst(str(field.verbose_name)), _value(request, campaign, field)


def _value(request: HttpRequest, campaign: Campaign, field: Field[Any, Any]) -> Any:
    if isinstance(field, ManyToManyField):
        rows = list(getattr(campaign, field.name).all()[: NAMED + 1])
        links = format_html_join(", ", "{}", ((_linked(request, row),) for row in rows[:NAMED]))
        return (format_html("{} …", links) if len(rows) > NAMED else links) or "–"
    value = getattr(campaign, field.name)
    if isinstance(value, Model):
        return _linked(request, value)
    if field.choices:
        return getattr(campaign, f"get_{field.name}_display")() or "–"
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, datetime):
        return shown(value, zone=campaign.time_zone, now=timezone.now())
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value) or "–"
    return "–" if value in (None, "") else value


def _linked(request: HttpRequest, row: Model) -> Any:
    """Return a row with a link to its page, for those who may see it."""
    act = of(type(row), "view")
    if act is None or not act.may(request.user):
        return str(row)
    try:
        page = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    except NoReverseMatch:
        return str(row)
    return format_html('<a class="d-link" href="{}">{}</a>', page, row)
