"""The inbox: everything by which a provider told us of a call, as it came."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Func, Q, QuerySet, Value
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
    """One event of a provider, stored before anything is thought of it, and kept for as long as its kind is."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="events")
    source = models.CharField(max_length=5, choices=EventSource.choices, default=EventSource.PUSH)
    received_at = models.DateTimeField(db_default=Now())
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    # What it says in our words: of a row of a call log, as its page was read, one report, of a push that waits for its
    # call a list of them. A row's key is what its repeats share.
    report = models.JSONField(null=True, blank=True)
    dedupe_key = models.CharField(max_length=300, null=True, blank=True)
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
        constraints = [
            models.UniqueConstraint(
                fields=["account", "dedupe_key"],
                condition=Q(dedupe_key__isnull=False),
                name="event_one_per_log_row_and_state",
            ),
        ]
        indexes = [
            # The inbox: what waits to be applied, oldest first.
            models.Index(
                fields=["next_try_at", "id"], condition=Q(state__in=["NEW", "UNMATCHED"]), name="event_to_apply"
            ),
            # What is done with, by age: it is kept for the days of its kind.
            models.Index(
                fields=["state", "received_at"],
                condition=Q(state__in=["APPLIED", "IGNORED", "FAILED"]),
                name="event_to_remove",
            ),
            # What was asked for, for lists: pushes are most of all events.
            models.Index(fields=["source", "-id"], condition=~Q(source="PUSH"), name="event_asked_for"),
        ]

    def __str__(self) -> str:
        return f"Event #{self.pk}"


class PushRefusals(models.Model):
    """How many pushes of an account were refused as it sent too much; counted anew after a week without one."""

    account = models.OneToOneField(
        ProviderAccount, on_delete=models.CASCADE, primary_key=True, related_name="push_refusals"
    )
    refused = models.PositiveBigIntegerField()
    since = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "push refusals"

    def __str__(self) -> str:
        return f"Refused pushes of account #{self.account_id}"


def heads(events: QuerySet[ProviderEvent], *, most_bytes: int) -> QuerySet[ProviderEvent]:
    """Return events with ``head``, the first bytes of each body, and ``body_bytes``, and without the rest of it."""
    head = Func(F("body"), Value(1), Value(most_bytes), function="substring", output_field=models.BinaryField())
    size = Func(F("body"), function="octet_length", output_field=models.IntegerField())
    return events.defer("body", "headers", "report").annotate(head=head, body_bytes=size)


class LogCursor(models.Model):
    """How far an account's second source has been read: its call log, and look-ups of single calls."""

    account = models.OneToOneField(
        ProviderAccount, on_delete=models.CASCADE, primary_key=True, related_name="log_cursor"
    )
    # What the provider gave for the next pull, where its cursors last; else the log is read by time.
    cursor = models.TextField(blank=True, default="", db_default="")
    reached_at = models.DateTimeField(null=True, help_text="The log has been read up to this instant.")
    next_pull_at = models.DateTimeField(db_default=Now())
    live_seen_at = models.DateTimeField(null=True, help_text="When calls were last under way.")
    rows_read = models.PositiveBigIntegerField(default=0, db_default=0)
    # Saturation: the provider cut a page, so rows may be missing from it.
    full_at = models.DateTimeField(null=True, help_text="When a page was last cut short by the provider.")
    full_count = models.PositiveIntegerField(default=0, db_default=0)
    # The log of a whole stretch is asked for when pulls have missed rows; never more often than once a minute.
    whole_wanted_at = models.DateTimeField(null=True)
    whole_at = models.DateTimeField(null=True, help_text="When a whole stretch of the log was last read.")
    next_lookup_at = models.DateTimeField(null=True, help_text="From when the next look-up of one call may leave.")
    problem = models.CharField(max_length=300, blank=True, default="", db_default="")
    problem_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["account_id"]

    def __str__(self) -> str:
        return f"Log of account #{self.account_id}"
