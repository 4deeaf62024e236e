"""Notes to write back to the provider: one for each attempt that ended with a disposition, kept until it is there."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from campaigns.models.attempts import Attempt
from dialer.models import ProviderAccount


class NoteState(models.TextChoices):
    """WAITING → SENT | FAILED."""

    WAITING = "WAITING", "Waiting"
    SENT = "SENT", "Sent"
    FAILED = "FAILED", "Failed"


class CallNote(models.Model):
    """A disposition to be written on the provider's own record of a call. Sending it twice changes nothing there."""

    attempt = models.OneToOneField(Attempt, on_delete=models.CASCADE, related_name="note")
    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="call_notes")
    disposition = models.CharField(max_length=100)
    remark = models.CharField(max_length=500, blank=True, default="")
    state = models.CharField(max_length=8, choices=NoteState.choices, default=NoteState.WAITING)
    record_id = models.CharField(max_length=120, blank=True, default="", help_text="The provider's record of the call.")
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["next_try_at"], condition=Q(state="WAITING"), name="call_note_to_send"),
        ]

    def __str__(self) -> str:
        return f"Note of attempt #{self.attempt_id}"
