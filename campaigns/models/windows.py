"""Calling windows of a campaign. With any of them its daily hours (window_opens, window_closes) are not used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import time
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from campaigns.models.campaigns import Campaign
from campaigns.rules.cron_windows import cron_problem
from campaigns.rules.stored import days_of, window_of
from campaigns.rules.walls import BrokenRule

#: Daily hours of a new campaign, until somebody says others.
USUAL_OPENS, USUAL_CLOSES = time(9), time(18)


class CallingWindow(models.Model):
    """A window by weekdays and times, or by two cron expressions. Calls may start while any window is open."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="windows")
    days = models.CharField(max_length=7, default="12345", help_text="ISO weekdays: 1 is Monday, 7 is Sunday.")
    opens = models.TimeField(null=True, blank=True)
    closes = models.TimeField(
        null=True, blank=True, help_text="Earlier than the opening: on the next day. 00:00 is the end of the day."
    )
    opens_cron = models.CharField(
        max_length=100, blank=True, default="", help_text="Instead of days and times, e.g. 30 9 * * MON-FRI."
    )
    closes_cron = models.CharField(max_length=100, blank=True, default="")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        if self.opens_cron:
            return f"{self.opens_cron} – {self.closes_cron}"
        return f"{self.days} {self.opens:%H:%M}–{self.closes:%H:%M}" if self.opens and self.closes else "Window"

    @property
    def stored(self) -> dict[str, Any]:
        """The window as ``campaigns.rules.stored`` takes it."""
        return {
            "days": self.days,
            "opens": self.opens.isoformat() if self.opens else "",
            "closes": self.closes.isoformat() if self.closes else "",
            "opens_cron": self.opens_cron,
            "closes_cron": self.closes_cron,
        }

    def clean(self) -> None:
        """Refuse a window that is neither, or both, or none that ever opens."""
        if self.opens_cron or self.closes_cron:
            self._clean_crons()
            return
        try:
            days_of(self.days)
            problems = window_of(self.stored).problems()
        except BrokenRule as error:
            problems = [str(error)]
        if problems:
            raise ValidationError(problems)

    def _clean_crons(self) -> None:
        if self.opens or self.closes:
            raise ValidationError("Give times or cron expressions, not both.")
        crons = {"opens_cron": self.opens_cron, "closes_cron": self.closes_cron}
        problems = {
            name: cron_problem(text) if text else "Enter both expressions, such as 30 9 * * MON-FRI."
            for name, text in crons.items()
        }
        if any(problems.values()):
            raise ValidationError({name: problem for name, problem in problems.items() if problem})


def set_windows(*, campaign: Campaign, windows: Iterable[Mapping[str, Any]]) -> None:
    """Put these windows, by the names of their fields, in place of those there were."""
    campaign.windows.all().delete()
    for window in windows:
        CallingWindow.objects.create(campaign=campaign, **window)
    # What was prefetched is out of date.
    getattr(campaign, "_prefetched_objects_cache", {}).pop("windows", None)
