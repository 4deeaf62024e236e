"""Says to who has just changed an account or a line of it which campaigns cannot call any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone

from dialer.accounts.use import stopped
from dialer.models import ProviderAccount

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Admin = ModelAdmin[Any]
else:
    _Admin = object


class TellsStops(_Admin):
    """Mixin of the pages of accounts, DIDs, groups and agents."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save, and name what that has stopped."""
        super().save_related(request, form, formsets, change)
        row = form.instance
        if change:
            account = row if isinstance(row, ProviderAccount) else row.account
            for sentence in stopped(account, now=timezone.now()):
                messages.warning(request, sentence)
