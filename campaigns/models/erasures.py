"""Persons who were erased: what was asked for, and the proof of what came of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from dialer.encryption import EncryptedJSONField, EncryptedModel


class ErasureState(models.TextChoices):
    """WAITING → RUNNING → DONE, or REFUSED with the reason, and nothing was changed."""

    WAITING = "WAITING", "Waiting"
    RUNNING = "RUNNING", "Running"
    DONE = "DONE", "Done"
    REFUSED = "REFUSED", "Refused"


class Erasure(EncryptedModel):
    """One person, by a number, who is erased everywhere. The number is known until that is done, and not after it."""

    person = EncryptedJSONField(default=dict, editable=False)
    never_call = models.BooleanField(
        "never call",
        default=False,
        help_text="Suppress the number for ever; there it stays, in clear. Who is suppressed already, or waits for a "
        "decision on an opt-out, stays so without this.",
    )
    reason = models.CharField(
        max_length=200, blank=True, default="", help_text="Why, without the number: a request's date or reference."
    )
    state = models.CharField(max_length=7, choices=ErasureState.choices, default=ErasureState.WAITING)
    step = models.CharField(max_length=100, blank=True, default="", help_text="What is done now.")
    asked_by = models.CharField(max_length=150)
    asked_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, blank=True, default="")
    # The proof.
    erased = models.JSONField(default=dict, help_text="Rows that were erased, by table.")
    still_found = models.JSONField(default=dict, help_text="Rows in which a search finds the number, by column.")
    kept = models.JSONField(default=dict, help_text="Rows that keep the number, by column, and why.")
    not_reachable = models.JSONField(default=list, help_text="What lies elsewhere, and must be seen to by people.")
    is_suppressed = models.BooleanField(default=False, help_text="Whether the number is on a suppression list.")

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["id"], condition=Q(state__in=["WAITING", "RUNNING"]), name="erasure_waiting"),
        ]

    def __str__(self) -> str:
        return f"Erasure #{self.pk}"

    @property
    def number(self) -> str:
        """The person's number, E.164; empty when it is forgotten. Raises UndecryptableError."""
        return str(self.person.get("number", ""))

    @property
    def is_proven(self) -> bool:
        """Whether it is done and a search afterwards finds nothing."""
        return self.state == ErasureState.DONE and not self.still_found
