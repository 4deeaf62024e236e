"""Answers that were given under keys, kept so that what is asked twice is done once."""

from __future__ import annotations

from django.db import models

from dialer.encryption import EncryptedJSONField


class KeptAnswer(models.Model):
    """What a user asked for under a key, and the answer to it. ``dialer.once`` writes and reads it.

    Without an answer it is being done, or the process died before the answer was kept.
    """

    # No foreign key: who deletes himself has an answer too. Ids of users are never given again.
    user_id = models.BigIntegerField()
    face = models.CharField(max_length=5, help_text="REST or ADMIN.")
    key = models.CharField(max_length=100)
    request_hash = models.CharField(max_length=64, help_text="Of what was asked for: address and body.")
    asked_at = models.DateTimeField(db_index=True)
    is_done = models.BooleanField(default=False)
    # Secrets that are shown once, and phone numbers, may stand in it.
    answer = EncryptedJSONField(default=dict)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["user_id", "face", "key"], name="kept_answer_one_per_key"),
        ]

    def __str__(self) -> str:
        return f"{self.face} {self.pk}"
