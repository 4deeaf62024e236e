"""Who did what, when, to which object: one row for each act, written in the act's own transaction and never changed."""

from __future__ import annotations

from django.db import models


class EntryKind(models.TextChoices):
    """Of what kind an entry is."""

    ACT = "ACT", "Done by somebody"
    ITSELF = "ITSELF", "Done by the dialer itself"
    ACCESS = "ACCESS", "Heard or exported"
    LOOK = "LOOK", "Provider's events looked at"
    LOGIN = "LOGIN", "Log-in"


class AccessKind(models.TextChoices):
    """What somebody did of the kind ACCESS."""

    RECORDING = "RECORDING", "Recording heard"
    EXPORT = "EXPORT", "Exported"
    EVENT = "EVENT", "Provider's events seen"


class AuditEntry(models.Model):
    """One act. Names stand as they were then: who or what is deleted later is still named."""

    kind = models.CharField(max_length=8, choices=EntryKind.choices, default=EntryKind.ACT)
    at = models.DateTimeField(db_index=True, help_text="UTC.")
    by = models.CharField(
        max_length=150, blank=True, default="", help_text="User name, or the command or job; empty: the dialer itself."
    )
    key = models.CharField(max_length=120, blank=True, default="", help_text="The API key that it was done with.")
    face = models.CharField(max_length=10, help_text="ADMIN, REST, COMMAND, JOB, or DIALER for the dialer itself.")
    act = models.CharField(max_length=60, help_text="Its name in the table of rights, e.g. campaigns.operate.")
    what = models.CharField(max_length=200, help_text="In words, e.g. Paused.")
    subject = models.CharField(max_length=60, help_text="The kind of object, e.g. campaigns.campaign.")
    subject_id = models.BigIntegerField(null=True, blank=True, help_text="Its id; none of a number or of many objects.")
    subject_name = models.CharField(max_length=200, blank=True, default="", help_text="Its name then.")
    # The larger object that it is a part of, on whose page it is shown as well: a lead's campaign, a DID's account.
    within = models.CharField(max_length=60, blank=True, default="")
    within_id = models.BigIntegerField(null=True, blank=True)
    changes = models.JSONField(
        default=dict,
        blank=True,
        help_text='What changed, e.g. {"state": ["RUNNING", "PAUSED"]}; secrets are hidden.',
    )
    reason = models.CharField(max_length=500, blank=True, default="")
    # Of what streams, the rows that were sent so far; written as it ends, however it ends.
    rows = models.BigIntegerField(null=True, blank=True, help_text="How many rows; of an export, that left us.")
    details = models.JSONField(default=dict, blank=True, help_text="What else is to be known, e.g. the filter.")

    class Meta:
        ordering = ["-id"]
        verbose_name = "audit entry"
        verbose_name_plural = "audit"
        default_permissions = ("view",)
        permissions = [("view_access", "Can see who heard, exported and looked at what, and who logged in")]
        indexes = [
            models.Index(fields=["subject", "subject_id", "-id"], name="audit_by_subject"),
            models.Index(fields=["within", "within_id", "-id"], name="audit_by_whole"),
            models.Index(fields=["by", "-id"], name="audit_by_who"),
            models.Index(fields=["act", "-id"], name="audit_by_act"),
            models.Index(fields=["kind", "-id"], name="audit_by_kind"),
            # What programs that poll events leave behind is kept for a time of its own.
            models.Index(fields=["at"], condition=models.Q(kind="LOOK"), name="audit_looks_by_age"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.what}"
