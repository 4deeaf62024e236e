"""Buying numbers from the admin: search, then a page that shows number and price, then the purchase."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from dialer.accounts.buying import UnableToBuy, buy_number, quote_numbers, regions
from dialer.acts.telephone import BUY
from dialer.admin.base import ReadOnly
from dialer.admin.ruled import own_view
from dialer.admin.synced import AccountSyncs
from dialer.admin.typed import ModelAdmin
from dialer.models import ProviderAccount
from dialer.models.synced import NumberQuote


@admin.register(NumberQuote)
class NumberQuoteAdmin(ReadOnly, ModelAdmin[NumberQuote]):
    """Quotes and purchases, to look at."""

    list_display = ("number", "price", "currency", "state", "account", "quoted_at", "bought_at", "bought_by")
    list_filter = ("state",)
    list_select_related = ("account",)
    search_fields = ("number",)
    list_per_page = 50
    exclude = ("token",)


class AccountBuying(AccountSyncs):
    """Mixin of the account pages: who may change an account and add quotes may buy numbers."""

    def get_urls(self) -> list[URLPattern]:
        """Add the address of the page."""
        view = own_view(self.numbers, act=BUY)
        return [path("<int:pk>/numbers/", view, name="dialer_buy_numbers"), *super().get_urls()]

    def numbers(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Search on POST; ask for the confirmation of one quote; buy it when it is confirmed."""
        account = get_object_or_404(ProviderAccount, pk=pk)
        if not account.api.capabilities.numbers_for_sale:
            raise Http404(f"{account.api.name} sells no numbers by its API.")
        step = request.POST.get("step", "") if request.method == "POST" else ""
        context: dict[str, Any] = {}
        try:
            if step == "buy":
                return self._buy(request, account)
            if step == "ask":
                token = request.POST.get("token", "")
                context["chosen"] = get_object_or_404(NumberQuote, account=account, token=token)
            elif step == "search":
                context["quotes"] = self._search(request, account)
            else:
                context["regions"] = regions(account=account)
        except UnableToBuy as error:
            messages.error(request, error.reason)
        context |= {
            **self.admin_site.each_context(request),
            "title": f"Buy a number for {account.name}",
            "opts": ProviderAccount._meta,
            "account": account,
            "step": step,
        }
        return render(request, "admin/dialer/numbers.html", context)

    def _search(self, request: HttpRequest, account: ProviderAccount) -> list[NumberQuote]:
        given = {name: request.POST.get(name, "").strip() for name in ("country_code", "region", "pattern")}
        return quote_numbers(account=account, now=timezone.now(), **given)

    def _buy(self, request: HttpRequest, account: ProviderAccount) -> HttpResponse:
        quote = buy_number(
            account=account,
            token=request.POST.get("token", ""),
            price=request.POST.get("price", ""),
            now=timezone.now(),
            by=request.user.get_username(),
        )
        messages.success(request, f"{quote.number} is bought for {quote.price} {quote.currency}, and is a DID now.")
        return HttpResponseRedirect(reverse("admin:dialer_provideraccount_change", args=[account.pk]))
