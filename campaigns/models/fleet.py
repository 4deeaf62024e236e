"""Readings of a provider's fleet by which lines were given away: what later results are held against."""

from __future__ import annotations

from django.db import models

from dialer.models import ProviderAccount


class FleetBoundUse(models.Model):
    """At most ``calls`` of the calls that it covers were live at ``asked_at``: lines were given away by it.

    It covers calls that were asked for from ``since_at`` on and taken before ``before_at``. Kept while results of such
    calls may come.
    """

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="+", db_index=False)
    asked_at = models.DateTimeField()
    since_at = models.DateTimeField()
    before_at = models.DateTimeField()
    calls = models.IntegerField()
    told_live = models.IntegerField(
        default=0, db_default=0, help_text="Calls that it covers and that were live later, as their results told."
    )

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "asked_at"], name="fleet_bound_use_one_per_reading"),
        ]

    def __str__(self) -> str:
        return f"At most {self.calls} calls at {self.asked_at:%H:%M:%S} UTC"
