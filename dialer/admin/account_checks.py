"""Checking accounts from the admin: a button on an account's page, and an action of the list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_POST

from dialer.accounts.check.checkup import check_account
from dialer.acts.telephone import CHECK
from dialer.admin.base import NoBulkDelete
from dialer.admin.ruled import action, own_view
from dialer.models import ProviderAccount

#: So many are checked in one go: each takes as long as its provider takes to answer.
AT_ONCE = 10


class AccountChecks(NoBulkDelete):
    """Mixin of the account pages: who may change an account may check it."""

    actions: Any = ("check_selected",)
    most_at_once: ClassVar[Mapping[str, int]] = {"check_selected": AT_ONCE}

    def get_urls(self) -> list[URLPattern]:
        """Add the address of the button."""
        view = own_view(require_POST(self.check_one), act=CHECK)
        return [path("<int:pk>/check/", view, name="dialer_check_account"), *super().get_urls()]

    def check_one(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Check one account and show what was found."""
        account = get_object_or_404(ProviderAccount, pk=pk)
        return self._show(request, [account])

    @action(description="Check reach, key and pushes", act=CHECK)
    def check_selected(self, request: HttpRequest, queryset: QuerySet[ProviderAccount]) -> HttpResponse:
        """Check the selected accounts."""
        return self._show(request, list(queryset.order_by("name")))

    def _show(self, request: HttpRequest, accounts: list[ProviderAccount]) -> HttpResponse:
        checkups = [(account, check_account(account=account, now=timezone.now())) for account in accounts]
        context = {
            **self.admin_site.each_context(request),
            "title": f"Check of {accounts[0].name}" if len(accounts) == 1 else "Check of accounts",
            "opts": ProviderAccount._meta,
            "checkups": checkups,
        }
        return render(request, "admin/dialer/checkup.html", context)
