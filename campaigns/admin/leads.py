"""Leads: who is called, how far each is, and what is next. The dialer alone writes them; people act on them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from campaigns.acts import EVIDENCE, SEE_CALLS, SEE_CONTACTS, WORK_LEADS
from campaigns.admin.attempts import OUTCOME_TONES
from campaigns.admin.callbacks import CallBackForm, callback_urls, is_called_again
from campaigns.admin.evidence import evidence
from campaigns.admin.explained import lines
from campaigns.admin.lead_filters import LastOutcome, Waits
from campaigns.admin.people import PeopleList
from campaigns.admin.regions import HomeNumberSearch
from campaigns.explaining.why_not_now import explain_lead
from campaigns.models import Lead, LeadState
from campaigns.results.addresses import hidden_facts
from dialer.admin.base import BigTable, ReadOnly
from dialer.admin.ruled import own_view
from dialer.admin.sandbox_badge import with_badge
from dialer.admin.times import shown
from dialer.admin.typed import ModelAdmin, display
from dialer.providers.vocabulary import in_words

TONES = {
    "PENDING": "default",
    "DIALING": "info",
    "COMPLETED": "success",
    "EXHAUSTED": "warning",
    "SUPPRESSED": "danger",
    "EXPIRED": "warning",
    "CANCELED": "danger",
}


@admin.register(Lead)
class LeadAdmin(PeopleList, HomeNumberSearch, ReadOnly, BigTable, ModelAdmin[Lead]):
    """Leads."""

    empty_hint = "Starting a campaign makes a lead of every contact in its lists."
    list_display = ("lead", "number", "campaign", "state_label", "attempts_made", "outcome", "next_at")
    list_filter = (("campaign", AutocompleteSelectFilter), ("state", ChoicesDropdownFilter), Waits, LastOutcome)
    list_filter_submit = True
    list_select_related = ("campaign__account", "contact")
    comes_at_once = True
    fields = (
        "number",
        "campaign",
        "contact",
        "state",
        "state_reason",
        "attempts_made",
        "last_outcome_name",
        "last_at",
        "next_at",
        "created",
        "ended",
    )
    change_form_outer_before_template = "admin/campaigns/explanation.html"
    change_form_outer_after_template = "admin/campaigns/lead_attempts.html"

    def get_urls(self) -> list[URLPattern]:
        """Add the callback, and the record of the number."""
        return [
            *callback_urls(),
            path("<int:pk>/evidence.<slug:form>", own_view(evidence, act=EVIDENCE), name="campaigns_lead_evidence"),
            *super().get_urls(),
        ]

    @display(description="Lead")
    def lead(self, lead: Lead) -> str | SafeString:
        """Return its person's name, and its id."""
        named = format_html('{} <span class="d-note">#{}</span>', lead.contact.name or "No name", lead.pk)
        return with_badge(named, is_sandbox=lead.in_sandbox)

    @display(description="State", label=TONES)
    def state_label(self, lead: Lead) -> tuple[str, str]:
        """Return the state with its colour."""
        return lead.state, lead.get_state_display()

    @display(description="Last outcome", label=OUTCOME_TONES)
    def outcome(self, lead: Lead) -> tuple[str, str] | None:
        """Return the last outcome with its colour."""
        return (lead.last_outcome, in_words(lead.last_outcome)) if lead.last_outcome else None

    @display(description="Last outcome")
    def last_outcome_name(self, lead: Lead) -> str:
        """Return the last outcome."""
        return in_words(lead.last_outcome) if lead.last_outcome else ""

    @display(description="Last attempt")
    def last_at(self, lead: Lead) -> str:
        """Return when it was called last, by the campaign's clock."""
        return shown(lead.last_attempt_at, zone=lead.campaign.time_zone, now=timezone.now())

    @display(description="Next attempt")
    def next_at(self, lead: Lead) -> str:
        """Return when it is due; nothing where it is no longer called."""
        due, now = lead.next_attempt_at if lead.state == LeadState.PENDING else None, timezone.now()
        at = shown(due, zone=lead.campaign.time_zone, now=now)
        return format_html("<span>due since {}</span>", at) if due is not None and due <= now else at

    @display(description="Made")
    def created(self, lead: Lead) -> str:
        """Return when the contact became a lead."""
        return shown(lead.created_at, zone=lead.campaign.time_zone, now=timezone.now())

    @display(description="Ended")
    def ended(self, lead: Lead) -> str:
        """Return when it ended."""
        return shown(lead.ended_at, zone=lead.campaign.time_zone, now=timezone.now())

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Add the attempts of the lead, the form for a callback, and why it is not called now."""
        lead = context["original"]
        may_call = WORK_LEADS.may(request.user) and is_called_again(lead)
        context["ask_form"] = CallBackForm(lead=lead, now=timezone.now()) if may_call else None
        context["zone"] = lead.campaign.time_zone
        context["may_see_person"] = SEE_CONTACTS.may(request.user)
        context["ask_url"] = reverse("admin:campaigns_lead_call_back", args=[context["original"].pk])
        context["ask_title"] = "Call back"
        context["ask_label"] = "Set the callback"
        context["explanation"] = explanation = explain_lead(lead_id=context["original"].pk, now=timezone.now())
        context["explained"] = lines(explanation) if explanation else []
        context["may_see_calls"] = SEE_CALLS.may(request.user)
        if context["may_see_calls"]:
            context["attempts"] = context["original"].attempts.select_related("did", "agent").order_by("-id")[:50]
            for one in context["attempts"]:
                one.detail = hidden_facts(one.detail, attempt_id=one.pk, recording_url=one.recording_url)
        return super().render_change_form(request, context, *args, **kwargs)
