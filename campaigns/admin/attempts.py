"""Attempts: every call with its timeline, transcript and recording. Read-only: the dialer alone writes them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, DropdownFilter

from campaigns.acts import LISTEN, SEE_CONTACTS
from campaigns.admin.calls import CallPages
from campaigns.admin.linked_filters import LINKED
from campaigns.admin.notes import NotePages, notes_context
from campaigns.admin.regions import HomeNumberSearch
from campaigns.admin.tab_lists import CallList
from campaigns.admin.talk import findings, turns
from campaigns.models import Attempt, AttemptState
from campaigns.results.addresses import hidden_facts
from dialer.acts.telephone import SEE_ACCESSES
from dialer.admin.base import BigTable
from dialer.admin.figures import spent
from dialer.admin.ranges import TimeRange
from dialer.admin.sandbox_badge import with_badge
from dialer.admin.times import shown
from dialer.admin.typed import ModelAdmin, display
from dialer.models import ProviderAccount

OUTCOME_TONES = {
    "ANSWERED": "success",
    "NO_ANSWER": "warning",
    "BUSY": "warning",
    "MACHINE": "info",
    "FAILED": "danger",
    "CANCELED": "default",
    "REFUSED": "danger",
    "UNCERTAIN": "danger",
    "LOST": "danger",
}
TOLD_BY = {"PUSH": "Push of the provider", "POLL": "Our question about the call", "LOG": "The provider's log"}
SPEEDS = ("0.75", "1", "1.25", "1.5", "2")
STEPS = (
    ("reserved_at", "Slot reserved"),
    ("placing_at", "Request sent"),
    ("placed_at", "Taken by the provider"),
    ("answered_at", "Answered"),
    ("ended_at", "Ended"),
)


class Live(DropdownFilter):  # type: ignore[misc]
    """Calls that have no end yet, or those that have."""

    title = "whether it is under way"
    parameter_name = "live"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [("1", "Under way"), ("0", "Ended")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Attempt]) -> QuerySet[Attempt]:
        """Return the rows of the choice."""
        if self.value() not in ("0", "1"):
            return queryset
        return queryset.filter(ended_at__isnull=self.value() == "1")


class StateFilter(ChoicesDropdownFilter):  # type: ignore[misc]  # unfold has no types
    """Calls by state. Live ones are few, and found by their index, however many have ended."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Attempt]) -> QuerySet[Attempt]:
        """Return the rows of the choice."""
        rows: QuerySet[Attempt] = super().queryset(request, queryset)
        return rows.filter(ended_at=None) if self.value() not in (None, "", AttemptState.ENDED) else rows


@admin.register(Attempt)
class AttemptAdmin(CallList, HomeNumberSearch, NotePages, CallPages, BigTable, ModelAdmin[Attempt]):
    """Attempts."""

    empty_hint = "Every call that a campaign makes is listed here."
    list_display = ("attempt", "number", "campaign", "DID", "agent", "state", "outcome_label", "length", "reserved")
    list_filter = (
        ("campaign", AutocompleteSelectFilter),
        ("state", StateFilter),
        ("outcome", ChoicesDropdownFilter),
        Live,
        ("account", AutocompleteSelectFilter),
        ("did", AutocompleteSelectFilter),
        ("agent", AutocompleteSelectFilter),
        ("reserved_at", TimeRange),
        *LINKED,
    )
    list_filter_submit = True
    list_select_related = ("campaign", "did", "agent")
    search_help_text = "Whole number, #id, reference or provider's id"
    fieldsets = (
        (
            "Everything that is stored of it",
            {
                "classes": ("collapse",),
                "fields": (
                    "number",
                    "campaign",
                    "lead",
                    "account",
                    "did",
                    "agent",
                    "state",
                    "outcome",
                    "told_by",
                    "disagreement",
                    "shown_absence",
                    "disposition",
                    "talk_seconds",
                    "duration_seconds",
                    "disconnected_by",
                    "digits",
                    "cost",
                    "refusal",
                    "is_burned",
                    "shown_detail",
                    "reference",
                    "external_id",
                    "send_at",
                    "next_poll_at",
                    "deadline_at",
                ),
            },
        ),
    )
    change_form_outer_before_template = "admin/campaigns/call.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attempt]:
        """Leave transcripts and analyses out of lists: they are large."""
        rows = super().get_queryset(request)
        return (
            rows if request.resolver_match and request.resolver_match.kwargs else rows.defer("transcript", "analysis")
        )

    def search_otherwise(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        """Find by our reference or the provider's id."""
        try:
            return queryset.filter(reference=uuid.UUID(term))
        except ValueError:
            # The index on the provider's id begins with the account.
            return queryset.filter(
                account__in=list(ProviderAccount.objects.values_list("pk", flat=True)), external_id=term
            )

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Add what the call was, its recording and transcript, what followed, and its timeline."""
        attempt = context["original"]
        context["zone"] = attempt.campaign.time_zone
        context["head"] = list(head(attempt, now=timezone.now()))
        context["tone"] = OUTCOME_TONES.get(attempt.outcome or "", "default")
        context["speeds"] = SPEEDS
        context["shown_detail"] = self.shown_detail(attempt)
        context["timeline"] = timeline(attempt)
        hide = partial(hidden_facts, attempt_id=attempt.pk, recording_url=attempt.recording_url)
        context["turns"] = turns(hide(attempt.transcript), answered_at=attempt.answered_at)
        context["analysis"] = list(findings(hide(attempt.analysis)))
        context["may_see_person"] = SEE_CONTACTS.may(request.user)
        # The provider's address of a recording is a secret and a stranger's word: it is never shown.
        context["may_see_accesses"] = SEE_ACCESSES.may(request.user)
        context["may_listen"] = LISTEN.may(request.user)
        context["may_join"] = bool(attempt.external_id) and attempt.account.api.capabilities.adds_participants
        context |= notes_context(request, attempt)
        return super().render_change_form(request, context, *args, **kwargs)

    @display(description="Attempt")
    def attempt(self, attempt: Attempt) -> str | SafeString:
        """Return its id."""
        return with_badge(f"#{attempt.pk}", is_sandbox=attempt.is_rehearsal)

    @display(description="DID")
    def DID(self, attempt: Attempt) -> str | None:
        """Return the number that it was placed from."""
        return attempt.did.number if attempt.did else None

    @display(description="Outcome", label=OUTCOME_TONES)
    def outcome_label(self, attempt: Attempt) -> tuple[str, str] | None:
        """Return the outcome with its colour."""
        return (attempt.outcome, attempt.get_outcome_display()) if attempt.outcome else None

    @display(description="Detail")
    def shown_detail(self, attempt: Attempt) -> str:
        """Return what the provider or we say of it, without an address of the recording."""
        return str(hidden_facts(attempt.detail, attempt_id=attempt.pk, recording_url=attempt.recording_url))

    @display(description="Call log")
    def shown_absence(self, attempt: Attempt) -> str:
        """Return what the account's log showed by not having the call."""
        return attempt.absence

    @display(description="Where the result came from (told by)")
    def told_by(self, attempt: Attempt) -> str:
        """Return what told the outcome."""
        return TOLD_BY.get(attempt.outcome_source, "The reply, or our own conclusion") if attempt.outcome else ""

    @display(description="When")
    def reserved(self, attempt: Attempt) -> str:
        """Return when it was made, by the campaign's clock."""
        return shown(attempt.reserved_at, zone=attempt.campaign.time_zone, now=timezone.now())

    @display(description="Length")
    def length(self, attempt: Attempt) -> str | None:
        """Return how long it lasted."""
        return f"{attempt.length_seconds:.0f} s" if attempt.length_seconds is not None else None


def _link(page: str, pk: int, said: object) -> str:
    return format_html('<a class="d-link" href="{}">{}</a>', reverse(page, args=[pk]), said)


def head(attempt: Attempt, *, now: datetime) -> Iterator[tuple[str, Any]]:
    """Yield what the head of the page says of a call, as names and values."""
    zone = attempt.campaign.time_zone
    yield "When", shown(attempt.placing_at or attempt.reserved_at, zone=zone, now=now, seconds=True)
    yield "Campaign", _link("admin:campaigns_campaign_live", attempt.campaign_id, attempt.campaign)
    yield "Lead", _link("admin:campaigns_lead_change", attempt.lead_id, f"#{attempt.lead_id}")
    if attempt.talk_seconds is not None:
        yield "Talk", f"{attempt.talk_seconds:.0f} s"
    if attempt.duration_seconds is not None:
        yield "Length", f"{attempt.duration_seconds:.0f} s"
    if attempt.did is not None:
        yield "From", attempt.did.number
    if attempt.agent is not None:
        yield "Agent", attempt.agent.name
    if attempt.cost:
        yield "Cost", attempt.cost
    if attempt.disconnected_by:
        yield "Hung up", attempt.disconnected_by
    yield "Account", attempt.account


def _short(seconds: float) -> str:
    """Return how long a step took: 87 ms, 3.1 s, 2 min 5 s."""
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 60 else spent(seconds)


def timeline(attempt: Attempt) -> list[dict[str, Any]]:
    """Return the steps of an attempt that have happened, each with the seconds since the one before."""
    happened = [(title, at) for name, title in STEPS if (at := getattr(attempt, name)) is not None]
    steps = []
    before: datetime | None = None
    for title, at in sorted(happened, key=lambda step: step[1]):
        seconds = (at - before).total_seconds() if before else None
        steps.append({"title": title, "at": at, "after": None if seconds is None else f"+{_short(seconds)}"})
        before = at
    return steps
