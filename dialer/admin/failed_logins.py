"""Failed log-ins, for superusers: who is locked, and the way to let somebody in again."""

from __future__ import annotations

from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest

from dialer.admin.base import ReadOnly
from dialer.admin.people import SuperusersOnly, is_superuser
from dialer.admin.typed import ModelAdmin, display


@admin.register(AccessAttempt)
class FailedLoginAdmin(SuperusersOnly, ReadOnly, ModelAdmin[Any]):
    """Failed log-ins of the last minutes; to delete one is to let its name in again from its address."""

    empty_hint = "Nobody has entered a wrong password lately."
    list_display = ("username", "ip_address", "failures_since_start", "locked", "attempt_time")
    search_fields = ("username",)
    search_help_text = "User name"
    list_per_page = 50
    fields = ("username", "ip_address", "user_agent", "failures_since_start", "attempt_time", "locked")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether a superuser asks: he lets somebody in again."""
        return is_superuser(request)

    @display(description="Locked", label={"Locked": "danger"})
    def locked(self, attempt: AccessAttempt) -> str:
        """Return whether the name is locked for the address."""
        return "Locked" if attempt.failures_since_start >= settings.AXES_FAILURE_LIMIT else "No"
