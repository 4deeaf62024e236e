"""Hosted dialers: what the provider's own dialer of a campaign does, and what is in its way. Read-only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from campaigns.acts import SEE_BATCHES, SEE_SWITCHINGS
from campaigns.hosting.showing import shown, switch_words
from campaigns.models import HostedDialer
from dialer.admin.base import ReadOnly
from dialer.admin.typed import ModelAdmin, display

TONES = {"On": "success", "Off": "default", "Not known": "danger", "Not made yet": "info"}
#: So many of the latest switchings and batches are shown on the page of a dialer.
MOST_SHOWN = 50


@admin.register(HostedDialer)
class HostedDialerAdmin(ReadOnly, ModelAdmin[HostedDialer]):
    """Hosted dialers."""

    empty_hint = "A campaign that runs on the provider’s dialer has one, from its start."
    list_display = (
        "campaign",
        "account",
        "condition_label",
        "lines",
        "handed_over",
        "pending_numbers",
        "last_switch",
        "log_read_at",
        "in_its_way",
    )
    list_filter = (("account", AutocompleteSelectFilter), ("campaign", AutocompleteSelectFilter))
    list_select_related = ("campaign", "account")
    list_per_page = 50
    search_fields = ("name", "campaign__name")
    search_help_text = "Campaign, or its name at the provider"
    change_form_outer_after_template = "admin/campaigns/hosted.html"
    fieldsets = (
        (None, {"fields": ("campaign", "account", "did", "condition_label", "in_its_way")}),
        ("Numbers", {"fields": ("handed_over", "uncertain", "total_numbers", "pending_numbers", "read_at")}),
        ("Switching and log", {"fields": ("last_switch", "off_at", "log_read_at", "log_asked_at")}),
        ("At the provider", {"fields": ("name", "external_id", "lines", "told")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[HostedDialer]:
        """Read what was handed over, and the last switching, with the dialers."""
        return shown(super().get_queryset(request))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show all fields: nobody edits them."""
        return [name for _, options in self.fieldsets for name in options["fields"]]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Add the latest switchings and batches."""
        dialer = context["original"]
        context["may_see_switches"] = SEE_SWITCHINGS.may(request.user)
        context["may_see_batches"] = SEE_BATCHES.may(request.user)
        context["switches"] = dialer.switches.order_by("-asked_at", "-id")[:MOST_SHOWN]
        context["batches"] = dialer.batches.order_by("-id")[:MOST_SHOWN]
        return super().render_change_form(request, context, *args, **kwargs)

    @display(description="State", label=TONES)
    def condition_label(self, dialer: HostedDialer) -> str:
        """Return how it is at the provider, with a colour."""
        return dialer.condition

    @display(description="Handed over")
    def handed_over(self, dialer: Any) -> int:
        """Return how many numbers the provider took."""
        return int(dialer.numbers_added)

    @display(description="Without an answer")
    def uncertain(self, dialer: Any) -> int:
        """Return how many numbers went with a request that had no answer."""
        return int(dialer.numbers_uncertain)

    @display(description="Last switch")
    def last_switch(self, dialer: Any) -> str:
        """Return the last switching with its reason."""
        return switch_words(dialer.last_switch)

    @display(description="In its way")
    def in_its_way(self, dialer: HostedDialer) -> str:
        """Return its problems."""
        return "; ".join(dialer.problems)
