"""Calling a lead back, now or later, and taking that back: from the lead's page, and from the person's."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from campaigns.acts import WORK_LEADS
from campaigns.leads.callbacks import set_callback
from campaigns.models import Callback, Campaign, CampaignState, Lead, LeadState
from campaigns.rules.callback_times import at_wall, callback_choices
from campaigns.rules.deciding import LeadFacts, contact_zones
from campaigns.settling.callbacks_off import call_off_callback
from campaigns.states.campaigns import UnableToOperate
from dialer import reader
from dialer.admin.ruled import own_view
from dialer.admin.times import WallTimeField, instant_widget, shown

#: A person who may be in more zones has none of them offered.
_MOST_ZONES = 3
CALLED_AGAIN = (LeadState.PENDING, LeadState.DIALING, LeadState.COMPLETED, LeadState.EXHAUSTED)


def is_called_again(lead: Lead) -> bool:
    """Return whether a lead can be called again: who is out is not, and what was stopped calls nobody."""
    return lead.state in CALLED_AGAIN and lead.campaign.state != CampaignState.STOPPED


class CallBackForm(forms.Form):
    """When to call a lead again: one of the usual times, or any other by the clock of the campaign or of the person."""

    when = forms.ChoiceField(label="Call back", required=False, widget=UnfoldAdminSelectWidget())
    at = WallTimeField(
        label="Or at another time",
        required=False,
        widget=instant_widget(),
    )
    zone = forms.ChoiceField(label="By the clock of", required=False, widget=UnfoldAdminSelectWidget())
    note = forms.CharField(label="Note", required=False, max_length=200, widget=UnfoldAdminTextInputWidget())

    def __init__(self, data: Any = None, *, lead: Lead, now: datetime) -> None:
        super().__init__(data, auto_id=f"lead-{lead.pk}-%s")
        campaign_zone = lead.campaign.time_zone
        theirs = contact_zones(LeadFacts(number=lead.number, time_zone=lead.contact.time_zone))
        named = {campaign_zone: f"the campaign ({campaign_zone})"}
        if len(theirs) <= _MOST_ZONES:
            named |= {zone: f"the person ({zone})" for zone in theirs if zone != campaign_zone}
        self._choices = {one.key: one for one in callback_choices(zone=campaign_zone, now=now)}
        self._zone = campaign_zone
        when, zone = self.fields["when"], self.fields["zone"]
        assert isinstance(when, forms.ChoiceField)
        assert isinstance(zone, forms.ChoiceField)
        when.choices = [(key, one.label) for key, one in self._choices.items()]
        if reader.zone():
            named.setdefault(reader.zone(), f"yours ({reader.zone()})")
        zone.choices = [*named.items(), *([] if "UTC" in named else [("UTC", "UTC")])]

    def clean(self) -> dict[str, Any]:
        """Add ``instant``. Raises ValidationError where no time is chosen."""
        data = super().clean() or {}
        wall, key = data.get("at"), data.get("when")
        if wall is not None:
            data["instant"] = at_wall(wall, data.get("zone") or self._zone)
        elif key in self._choices:
            data["instant"] = self._choices[key].at
        elif not self.errors:
            raise forms.ValidationError("Choose when to call back.")
        return data


def call_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Set a callback for a lead, for those who may change campaigns."""
    lead, now = _lead(pk), timezone.now()
    form = CallBackForm(request.POST or None, lead=lead, now=now)
    if request.method == "POST" and form.is_valid():
        _set(request, lead, at=form.cleaned_data["instant"], note=form.cleaned_data["note"], now=now)
    for problems in form.errors.values():
        messages.error(request, " ".join(str(one) for one in problems))
    return _back(request, lead)


def call_now(request: HttpRequest, pk: int) -> HttpResponse:
    """Call a lead as soon as a rule and a line let it, before all others."""
    lead, now = _lead(pk), timezone.now()
    _set(request, lead, at=now, note="", now=now)
    return _back(request, lead)


def call_off(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a callback back."""
    lead = _lead(pk)
    try:
        call_off_callback(lead_id=lead.pk, by=request.user.get_username(), now=timezone.now())
        lead.refresh_from_db()
        messages.success(request, f"The callback is called off. It is {lead.get_state_display().lower()} now.")
    except UnableToOperate as error:
        messages.error(request, str(error))
    return _back(request, lead)


def callback_urls() -> list[URLPattern]:
    """Return the addresses of these acts, under the list of leads."""
    return [
        path("<int:pk>/call-back/", own_view(call_back, act=WORK_LEADS), name="campaigns_lead_call_back"),
        path("<int:pk>/call-now/", own_view(require_POST(call_now), act=WORK_LEADS), name="campaigns_lead_call_now"),
        path("<int:pk>/call-off/", own_view(require_POST(call_off), act=WORK_LEADS), name="campaigns_lead_call_off"),
    ]


def _lead(pk: int) -> Lead:
    return get_object_or_404(Lead.objects.select_related("campaign", "contact"), pk=pk)


def _set(request: HttpRequest, lead: Lead, *, at: datetime, note: str, now: datetime) -> None:
    try:
        made = set_callback(lead_id=lead.pk, at=at, note=note, by=request.user.get_username(), now=now)
    except UnableToOperate as error:
        messages.error(request, str(error))
        return
    messages.success(request, _said(made, lead.campaign, now))
    state = Campaign.objects.values_list("state", flat=True).get(pk=lead.campaign_id)
    if state != CampaignState.RUNNING:
        name = CampaignState(state).label.lower()
        messages.warning(request, f"{lead.campaign.name} is {name}: nobody is called before it runs.")


def _said(made: Callback, campaign: Campaign, now: datetime) -> str:
    if made.due_at <= now:
        return "It is called as soon as a line is free, before all others."
    due = shown(made.due_at, zone=campaign.time_zone, now=now)
    later = " The rules permit it no earlier." if made.due_at > made.at else ""
    return format_html("It is called back from {} on, before all others.{}", due, later)


def _back(request: HttpRequest, lead: Lead) -> HttpResponse:
    """Return to the page that the form stood on."""
    if request.POST.get("then") == "person":
        return HttpResponseRedirect(reverse("admin:campaigns_contact_person", args=[lead.contact_id]))
    return HttpResponseRedirect(reverse("admin:campaigns_lead_change", args=[lead.pk]))
