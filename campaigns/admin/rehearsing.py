"""Rehearse a campaign: nobody is called. The page asks, starts the rehearsal and shows it beside its forecast."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from campaigns.acts import REHEARSE, SEE_CAMPAIGNS
from campaigns.models import Campaign, Rehearsal
from campaigns.rehearsing.hurrying import DIFFERENT_HOURS, DIFFERENT_PEOPLE
from campaigns.rehearsing.rehearsal import rehearse
from campaigns.rehearsing.report import report_of
from campaigns.states.campaigns import UnableToOperate
from dialer.admin.pages import ask_page, part
from dialer.admin.ruled import own_view

PAGE, PART = "admin/campaigns/rehearsal.html", "admin/campaigns/rehearsal_report.html"
#: The status that makes htmx stop asking for a part: nothing in it will change.
LAST_PART = 286
NOTES = (
    "A copy of it runs on the sandbox account of its provider, which this installation plays by itself: the same "
    "people, template, retries, caps and limits. The numbers may be real: no phone rings, no provider is asked.",
    DIFFERENT_HOURS,
    DIFFERENT_PEOPLE,
)


class RehearseForm(forms.Form):
    """Nothing is asked."""


def rehearsing_urls() -> list[URLPattern]:
    """Return the addresses of the pages."""
    return [
        path("<int:pk>/rehearse/", own_view(rehearse_page, act=REHEARSE), name="campaigns_campaign_rehearse"),
        path("<int:pk>/rehearsal/", own_view(rehearsal_page, act=SEE_CAMPAIGNS), name="campaigns_campaign_rehearsal"),
    ]


def rehearse_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then start the rehearsal and lead to it."""
    campaign, form = get_object_or_404(Campaign, pk=pk), RehearseForm(request.POST or None)
    if request.method == "POST":
        try:
            made = rehearse(campaign_id=pk, by=request.user.get_username(), now=timezone.now())
            messages.success(request, "The rehearsal runs. Nobody is called.")
            return redirect("admin:campaigns_campaign_rehearsal", made.campaign_id)
        except UnableToOperate as problem:
            messages.error(request, f"{campaign.name} cannot be rehearsed: {problem}")
            return redirect(request.path)
    back = reverse("admin:campaigns_campaign_live", args=[pk])
    title, label = f"Rehearse {campaign.name}?", "Rehearse it: nobody is called"
    return ask_page(request, form=form, title=title, label=label, back=back, model=Campaign, notes=NOTES)


def rehearsal_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what came of a rehearsal beside its forecast; with ``part``, what changes of the page."""
    rehearsal = get_object_or_404(Rehearsal.objects.select_related("campaign", "of"), campaign_id=pk)
    report = report_of(rehearsal=rehearsal, now=timezone.now())
    context: dict[str, Any] = {"report": report}
    if "part" in request.GET:
        return part(request, PART, context, status=LAST_PART if report.is_over else 200)
    title = f"Rehearsal of {rehearsal.of.name}"
    return render(
        request, PAGE, {**admin.site.each_context(request), "title": title, "opts": Campaign._meta, **context}
    )
