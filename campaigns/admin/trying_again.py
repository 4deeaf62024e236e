"""Calls that went wrong alike, tried again: a page says how many people that is, and calls them once it is meant."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path

from campaigns.acts import WORK_LEADS
from campaigns.admin.people import MOST_CALLED, call_again
from campaigns.admin.tabs import LIVE, address_of_tab
from campaigns.explaining.errors_lately import calls_of_key, said_of_key
from campaigns.models import Attempt, Campaign, LeadState
from dialer.admin.pages import ask_page
from dialer.admin.ruled import own_view

#: Leads that can be called again; the others are on the line, suppressed, or out.
CALLED_AGAIN = (LeadState.PENDING, LeadState.COMPLETED, LeadState.EXHAUSTED)


class TryAgainForm(forms.Form):
    """Nothing is asked but whether it is meant."""


def trying_again_urls() -> list[URLPattern]:
    """Return the address of the page."""
    view = own_view(try_again_page, act=WORK_LEADS)
    return [path("<int:pk>/try-again/", view, name="campaigns_campaign_try_again")]


def try_again_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Say whom it concerns; on POST have them called as soon as hours and limits let them."""
    campaign, key = get_object_or_404(Campaign, pk=pk), request.GET.get("cause", "")
    try:
        said, lead_ids = said_of_key(key), leads_of(pk, key)
    except ValueError:
        raise Http404 from None
    back = address_of_tab(pk, LIVE)
    if request.method == "POST":
        if lead_ids:
            call_again(request, lead_ids, note=f"Tried again: {said}"[:200])
        else:
            messages.error(request, "None of them can be called again: they are on the line, suppressed, or out.")
        return redirect(back)
    people = "1 person" if len(lead_ids) == 1 else f"{len(lead_ids):,} people"
    notes = [
        f"{said}. {people} of these calls can be called again: before all others, within hours and limits.",
        "Mend the cause first, or they are refused again.",
    ]
    if len(lead_ids) == MOST_CALLED:
        notes.append(f"No more than {MOST_CALLED:,} at once: do it again for the rest.")
    form: Any = TryAgainForm()
    return ask_page(
        request, form=form, title=f"{campaign.name}: try again", label=f"Call {people} again", back=back,
        model=Campaign, notes=notes,
    )  # fmt: skip


def leads_of(campaign_id: int, key: str) -> list[int]:
    """Return the leads of a group's calls that can be called again. Raises ValueError for a key that is none."""
    calls = calls_of_key(Attempt.objects.filter(campaign_id=campaign_id), key=key)
    leads = calls.filter(lead__state__in=CALLED_AGAIN).order_by("lead_id").values_list("lead_id", flat=True).distinct()
    return list(leads[:MOST_CALLED])
