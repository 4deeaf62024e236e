"""Saved filters: what is asked of the people or the calls of a campaign again and again, under a name."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from campaigns.models import SavedFilter
from dialer.admin.typed import ModelAdmin


@admin.register(SavedFilter)
class SavedFilterAdmin(ModelAdmin[SavedFilter]):
    """Saved filters; they are made on the page of a campaign, of what its list shows there."""

    empty_hint = "Filter the people or the calls of a campaign, and save the filter: it is offered on every campaign."
    list_display = ("name", "rows", "query", "added_by", "created_at")
    search_fields = ("name",)
    search_help_text = "Name"
    fields = ("rows", "name", "query")

    def save_model(self, request: HttpRequest, obj: SavedFilter, form: Any, change: bool) -> None:
        """Save with the name of who made it."""
        if not change:
            obj.added_by = request.user.get_username()
        super().save_model(request, obj, form, change)
