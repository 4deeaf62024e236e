"""What accounts have at their providers, to look at; and the buttons that read it and register our address."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter, ChoicesDropdownFilter

from dialer.accounts.push_address import UnableToRegister, register_webhook
from dialer.accounts.sync.reading import NothingToSync
from dialer.accounts.sync.runs import SyncUnderWay, ask_for_sync
from dialer.acts.telephone import CHECK, SEE_ACCOUNTS
from dialer.admin.account_checks import AccountChecks
from dialer.admin.base import ReadOnly
from dialer.admin.ruled import action, own_view
from dialer.admin.staffing import AccountStaffing
from dialer.admin.typed import ModelAdmin
from dialer.models import ProviderAccount
from dialer.models.synced import AccountSync, SyncedItem, SyncState


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


class AccountSyncs(AccountChecks, AccountStaffing):
    """Mixin of the account pages: who may change an account may sync it and register its webhook."""

    actions = (*AccountChecks.actions, "sync_selected")

    @action(description="Sync now", act=CHECK)
    def sync_selected(self, request: HttpRequest, queryset: QuerySet[ProviderAccount]) -> None:
        """Have workers read what the selected accounts have; their pages show how far it is."""
        for account in queryset:
            self._ask(request, account)

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses of the buttons, and of the progress of a sync."""
        sync, register = (own_view(require_POST(view), act=CHECK) for view in (self.sync_one, self.register_one))
        progress = own_view(self.sync_progress, act=SEE_ACCOUNTS)
        return [
            path("<int:pk>/sync/", sync, name="dialer_sync_account"),
            path("<int:pk>/sync-progress/", progress, name="dialer_sync_progress"),
            path("<int:pk>/register-webhook/", register, name="dialer_register_webhook"),
            *super().get_urls(),
        ]

    def sync_one(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Have a worker read what the account has; the account's page shows how far it is."""
        self._ask(request, get_object_or_404(ProviderAccount, pk=pk))
        return HttpResponseRedirect(reverse("admin:dialer_provideraccount_change", args=[pk]) + "#account-sync")

    def _ask(self, request: HttpRequest, account: ProviderAccount) -> None:
        try:
            ask_for_sync(account=account, now=timezone.now(), by=request.user.get_username())
            messages.info(request, f"{account} is being synced; its page shows how far it is.")
        except SyncUnderWay as error:
            messages.info(request, f"{account}: {error}")
        except NothingToSync as error:
            messages.error(request, f"{account}: {error}")

    def sync_progress(self, request: HttpRequest, pk: int) -> JsonResponse:
        """Answer with how far the latest sync is, for those who may see the account."""
        account = get_object_or_404(ProviderAccount, pk=pk)
        return JsonResponse(progress_of(account) or {})

    def register_one(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Register our push address at the provider."""
        account = get_object_or_404(ProviderAccount, pk=pk)
        try:
            messages.success(request, register_webhook(account=account))
        except UnableToRegister as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(reverse("admin:dialer_provideraccount_change", args=[pk]))


def progress_of(account: ProviderAccount) -> dict[str, Any] | None:
    """Return what the account's page shows of its latest sync, None before the first one."""
    sync = AccountSync.objects.filter(account=account).first()
    if sync is None:
        return None
    read = [one for one in sync.kinds if not one["problem"]]
    return {
        "state": sync.state,
        "state_label": sync.get_state_display(),
        "is_over": sync.state == SyncState.ENDED,
        "done": len(sync.kinds),
        "of": len(account.api.lists.kinds) if account.api.lists else 0,
        "listed": sum(one["listed"] for one in read),
        "new": sum(one["new"] for one in read),
        "gone": sum(one["gone"] for one in read),
        "unread": sum(one.get("unread", 0) for one in read),
        "numbers_added": sync.numbers_added,
        "problem": sync.problem,
        "asked_by": sync.asked_by,
        "ended_at": sync.ended_at,
        "whole_at": sync.whole_at,
    }
