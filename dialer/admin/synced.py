"""What accounts have at their providers, to look at; and the buttons that read it and register our address."""

from __future__ import annotations

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter, ChoicesDropdownFilter

from dialer.admin.account_checks import AccountChecks
from dialer.admin.base import ReadOnly
from dialer.admin.typed import ModelAdmin
from dialer.models import ProviderAccount
from dialer.registering import UnableToRegister, register_webhook
from dialer.synced import SyncedItem
from dialer.syncing import NothingToSync, sync_account


@admin.register(SyncedItem)
class SyncedItemAdmin(ReadOnly, ModelAdmin[SyncedItem]):
    """Synced items."""

    list_display = ("kind", "external_id", "name", "status", "account", "seen_at", "is_gone")
    list_filter = (
        ("account", AutocompleteSelectFilter),
        ("kind", ChoicesDropdownFilter),
        ("is_gone", BooleanRadioFilter),
    )
    list_filter_submit = True
    list_select_related = ("account",)
    search_fields = ("external_id", "name")
    list_per_page = 50


class AccountSyncs(AccountChecks):
    """Mixin of the account pages: who may change an account may sync it and register its webhook."""

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses of the buttons."""
        sync, register = (self.admin_site.admin_view(require_POST(view)) for view in (self.sync_one, self.register_one))
        return [
            path("<int:pk>/sync/", sync, name="dialer_sync_account"),
            path("<int:pk>/register-webhook/", register, name="dialer_register_webhook"),
            *super().get_urls(),
        ]

    def sync_one(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Read what the account has, and show it."""
        account = self._account(request, pk)
        try:
            done = sync_account(account=account, now=timezone.now())
        except NothingToSync as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(reverse("admin:dialer_provideraccount_change", args=[pk]))
        for kind in done.kinds:
            if kind.problem:
                messages.error(request, f"{kind.kind.label}: {kind.problem}")
        read = [kind for kind in done.kinds if not kind.problem]
        listed, new, gone = (sum(getattr(kind, name) for kind in read) for name in ("listed", "new", "gone"))
        messages.success(request, f"{listed} items listed, {new} new, {gone} gone; {len(done.numbers_added)} new DIDs.")
        return HttpResponseRedirect(reverse("admin:dialer_synceditem_changelist") + f"?account__id__exact={pk}")

    def register_one(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Register our push address at the provider."""
        account = self._account(request, pk)
        try:
            messages.success(request, register_webhook(account=account))
        except UnableToRegister as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(reverse("admin:dialer_provideraccount_change", args=[pk]))

    def _account(self, request: HttpRequest, pk: int) -> ProviderAccount:
        account = get_object_or_404(ProviderAccount, pk=pk)
        if not self.has_change_permission(request, account):
            raise PermissionDenied
        return account
