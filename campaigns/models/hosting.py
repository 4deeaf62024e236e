"""Campaigns that run on the provider's own dialer: the dialer there, the batches given to it, and its switchings."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from campaigns.models.attempts import Attempt
from campaigns.models.campaigns import Campaign
from dialer.models import DID, ProviderAccount


class HostedDialer(models.Model):
    """The provider's dialer of one campaign: what we want of it, and what the provider last said of it."""

    campaign = models.OneToOneField(Campaign, on_delete=models.CASCADE, related_name="hosted_dialer")
    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="hosted_dialers")
    did = models.ForeignKey(DID, on_delete=models.PROTECT, null=True, related_name="hosted_dialers", verbose_name="DID")
    # Unique at the provider and written before it is made there: a creation without an answer is found by its name.
    name = models.CharField(max_length=100, unique=True)
    external_id = models.BigIntegerField(null=True, blank=True)
    # What the provider was last told: DID, concurrency, hours, template.
    told = models.JSONField(default=dict, blank=True)
    lines = models.PositiveIntegerField(default=0, help_text="Calls that it may have at one time.")
    # While it may be calling, its lines are taken from the account's and the DID's limits.
    holds_lines = models.BooleanField(default=False)
    is_on = models.BooleanField(null=True, default=False, help_text="As the provider last confirmed; unknown: nobody.")
    off_at = models.DateTimeField(null=True, blank=True, help_text="Since when it is confirmed to be off.")
    total_numbers = models.PositiveIntegerField(null=True, blank=True)
    pending_numbers = models.PositiveIntegerField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    log_read_at = models.DateTimeField(null=True, blank=True)
    log_asked_at = models.DateTimeField(null=True, blank=True)
    # Since when an end was last concluded without the provider's word: its log may still bring that for a while.
    concluded_at = models.DateTimeField(null=True, blank=True)
    # Since when the provider has nothing left to do for it, and when it may be asked again after a failure.
    quiet_since_at = models.DateTimeField(null=True, blank=True)
    # Since when the list of what it plays cannot be read, and when it was last asked for: it is asked ever more seldom.
    scripts_unread_since_at = models.DateTimeField(null=True, blank=True)
    scripts_asked_at = models.DateTimeField(null=True, blank=True)
    next_turn_at = models.DateTimeField(db_default=Now())
    batch_size = models.PositiveSmallIntegerField(default=100)
    problem = models.CharField(max_length=300, blank=True, default="", help_text="Of making it and handing over.")
    switch_problem = models.CharField(max_length=300, blank=True, default="")
    log_problem = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name

    @property
    def longest_call_seconds(self) -> int:
        """The longest call that it can make, in seconds: as its campaign's template says, else its account."""
        return self.campaign.template.longest_call_seconds(account=self.account)

    @property
    def condition(self) -> str:
        """How it is at the provider, in a word or two."""
        if self.external_id is None:
            return "Not made yet"
        return {True: "On", False: "Off", None: "Not known"}[self.is_on]

    @property
    def problems(self) -> list[str]:
        """What stands in its way now, as sentences."""
        found = (
            ("Switching", self.switch_problem),
            ("Handing over", self.problem),
            ("Reading its log", self.log_problem),
        )
        return [f"{what}: {problem}" for what, problem in found if problem]


class HostedSwitch(models.Model):
    """One switching on or off, written before it is asked for. An edge is handled once, however often it is noticed."""

    dialer = models.ForeignKey(HostedDialer, on_delete=models.CASCADE, related_name="switches")
    is_on = models.BooleanField()
    reason = models.CharField(max_length=200)
    edge_at = models.DateTimeField(help_text="Opening or closing of a window, start, pause, stop.")
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "hosted switches"
        constraints = [
            models.UniqueConstraint(fields=["dialer", "edge_at", "is_on"], name="hosted_switch_one_per_edge"),
        ]

    def __str__(self) -> str:
        return f"{'On' if self.is_on else 'Off'}: {self.reason}"


class BatchState(models.TextChoices):
    """RESERVED → SENDING → ADDED | REFUSED | UNCERTAIN; RETURNED: nothing had left. UNCERTAIN can still be ADDED."""

    RESERVED = "RESERVED", "Reserved"
    SENDING = "SENDING", "Sending"
    ADDED = "ADDED", "Added"
    REFUSED = "REFUSED", "Refused"
    RETURNED = "RETURNED", "Returned"
    UNCERTAIN = "UNCERTAIN", "May have arrived (uncertain)"


class HostedBatch(models.Model):
    """Numbers that were given to a dialer in one request, which is sent once at most."""

    dialer = models.ForeignKey(HostedDialer, on_delete=models.CASCADE, related_name="batches")
    state = models.CharField(max_length=10, choices=BatchState.choices, default=BatchState.RESERVED)
    size = models.PositiveSmallIntegerField()
    # How many numbers the dialer had before, as the provider said: tells whether an unanswered request arrived.
    total_before = models.PositiveIntegerField(null=True)
    taken = models.PositiveSmallIntegerField(null=True, help_text="How many the provider said it took.")
    reserved_at = models.DateTimeField()
    sending_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    detail = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "hosted batches"
        indexes = [
            models.Index(
                fields=["dialer", "id"],
                condition=Q(state__in=["RESERVED", "SENDING", "UNCERTAIN"]),
                name="hosted_batch_open",
            ),
        ]

    def __str__(self) -> str:
        return f"Batch #{self.pk}"


class HostedNumber(models.Model):
    """An attempt that is made by the provider's dialer, and the batch that it went with."""

    attempt = models.OneToOneField(Attempt, on_delete=models.CASCADE, primary_key=True, related_name="hosted")
    batch = models.ForeignKey(HostedBatch, on_delete=models.CASCADE, related_name="numbers")

    def __str__(self) -> str:
        return f"Attempt #{self.attempt_id}"
