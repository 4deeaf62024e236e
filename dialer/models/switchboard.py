"""The switch that stops all dialing."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Switchboard(models.Model):
    """The organisation-wide kill switch: one row. Reserving reads it under a lock, so off means off."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    dialing_allowed = models.BooleanField(default=True)
    reason = models.CharField(max_length=200, blank=True, default="")
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.CharField(max_length=150, blank=True, default="")

    class Meta:
        verbose_name_plural = "switchboard"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="switchboard_is_one_row")]

    def __str__(self) -> str:
        return "Dialing allowed" if self.dialing_allowed else "Dialing stopped"
