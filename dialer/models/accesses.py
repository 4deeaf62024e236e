"""Who heard, exported or looked at what: a row for each time, which nobody changes."""

from __future__ import annotations

from django.db import models


class AccessKind(models.TextChoices):
    """What was done."""

    RECORDING = "RECORDING", "Recording heard"
    EXPORT = "EXPORT", "Exported"
    EVENT = "EVENT", "Provider's events seen"


class Access(models.Model):
    """Somebody heard a recording, exported rows, or looked at events of providers as they came."""

    kind = models.CharField(max_length=10, choices=AccessKind.choices)
    at = models.DateTimeField()
    by = models.CharField(max_length=150, help_text="User name, or the command or job.")
    face = models.CharField(max_length=10, help_text="ADMIN, REST, COMMAND or JOB.")
    subject = models.CharField(max_length=40, help_text="What it was of: attempt, campaign, number, import, event.")
    subject_id = models.BigIntegerField(null=True, blank=True, help_text="Its id; of a number, none.")
    # Of what streams, the rows that were sent so far; written as it ends, however it ends.
    rows = models.BigIntegerField(null=True, blank=True, help_text="How many rows left us; empty: it did not end.")
    details = models.JSONField(default=dict, blank=True, help_text="Kind of file and filter.")

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "accesses"
        indexes = [
            models.Index(fields=["subject", "subject_id", "-id"], name="access_by_subject"),
            # Each kind is kept for a time of its own.
            models.Index(fields=["kind", "at"], name="access_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} by {self.by}"
