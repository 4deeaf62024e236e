"""Files into which old rows were written before they were removed."""

from __future__ import annotations

from django.db import models


class ArchiveState(models.TextChoices):
    """WRITING → WRITTEN, whole and checked; then its rows are removed → DONE. LOST: the file is gone or damaged."""

    WRITING = "WRITING", "Being written"
    WRITTEN = "WRITTEN", "Written, rows being removed"
    DONE = "DONE", "Done"
    LOST = "LOST", "File is gone or damaged"


class Archive(models.Model):
    """One file of old rows. What is WRITTEN when its run died is gone on with by the next; ``dialer.retention``."""

    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=100, unique=True, help_text="Of the file, in DIALER_ARCHIVE_FOLDER.")
    state = models.CharField(max_length=7, choices=ArchiveState.choices, default=ArchiveState.WRITING)
    rows = models.PositiveIntegerField(default=0, help_text="Lines of the file: rows, with those that belong to them.")
    to_remove = models.PositiveIntegerField(default=0, help_text="Rows of the kind that the file holds.")
    removed = models.PositiveIntegerField(
        default=0, help_text="Of these, how many were removed; one that had changed meanwhile stays."
    )
    size_bytes = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True, default="", help_text="Of the file.")
    first_at = models.DateTimeField(null=True, help_text="Age of the oldest row.")
    last_at = models.DateTimeField(null=True, help_text="Age of the youngest row.")
    old_before = models.DateTimeField(help_text="Rows before this instant were old.")
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            # What a run that died has left.
            models.Index(fields=["id"], condition=models.Q(state__in=["WRITING", "WRITTEN"]), name="archive_under_way"),
        ]

    def __str__(self) -> str:
        return self.name
