"""What happened by itself, kept for people and for jobs: runs, notices, and what persons asked for in a call."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from campaigns.models.attempts import Attempt
from campaigns.models.campaigns import Campaign
from campaigns.models.leads import Lead


class CampaignRun(models.Model):
    """An edge of a campaign's schedule that was handled: one row an edge, however many came for it."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="runs", db_index=False)
    edge_at = models.DateTimeField(help_text="The instant of the schedule.")
    begun_at = models.DateTimeField(help_text="When it was handled; later than the edge after an outage.")
    child = models.OneToOneField(Campaign, on_delete=models.SET_NULL, null=True, related_name="run_of")
    edges_missed = models.PositiveIntegerField(
        default=0, help_text="Edges before this one that nobody handled: only the latest is made up for."
    )
    problem = models.CharField(max_length=500, blank=True, default="", help_text="Why there is no run.")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "edge_at"], name="run_one_per_campaign_and_edge"),
        ]

    def __str__(self) -> str:
        return f"Run of {self.edge_at:%Y-%m-%d %H:%M} UTC"


class NoticeKind(models.TextChoices):
    """What a notice tells."""

    OPENED = "OPENED", "Opened"
    RUN_STARTED = "RUN_STARTED", "Run started"
    RUN_FAILED = "RUN_FAILED", "Run could not start"
    TOO_MANY_FAILURES = "TOO_MANY_FAILURES", "Paused: too many failures"
    ACCOUNT_REJECTED = "ACCOUNT_REJECTED", "Paused: the provider refuses the account's calls"
    ACCOUNT_UNREADABLE = "ACCOUNT_UNREADABLE", "Paused: the account's stored credentials cannot be read"
    TARGET_AWAY = "TARGET_AWAY", "Paused: the phones of agents or targets are not registered"
    FLEET_GONE = "FLEET_GONE", "Paused: the provider's fleet is gone"
    TOO_MANY_ABANDONED = "TOO_MANY_ABANDONED", "Paused: too many abandoned calls"
    TEMPLATE_NOT_APPROVED = "TEMPLATE_NOT_APPROVED", "Paused: the template is not approved, or cannot be used"
    NOT_READY = "NOT_READY", "Paused: it may not call as it is set"
    TO_DECIDE = "TO_DECIDE", "To decide: somebody may have refused calls"
    SUBSCRIPTION_OFF = "SUBSCRIPTION_OFF", "A subscription was switched off"
    MAY_BE_A_COPY = "MAY_BE_A_COPY", "All dialing stopped: this database may be a copy"
    HOME_CONFIRMED = "HOME_CONFIRMED", "Confirmed: this database is the one that dials"
    UNKNOWN_REFERENCES = "UNKNOWN_REFERENCES", "Another installation may be dialing"
    KEY_EXPIRES = "KEY_EXPIRES", "An API key expires soon"
    CLOCK_WRONG = "CLOCK_WRONG", "A worker places nothing: its clock is wrong"
    TOO_MANY_LOST = "TOO_MANY_LOST", "Paused: too many results never came"
    RESULTS_MISSING = "RESULTS_MISSING", "Results of an account do not arrive"
    ABSENT_CALL_FOUND = "ABSENT_CALL_FOUND", "A call that the log did not have was one"
    RETENTION_FAILED = "RETENTION_FAILED", "Old rows were not all archived and removed"
    FLEET_BOUND_OFF = "FLEET_BOUND_OFF", "Lines are no longer freed by the fleet's count"
    PROMISE_BROKEN = "PROMISE_BROKEN", "The audit found a broken promise"


class CampaignNotice(models.Model):
    """Something a campaign did by itself and that somebody should hear of. Only ever added to, oldest first by id.

    Without a campaign it is of the whole house.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, null=True, related_name="notices")
    kind = models.CharField(max_length=24, choices=NoticeKind.choices)
    text = models.CharField(max_length=500)
    attempt_ids = models.JSONField(default=list, help_text="The calls that showed it.")
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"#{self.pk} {self.get_kind_display()}"


class OptOut(models.Model):
    """The evidence that a person asked, in a call, never to be called again."""

    attempt = models.OneToOneField(Attempt, on_delete=models.PROTECT, related_name="opt_out")
    number = models.CharField(max_length=16, db_index=True)
    words = models.CharField(max_length=200, help_text="Where it was said, and what.")
    # Of webhooks.ProviderEvent: a number and no relation, as campaigns knows nothing of webhooks.
    event_id = models.BigIntegerField(null=True, help_text="The provider's event that said so, if it was pushed.")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"#{self.pk} {self.words}"


class Callback(models.Model):
    """A person, a system or a bot asked for a lead to be called at an instant."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="callbacks")
    attempt = models.ForeignKey(
        Attempt, on_delete=models.SET_NULL, null=True, related_name="+", help_text="The call in which it was asked for."
    )
    at = models.DateTimeField(help_text="The instant asked for.")
    due_at = models.DateTimeField(help_text="The first permitted instant from then on.")
    note = models.CharField(max_length=200, blank=True, default="")
    set_by = models.CharField(max_length=150, help_text="A user, or what the result said.")
    # A later report of the same call may name the time that an earlier one left out.
    is_time_given = models.BooleanField(default=True)
    called_off_at = models.DateTimeField(null=True, blank=True, help_text="When somebody took it back.")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["attempt"], condition=Q(attempt__isnull=False), name="callback_one_per_attempt"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} for {self.due_at:%Y-%m-%d %H:%M} UTC"
