"""Rules profiles: a country's rules as data. Saving makes the next version, and running campaigns move to it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.contrib.filters.admin import BooleanRadioFilter

from campaigns.models import RulesProfile
from dialer.admin.base import NoBulkDelete
from dialer.admin.typed import ModelAdmin, display


@admin.register(RulesProfile)
class RulesProfileAdmin(NoBulkDelete, ModelAdmin[RulesProfile]):
    """Profiles with all their versions; only the latest of each can be changed."""

    list_display = ("name", "slug", "version", "is_latest", "unverified", "created_by", "created_at")
    list_filter = (("is_latest", BooleanRadioFilter),)
    search_fields = ("name", "slug")
    search_help_text = "Name"
    fields = ("name", "slug", "rules", "sources")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: by which rules a call was made stays readable."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse to change a version that is not the latest."""
        is_past = isinstance(obj, RulesProfile) and not obj.is_latest
        return super().has_change_permission(request, obj) and not is_past

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Keep the slug, by which the versions belong together."""
        return ("slug",) if obj else ()

    def save_model(self, request: HttpRequest, obj: RulesProfile, form: Any, change: bool) -> None:
        """Save the next version, in the name of who made it; a later file of the project does not overwrite it."""
        obj.created_by = request.user.get_username()
        obj.file_digest = ""
        obj.save()

    @display(description="Figures not verified")
    def unverified(self, profile: RulesProfile) -> str:
        """Return how many of its figures nobody has verified."""
        open_ones = [source for source in profile.sources if not source.get("verified")]
        return f"{len(open_ones)} of {len(profile.sources)}" if profile.sources else "—"
