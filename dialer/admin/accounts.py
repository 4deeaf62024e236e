"""Provider accounts: how to reach them, what they push to, and what reserving knows of them at the moment."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import BooleanRadioFilter

from dialer import providers
from dialer.accounts.key_maps import key_map
from dialer.accounts.push_address import renew_push_address
from dialer.accounts.result_troubles import as_lines, troubles
from dialer.accounts.use import is_account_used, live_calls, longest_call, of_limit, switched_off, users_of
from dialer.acts.telephone import ADD_TEXT, BUY, CHANGE_ACCOUNTS, HIRE, OPEN_SANDBOX
from dialer.admin.account_form import account_form, inputs_of
from dialer.admin.buying import AccountBuying
from dialer.admin.lines import AgentInline, DIDInline
from dialer.admin.places import places
from dialer.admin.ruled import own_view
from dialer.admin.sandbox import sandbox_urls
from dialer.admin.sandbox_badge import with_badge
from dialer.admin.stops import TellsStops
from dialer.admin.suggesting import suggest
from dialer.admin.synced import progress_of
from dialer.admin.typed import ModelAdmin, display
from dialer.encryption import unreadable_fields
from dialer.models import AccountSync, ProviderAccount, unreadable_text

LIMITS = (
    "max_live_calls",
    "calls_per_second",
    "max_call_seconds",
    "poll_after_seconds",
    "reply_timeout_seconds",
    "uses_fleet_bound",
    "fleet_lag_seconds",
    "fleet_poll_seconds",
)
MASK = "••••••••"


@admin.register(ProviderAccount)
class ProviderAccountAdmin(TellsStops, AccountBuying, ModelAdmin[ProviderAccount]):
    """Accounts, each with its DIDs and agents."""

    empty_hint = "An account at a telephony company: its address, its key and its numbers."
    list_display = ("name", "provider_name", "calls", "fleet", "waiting", "synced", "is_active")
    list_filter = (("is_active", BooleanRadioFilter),)
    list_select_related = ("gate", "last_sync")
    search_fields = ("name",)
    search_help_text = "Name"
    list_per_page = 50
    warn_unsaved_form = True
    list_before_template = "admin/dialer/open_sandbox.html"
    change_form_outer_before_template = "admin/dialer/open_sandbox.html"
    change_form_outer_after_template = "admin/dialer/account_push.html"

    class Media:
        js = ("dialer/account.js", "dialer/sync.js")

    def save_model(self, request: HttpRequest, obj: ProviderAccount, form: Any, change: bool) -> None:
        """Save; of an account that is switched off nothing leaves any more when the page is shown again."""
        super().save_model(request, obj, form, change)
        if change and "is_active" in form.changed_data and not obj.is_active:
            transaction.on_commit(partial(_wait_out, request, obj))

    def is_unused(self, obj: ProviderAccount) -> bool:
        """Return whether the account has neither lines nor calls; a used one is made inactive instead."""
        return not (obj.dids.exists() or obj.agents.exists() or is_account_used(obj))

    def users_of(self, obj: ProviderAccount) -> list[str]:
        """Return the campaigns that call with it."""
        return users_of(obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProviderAccount]:
        """Count live calls with the accounts."""
        rows: QuerySet[Any] = super().get_queryset(request).annotate(live_now=live_calls(ProviderAccount))
        return rows

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Offer the sandbox to those who may open it."""
        may = OPEN_SANDBOX.may(request.user)
        return super().changelist_view(request, {**(extra_context or {}), "may_open_sandbox": may})

    @property
    def conditional_fields(self) -> dict[str, str]:
        """Show the inputs of the provider that is chosen in the form of a new account."""
        # The provider of an account that is there is no input: its own inputs are the only ones, and always shown.
        return {
            declared.input: f"typeof provider === 'undefined' || provider == '{slug}'"
            for slug in providers.slugs()
            for declared in inputs_of(slug)
        }

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm[ProviderAccount]]:
        """Build the form for the account's provider."""
        return super().get_form(request, obj, change, **{**kwargs, "form": account_form(obj)})

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Group the inputs; the present facts come last and are read-only."""
        slugs = [obj.provider] if obj else providers.slugs()
        if obj and obj.is_sandbox:
            slugs = []
        can_change = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        declared = [one.input for slug in slugs if slug in providers.slugs() and can_change for one in inputs_of(slug)]
        where = ["time_zone"] if obj and obj.is_sandbox else ["base_url", *declared, "time_zone"]
        sets: list[tuple[str | None, dict[str, Any]]] = [
            (None, {"fields": ["name", "provider_name" if obj else "provider", "is_active"]}),
            ("Connection", {"fields": where}),
            ("Limits", {"fields": list(LIMITS)}),
        ]
        if obj:
            sets.append(("Now", {"fields": ["calls", "fleet", "waiting", "fleet_count", "missing_results"]}))
        return sets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Keep the provider of an account: its DIDs, agents and calls belong to it."""
        return ["provider_name", "calls", "fleet", "waiting", "fleet_count", "missing_results"] if obj else []

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """Offer DIDs and agents once the account is there."""
        return [DIDInline, AgentInline] if obj else []

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses that give the key map and another push address."""
        keys, renew = (own_view(require_POST(view), act=CHANGE_ACCOUNTS) for view in (self.key_map, self.renew_address))
        return [
            path("places/<slug:kind>/", admin.site.admin_view(places), name="dialer_places"),
            path("<int:pk>/key-map/", keys, name="dialer_key_map"),
            path("<int:pk>/renew-push-address/", renew, name="dialer_renew_push_address"),
            *sandbox_urls(),
            *super().get_urls(),
        ]

    def renew_address(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give the account another push address."""
        account = get_object_or_404(ProviderAccount, pk=pk)
        renew_push_address(account=account)
        messages.warning(
            request, "The push address is another one now: give it to the provider. The old one is refused."
        )
        return HttpResponseRedirect(reverse("admin:dialer_provideraccount_change", args=[pk]))

    def key_map(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Answer with the key map, token included: on request only, so that no page holds the secret."""
        account = ProviderAccount.objects.filter(pk=pk).first()
        mapping = key_map(account) if account and not account.unreadable else None
        if mapping is None:
            raise Http404
        response = JsonResponse({"text": json.dumps(mapping, indent=2, ensure_ascii=False)})
        response["Cache-Control"] = "no-store"
        return response

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Add the push address, for those who may change the account: anyone who has it can post results."""
        account = context.get("original")
        context["may_open_sandbox"] = account is None and OPEN_SANDBOX.may(request.user)
        if isinstance(account, ProviderAccount):
            may = self.has_change_permission(request, account)
            names = unreadable_fields(account)
            # The carrier of this installation is told by itself what others must be given by hand.
            is_known = "push_token" not in names and not account.is_sandbox
            masked = key_map(account, masked=MASK) if is_known else None
            context["unreadable"] = unreadable_text(names) if names else ""
            context["may_change"] = may
            suggest(form=context["adminform"].form, found=longest_call(account))
            context["may_buy"], context["may_hire"] = BUY.may(request.user), HIRE.may(request.user)
            context["may_write_texts"] = ADD_TEXT.may(request.user)
            context["can"] = account.api.capabilities
            context["sync"] = progress_of(account)
            context["push_url"] = account.push_url if may and is_known else ""
            context["prefetch_url"] = (account.prefetch_url or "") if may and is_known else ""
            context["key_map"] = json.dumps(masked, indent=2, ensure_ascii=False) if masked and may else ""
        return super().render_change_form(request, context, *args, **kwargs)

    @display(description="Provider", ordering="provider")
    def provider_name(self, account: ProviderAccount) -> str | SafeString:
        """Return the provider's own name."""
        return with_badge(account.api.name, is_sandbox=account.is_sandbox)

    @display(description="Live calls")
    def calls(self, account: Any) -> str:
        """Return live calls and their limit."""
        return of_limit(account.live_now, limit=account.max_live_calls)

    @display(description="Provider's free room")
    def fleet(self, account: ProviderAccount) -> str:
        """Return the provider's own reading of its room, and when it was asked."""
        gate = account.gate
        if gate.fleet_problem:
            return gate.fleet_problem
        if gate.fleet_measured_at is None:
            return "Not read yet" if account.api.capabilities.reports_capacity else "Not reported"
        return f"{gate.fleet_available} of {gate.fleet_maximum} at {gate.fleet_measured_at:%H:%M:%S} UTC"

    @display(description="Fleet's count")
    def fleet_count(self, account: ProviderAccount) -> str:
        """Return what the fleet counts by which lines are freed, or why none are."""
        gate = account.gate
        if gate.fleet_bound_problem:
            return gate.fleet_bound_problem
        if not account.uses_fleet_bound or not account.api.capabilities.reports_capacity:
            return "Not used"
        if gate.fleet_calls is None or gate.fleet_followed_since is None:
            return "Not known: the provider does not say what each of its workers counts"
        return f"{gate.fleet_calls} calls of all customers, followed since {gate.fleet_followed_since:%H:%M:%S} UTC"

    @display(description="Last synced")
    def synced(self, account: ProviderAccount) -> str:
        """Return when the account was last synced, and whether something could not be read."""
        sync: AccountSync | None = getattr(account, "last_sync", None)
        if sync is None or sync.ended_at is None:
            return sync.get_state_display() if sync else "–"
        return f"{sync.ended_at:%d %b %H:%M} UTC{', with an error' if sync.problem else ''}"

    @display(description="Results that do not arrive")
    def missing_results(self, account: ProviderAccount) -> str:
        """Return what of its results did not reach its calls, since when, with the cure."""
        return as_lines(troubles(account=account, now=timezone.now())) or "None: they arrive."

    @display(description="Backing off")
    def waiting(self, account: ProviderAccount) -> str | SafeString:
        """Return until when and why nothing is sent."""
        gate = account.gate
        if gate.backoff_until is None:
            return "No"
        return format_html("Until {} UTC: {}", f"{gate.backoff_until:%d %b %H:%M:%S}", gate.backoff_reason)


def _wait_out(request: HttpRequest, account: ProviderAccount) -> None:
    for sentence in switched_off(account, now=timezone.now()):
        messages.warning(request, sentence)
