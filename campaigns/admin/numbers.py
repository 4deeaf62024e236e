"""Number exceptions: what is let through though the number plan does not know it, by whom and why."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from campaigns.models import NumberException
from dialer.admin.typed import ModelAdmin


@admin.register(NumberException)
class NumberExceptionAdmin(ModelAdmin[NumberException]):
    """Numbers that are taken though the number plan does not know them; one is added or deleted, never changed."""

    empty_hint = "A range that is newer than our data is refused until somebody lets it through here."
    list_display = ("prefix", "reason", "added_by", "created_at")
    search_fields = ("prefix", "reason")
    search_help_text = "Beginning or reason"
    fields = ("prefix", "reason")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: what it says of who let it through would not be true any more."""
        return False

    def save_model(self, request: HttpRequest, obj: NumberException, form: Any, change: bool) -> None:
        """Save with the name of who adds it."""
        obj.added_by = request.user.get_username()
        super().save_model(request, obj, form, change)
