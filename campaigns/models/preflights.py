"""Preflights of large campaigns: asked for by somebody, made by a worker."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from campaigns.models.campaigns import Campaign


class PreflightState(models.TextChoices):
    """WAITING → RUNNING → DONE, or FAILED with the reason."""

    WAITING = "WAITING", "Waiting"
    RUNNING = "RUNNING", "Running"
    DONE = "DONE", "Done"
    FAILED = "FAILED", "Failed"


class PreflightRun(models.Model):
    """One preflight that a worker makes; one at a time for each user."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="preflights")
    asked_by = models.CharField(max_length=150)
    assumed = models.JSONField(default=dict, help_text="How people are assumed to answer.")
    state = models.CharField(max_length=7, choices=PreflightState.choices, default=PreflightState.WAITING)
    step = models.CharField(max_length=100, blank=True, default="", help_text="What is done now.")
    steps_done = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    result = models.JSONField(null=True)
    problem = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["asked_by"], condition=Q(state__in=["WAITING", "RUNNING"]), name="preflight_one_for_a_user"
            ),
        ]

    def __str__(self) -> str:
        return f"Preflight #{self.pk} of campaign #{self.campaign_id}"
