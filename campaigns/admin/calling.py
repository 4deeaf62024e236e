"""Calling windows on the campaign's page."""

from __future__ import annotations

from campaigns.models import CallingWindow, Campaign
from dialer.admin.typed import TabularInline


class CallingWindowInline(TabularInline[CallingWindow, Campaign]):
    """Windows by weekday or by cron; with any of them the daily hours are not used."""

    model = CallingWindow
    extra = 0
    hide_title = True
    fields = ("days", "opens", "closes", "opens_cron", "closes_cron")
    verbose_name_plural = "Calling windows: with any of them, the daily hours above are not used"
