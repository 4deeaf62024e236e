"""The inbox: everything by which a provider told us of a call, as it came."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from campaigns.models import Attempt
from dialer.models import ProviderAccount


class EventState(models.TextChoices):
    """NEW → APPLIED, or UNMATCHED (kept and tried again), IGNORED (none of ours), FAILED (not understood)."""

    NEW = "NEW", "New"
    APPLIED = "APPLIED", "Applied"
    UNMATCHED = "UNMATCHED", "Unmatched"
    IGNORED = "IGNORED", "Ignored"
    FAILED = "FAILED", "Failed"


class EventSource(models.TextChoices):
    """How the event reached us."""

    PUSH = "PUSH", "Push"
    POLL = "POLL", "Poll"
    LOG = "LOG", "Log"


class ProviderEvent(models.Model):
    """One event of a provider, stored before anything is thought of it, and never thrown away."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="events")
    source = models.CharField(max_length=5, choices=EventSource.choices, default=EventSource.PUSH)
    received_at = models.DateTimeField(db_default=Now())
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    state = models.CharField(
        max_length=10, choices=EventState.choices, default=EventState.NEW, db_default=EventState.NEW
    )
    attempt = models.ForeignKey(Attempt, on_delete=models.SET_NULL, null=True, blank=True, related_name="events")
    tries = models.PositiveIntegerField(default=0, db_default=0)
    next_try_at = models.DateTimeField(db_default=Now())
    applied_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True, default="", db_default="")

    class Meta:
        ordering = ["-id"]
        indexes = [
            # The inbox: what waits to be applied, oldest first.
            models.Index(
                fields=["next_try_at", "id"], condition=Q(state__in=["NEW", "UNMATCHED"]), name="event_to_apply"
            ),
        ]

    def __str__(self) -> str:
        return f"Event #{self.pk}"
