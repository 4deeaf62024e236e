"""Notes on calls: what a person or a system says of one, kept here and written back to providers that take notes."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from campaigns.models.attempts import Attempt
from dialer.models import ProviderAccount


class NoteState(models.TextChoices):
    """KEPT, or WAITING → SENDING → SENT | FAILED | UNCLEAR; from SENDING back to WAITING where it may be sent again."""

    KEPT = "KEPT", "Kept here"  # not to be written back
    WAITING = "WAITING", "Waiting to be written back"
    SENDING = "SENDING", "Being written back"  # the request may be leaving
    SENT = "SENT", "Written back"
    FAILED = "FAILED", "Given up"
    UNCLEAR = "UNCLEAR", "Not known whether it arrived"  # never sent again by itself


class CallNote(models.Model):
    """What somebody says of one call. Stored before anything is sent; the provider's copy follows."""

    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="notes")
    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="call_notes", db_index=False)
    disposition = models.CharField(max_length=100, blank=True, default="")
    text = models.CharField(max_length=500, blank=True, default="")
    state = models.CharField(max_length=8, choices=NoteState.choices, default=NoteState.KEPT)
    reason = models.CharField(
        max_length=300, blank=True, default="", help_text="Why it is kept here, waits or was given up."
    )
    label_id = models.CharField(
        max_length=60, blank=True, default="", help_text="The disposition's id at the provider."
    )
    call_key = models.CharField(
        max_length=200, blank=True, default="", help_text="What the provider knows the call by."
    )
    tries = models.PositiveSmallIntegerField(default=0, help_text="That were in vain.")
    # While WAITING: when it is due. While SENDING: the instant by which its sender must be dead.
    next_try_at = models.DateTimeField(null=True, blank=True)
    give_up_at = models.DateTimeField(null=True, blank=True, help_text="From then on it is not tried again.")
    sent_at = models.DateTimeField(null=True, blank=True)
    written_by = models.CharField(max_length=150, blank=True, default="")
    idempotency_key = models.CharField(max_length=100, null=True, blank=True, editable=False)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(disposition="", text=""), name="call_note_says_something"),
            models.CheckConstraint(
                condition=Q(state__in=["WAITING", "SENDING"], next_try_at__isnull=False, give_up_at__isnull=False)
                | (~Q(state__in=["WAITING", "SENDING"]) & Q(next_try_at__isnull=True)),
                name="call_note_under_way_has_its_next_try",
            ),
            models.UniqueConstraint(
                fields=["attempt", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="call_note_one_per_idempotency_key",
            ),
        ]
        indexes = [
            models.Index(
                fields=["account", "next_try_at"],
                condition=Q(state__in=["WAITING", "SENDING"]),
                name="call_note_under_way",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} of attempt #{self.attempt_id}"
