"""DIDs and agents: what calls are placed from, and who takes them, with their live calls."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter

from dialer.accounts.pick_lists import OR_TYPE, PickLists
from dialer.accounts.use import are_lines_used, live_calls, of_limit, users_of
from dialer.admin.base import NoBulkDelete, NumberSearch
from dialer.admin.declared import PickWidget
from dialer.admin.staffing import AgentStaffing
from dialer.admin.stops import TellsStops
from dialer.admin.typed import ModelAdmin, TabularInline, display
from dialer.models import DID, Agent, DIDGroup, ProviderAccount


class _LineInline(TabularInline[Any, ProviderAccount]):
    extra = 0
    hide_title = True
    per_page = 50

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse once calls may have been placed with the account's lines: they are switched off instead."""
        return super().has_delete_permission(request, obj) and (obj is None or not are_lines_used(obj))


class DIDInline(_LineInline):
    """The account's DIDs on the account's page."""

    model = DID
    fields = ("number", "label", "max_live_calls", "is_active")
    verbose_name_plural = "DIDs"


class AgentInline(_LineInline):
    """The account's agents on the account's page."""

    model = Agent
    fields = ("name", "kind", "address", "max_live_calls", "wrap_up_seconds", "is_available")


class _Line(TellsStops, NoBulkDelete, ModelAdmin[Any]):
    """What DIDs and agents have in common."""

    autocomplete_fields = ("account",)
    list_select_related = ("account",)
    list_per_page = 50

    def is_unused(self, obj: Any) -> bool:
        """Return whether the account's lines are not used yet; a used line is switched off instead."""
        return not are_lines_used(obj.account)

    def users_of(self, obj: DID | Agent) -> list[str]:
        """Return the campaigns that call with it."""
        return users_of(obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Count live calls with the rows."""
        rows: QuerySet[Any] = super().get_queryset(request).annotate(live_now=live_calls(self.model))
        return rows

    @display(description="Live calls")
    def calls(self, line: Any) -> str:
        """Return live calls and their limit."""
        return of_limit(line.live_now, limit=line.max_live_calls)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Keep the account: attempts belong to it."""
        return ["account", "calls"] if obj else []


@admin.register(DID)
class DIDAdmin(NumberSearch, _Line):
    """Numbers that calls are placed from."""

    list_display = ("number", "label", "account", "calls", "is_active")
    list_filter = (("account", AutocompleteSelectFilter), ("is_active", BooleanRadioFilter))
    search_help_text = "Number or label"

    def search_otherwise(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        """Find by label or a part of the number: DIDs are few."""
        return queryset.filter(label__icontains=term) | queryset.filter(number__contains=term)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show live calls of a DID that is there."""
        known = ["calls"] if obj else []
        caps = [("max_calls_per_hour", "max_calls_per_day")]
        rest = ["rest_below_answer_percent", ("rest_after_calls", "rest_minutes"), "resting_until"]
        return ["account", "number", "label", "max_live_calls", "is_active", *caps, *rest, *known]


class DIDGroupForm(forms.ModelForm[DIDGroup]):
    """Refuses DIDs of another account."""

    def clean(self) -> dict[str, Any]:
        """Check what belongs together."""
        super().clean()
        account = self.cleaned_data.get("account")
        dids = self.cleaned_data.get("dids") or ()
        strangers = [str(did) for did in dids if account is not None and did.account_id != account.pk]
        if strangers:
            self.add_error("dids", f"Not of the account {account}: {', '.join(strangers[:5])}. Take them out.")
        return self.cleaned_data


@admin.register(DIDGroup)
class DIDGroupAdmin(TellsStops, NoBulkDelete, ModelAdmin[DIDGroup]):
    """DIDs that campaigns take together."""

    form = DIDGroupForm
    list_display = ("name", "account", "numbers")
    list_filter = (("account", AutocompleteSelectFilter),)
    list_select_related = ("account",)
    search_fields = ("name",)
    search_help_text = "Name"
    autocomplete_fields = ("account",)
    filter_horizontal = ("dids",)

    def is_unused(self, obj: Any) -> bool:
        """Return whether no calls are placed with it."""
        return not users_of(obj)

    def users_of(self, obj: DIDGroup) -> list[str]:
        """Return the campaigns that take it."""
        return users_of(obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Count the DIDs with the groups."""
        rows: QuerySet[Any] = super().get_queryset(request).annotate(dids_count=Count("dids"))
        return rows

    @display(description="DIDs")
    def numbers(self, group: Any) -> int:
        """Return how many DIDs it has."""
        return int(group.dids_count)


@admin.register(Agent)
class AgentAdmin(AgentStaffing, _Line):
    """Humans who take calls."""

    list_display = ("name", "account", "kind", "address", "calls", "wrap_up_seconds", "is_available", "in_the_way")
    list_filter = (
        ("account", AutocompleteSelectFilter),
        ("is_available", BooleanRadioFilter),
        ("is_disabled_there", BooleanRadioFilter),
    )
    search_fields = ("name", "address")
    search_help_text = "Name or address"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show live calls, and what the provider says, of an agent who is there."""
        known = ["in_the_way", "is_disabled_there", "expires_there_at", "calls"] if obj else []
        own = ["name", "kind", "address", "max_live_calls", "wrap_up_seconds", "is_available", "expires_at"]
        return ["account", *own, *known]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Show what the provider says."""
        there = ["in_the_way", "is_disabled_there", "expires_there_at"] if obj else []
        return [*super().get_readonly_fields(request, obj), *there]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the extensions that were read at the providers; user names and numbers are typed."""
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        extensions = PickLists().every("EXTENSION") if db_field.name == "address" else []
        if extensions:
            field.widget = PickWidget(choices=[("", "—"), *extensions])
            field.help_text = f"{field.help_text} {OR_TYPE}"
        return field

    @display(description="No calls because")
    def in_the_way(self, agent: Agent) -> str:
        """Return why the agent is given no calls."""
        return agent.why_unused(now=timezone.now()) or "–"
