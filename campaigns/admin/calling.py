"""Calling windows on the campaign's page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from campaigns.acts import ADD_CAMPAIGNS, CHANGE_CAMPAIGNS, SEE_CAMPAIGNS
from campaigns.models import CallingWindow, Campaign
from dialer.admin.typed import TabularInline


class CallingWindowInline(TabularInline[CallingWindow, Campaign]):
    """Windows by weekday or by cron; with any of them the daily hours are not used. They are part of the campaign."""

    model = CallingWindow
    extra = 0
    hide_title = True
    fields = ("days", "opens", "closes", "opens_cron", "closes_cron")
    verbose_name_plural = "Calling windows: with any of them, the daily hours above are not used"

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user may see the campaign."""
        return SEE_CAMPAIGNS.may(request.user)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user may change the campaign, or add it."""
        return (CHANGE_CAMPAIGNS if obj else ADD_CAMPAIGNS).may(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user may change the campaign, or add it."""
        return self.has_add_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user may change the campaign, or add it."""
        return self.has_add_permission(request, obj)
