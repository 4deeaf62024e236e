"""The form of a campaign that rings my own phone first."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.widgets import UnfoldAdminTextInputWidget

from campaigns.admin.tabs import SET_UP, address_of_tab
from campaigns.leads.single_calls import call_once
from campaigns.lifecycle.standing import standing_campaign
from campaigns.models import Campaign
from campaigns.states.campaigns import UnableToOperate
from dialer.acts import Act
from dialer.numbers import NumberProblem, normalise
from dialer.reader import at_clocks


class OwnPhoneForm(forms.Form):
    """A phone to ring as a contact of the campaign would be rung."""

    number = forms.CharField(
        label="My own phone",
        max_length=40,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "+919812345678"}),
        help_text="Calls this number once with the campaign's template, by the rules of test calls: 09:00 to 21:00 in "
        "the account's zone.",
    )

    def clean_number(self) -> str:
        """Return the number in E.164 form."""
        number = normalise(self.cleaned_data["number"], region=None)
        if isinstance(number, NumberProblem):
            raise forms.ValidationError(number.message)
        return number


def ring_own_phone(request: HttpRequest, pk: int) -> HttpResponse:
    """Call a number as the campaign would: a lead in the standing campaign of its account and template."""
    campaign = get_object_or_404(Campaign.objects.select_related("account", "template"), pk=pk)
    form = OwnPhoneForm(request.POST or None)
    now = timezone.now()
    if request.method == "POST" and form.is_valid():
        try:
            standing = standing_campaign(
                account=campaign.account,
                template=campaign.template,
                purpose="Test calls",
                now=now,
                by=request.user.get_username(),
            )
            lead, _ = call_once(campaign=standing, number=form.cleaned_data["number"], at=None, variables={}, now=now)
            of_lead = reverse("admin:campaigns_lead_change", args=[lead.pk])
            due = at_clocks(lead.next_attempt_at, zone=campaign.time_zone, now=now)
            called = f"Your phone is called from {due} on."
            if request.POST.get("then") == "start":
                link = format_html('<a class="d-link" href="{}">What becomes of it</a>', of_lead)
                messages.success(request, format_html("{} {}", called, link))
                return HttpResponseRedirect(_start_page_of(pk))
            messages.success(request, called)
            return HttpResponseRedirect(of_lead)
        except UnableToOperate as error:
            messages.error(request, str(error))
    _say(request, form)
    is_before_start = request.POST.get("then") == "start"
    return HttpResponseRedirect(_start_page_of(pk) if is_before_start else address_of_tab(pk, SET_UP))


def _start_page_of(pk: int) -> str:
    return reverse("admin:campaigns_campaign_operate", args=[pk, "start"])


def _say(request: HttpRequest, form: forms.Form) -> None:
    for problems in form.errors.values():
        messages.error(request, " ".join(str(one) for one in problems))


def form_for(act: Act, request: HttpRequest, form: type[forms.Form]) -> Any:
    """Return an empty form for those who may do ``act``, else None."""
    return form() if act.may(request.user) else None
