"""Attempts: the truth about every call. Their states are written by ``campaigns.states`` alone."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from campaigns.models.campaigns import Campaign
from campaigns.models.contacts import ContactList
from campaigns.models.evidence import RulesVersion
from campaigns.models.leads import Lead
from campaigns.models.profiles import RulesProfile
from campaigns.models.templates import CallTemplate
from campaigns.rules.absence import in_words
from dialer.models import DID, Agent, ProviderAccount
from dialer.providers.base import Outcome, Refusal


class AttemptState(models.TextChoices):
    """RESERVED → PLACING → PLACED → RINGING → ANSWERED → ENDED; UNCERTAIN where a request had no clear answer."""

    RESERVED = "RESERVED", "Reserved"  # holds its slot; nothing has left us
    PLACING = "PLACING", "Placing"  # the request may be leaving
    PLACED = "PLACED", "Placed"  # the provider took it
    RINGING = "RINGING", "Ringing"
    ANSWERED = "ANSWERED", "Answered"
    UNCERTAIN = "UNCERTAIN", "May have rung (uncertain)"  # may have rung; never repeated blind
    ENDED = "ENDED", "Ended"


class Attempt(models.Model):
    """One try to call a lead: one request to a provider, one call at most.

    A live attempt *is* the slot that it holds. Live means ``ended_at IS NULL``, which is as good as a state other than
    ENDED (a constraint says so), and is what every index names: a change of state alone then touches no index.
    """

    # Our id at the provider: it comes back in the result where the provider allows.
    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="attempts")
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="attempts", db_index=False)
    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="attempts", db_index=False)
    did = models.ForeignKey(
        DID, on_delete=models.PROTECT, null=True, related_name="attempts", db_index=False, verbose_name="DID"
    )
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, null=True, related_name="attempts", db_index=False)
    number = models.CharField(max_length=16)
    state = models.CharField(max_length=10, choices=AttemptState.choices, default=AttemptState.RESERVED)
    outcome = models.CharField(
        max_length=10, choices=[(outcome.value, outcome.label) for outcome in Outcome], null=True, blank=True
    )
    # Its account is in the sandbox, so that nobody is called: it counts for no person, and is told to nobody.
    is_rehearsal = models.BooleanField("rehearsed", default=False, db_default=False, editable=False)
    # Whether it counts against the campaign's maximum of attempts; decided when it ends.
    is_burned = models.BooleanField("counts as an attempt", null=True)
    refusal = models.CharField(
        max_length=24, choices=[(reason.value, reason.label) for reason in Refusal], null=True, blank=True
    )
    detail = models.CharField(max_length=300, blank=True, default="", db_default="")
    outcome_source = models.CharField(
        "where the result came from (told by)",
        max_length=5,
        blank=True,
        default="",
        db_default="",
        help_text="What told the outcome: PUSH, POLL or LOG.",
    )
    disagreement = models.CharField(
        "another source says (disagreement)",
        max_length=300,
        blank=True,
        default="",
        db_default="",
        help_text="What a second source says otherwise.",
    )
    external_id = models.CharField("provider's id", max_length=200, null=True, blank=True)
    # Whether the account's log can show that it was no call, and when it was read whole without it: see rules.absence.
    may_be_absent = models.BooleanField(default=False, db_default=False, editable=False)
    absent_once_at = models.DateTimeField(
        "not in the log",
        null=True,
        help_text="The whole log was read until then and had no row of it.",
    )
    absent_at = models.DateTimeField(
        "not in the log again",
        null=True,
        help_text="It was read until then a second time, and had none either: it is taken as no call.",
    )

    reserved_at = models.DateTimeField()
    # With calls-per-second limits: the instant at which the request may leave.
    send_at = models.DateTimeField("may leave at")
    placing_at = models.DateTimeField(null=True)
    placed_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    # The version of the profile by which it was allowed.
    profile = models.ForeignKey(RulesProfile, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    # By which rules of the campaign, and what they went by that may change later; see campaigns.claiming.evidence.
    rules_version = models.ForeignKey(
        RulesVersion, on_delete=models.PROTECT, null=True, related_name="+", db_index=False, editable=False
    )
    grounds = models.JSONField(null=True, editable=False)
    # Its line counts as taken until its end is told: its bot may transfer it, and then the fleet no longer counts it.
    holds_until_told = models.BooleanField(default=False, db_default=False, editable=False)
    # By what calls are counted, beside DID and agent: see campaigns.models.counts. No constraints, as nothing is read
    # through them.
    template = models.ForeignKey(
        CallTemplate,
        on_delete=models.DO_NOTHING,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
        editable=False,
    )
    contact_list = models.ForeignKey(
        ContactList,
        on_delete=models.DO_NOTHING,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
        editable=False,
    )
    nth = models.PositiveSmallIntegerField(null=True, editable=False)
    # By the campaign's clock when it was reserved: see campaigns.rules.week.
    week_hour = models.PositiveSmallIntegerField(null=True, editable=False)
    called_on = models.DateField(null=True, editable=False)
    deadline_at = models.DateTimeField("deadline", help_text="Past it the provider is asked, then the attempt is LOST.")
    next_poll_at = models.DateTimeField(
        "asked about next", null=True, help_text="When to ask the provider, if no push comes before."
    )

    disposition = models.CharField(max_length=100, blank=True, default="", db_default="")
    talk_seconds = models.FloatField("talk time (seconds)", null=True)
    duration_seconds = models.FloatField("duration (seconds)", null=True)
    disconnected_by = models.CharField(max_length=40, blank=True, default="", db_default="")
    recording_url = models.TextField(blank=True, default="", db_default="")
    digits = models.CharField(max_length=100, blank=True, default="", db_default="", help_text="Keys pressed.")
    cost = models.CharField(
        max_length=60, blank=True, default="", db_default="", help_text="What the provider bills, in its own unit."
    )
    transcript = models.JSONField(null=True)
    analysis = models.JSONField(null=True)
    # Which of these facts a report of the end told: they win over what was told before. See campaigns.settling.facts.
    end_facts = models.PositiveIntegerField(default=0, db_default=0, editable=False)

    class Meta:
        ordering = ["-id"]
        permissions = [("download_recording", "Can listen to recordings of calls")]
        constraints = [
            # Promise 1: a lead has one try under way at most.
            models.UniqueConstraint(fields=["lead"], condition=Q(ended_at=None), name="attempt_one_live_per_lead"),
            # Promise 4: a person has one live call at most, over all campaigns.
            models.UniqueConstraint(
                fields=["number", "is_rehearsal"], condition=Q(ended_at=None), name="attempt_one_live_per_number"
            ),
            # An attempt that has ended has an outcome and an instant; one that has not, has neither.
            models.CheckConstraint(
                condition=Q(state="ENDED", outcome__isnull=False, ended_at__isnull=False, is_burned__isnull=False)
                | (~Q(state="ENDED") & Q(outcome__isnull=True, ended_at__isnull=True)),
                name="attempt_end_has_outcome_and_instant",
            ),
        ]
        indexes = [
            # Counting live attempts per DID, agent, campaign and account, every tick.
            models.Index(
                fields=["account", "campaign", "did", "agent"],
                condition=Q(ended_at=None),
                name="attempt_live_by_account",
            ),
            # Matching a result by the provider's own id.
            models.Index(
                fields=["account", "external_id"], condition=Q(external_id__isnull=False), name="attempt_by_external_id"
            ),
            # Reconciling: what is past its deadline or due to be asked.
            models.Index(fields=["deadline_at"], condition=Q(ended_at=None), name="attempt_live_by_deadline"),
            # Ends that only we concluded: the log of a provider's dialer may still tell another. Few calls enter it.
            models.Index(
                fields=["campaign"],
                condition=Q(outcome__in=["LOST", "UNCERTAIN"]),
                name="attempt_concluded_by_campaign",
            ),
            # What was refused or called off, for lists: seldom, and of any time. Few calls enter it.
            models.Index(
                fields=["outcome", "-id"], condition=Q(outcome__in=["REFUSED", "CANCELED"]), name="attempt_without_call"
            ),
            models.Index(fields=["campaign", "-id"], name="attempt_by_campaign"),
            models.Index(fields=["number", "-id"], name="attempt_by_number"),
            # Caps of DIDs per hour and day.
            models.Index(fields=["did", "-reserved_at"], condition=Q(did__isnull=False), name="attempt_by_did"),
            # Wrap-up: when an agent's last call ended.
            models.Index(
                fields=["agent", "-ended_at"], condition=Q(agent__isnull=False), name="attempt_ended_by_agent"
            ),
            # What ended lately: the pace of the house, and its chart of the day.
            models.Index(fields=["ended_at"], condition=Q(ended_at__isnull=False), name="attempt_by_end"),
            # How many calls of a campaign were taken as none, and how many of these were one after all.
            models.Index(fields=["campaign"], condition=Q(absent_at__isnull=False), name="attempt_absent_by_campaign"),
        ]

    def __str__(self) -> str:
        return f"Attempt #{self.pk} (sandbox)" if self.is_rehearsal else f"Attempt #{self.pk}"

    @property
    def in_sandbox(self) -> bool:
        """Whether nobody was called by it."""
        return self.is_rehearsal

    @property
    def length_seconds(self) -> float | None:
        """How long a call that was taken lasted: its talk, where that is told, else as long as the provider says."""
        if self.outcome not in (Outcome.ANSWERED, Outcome.MACHINE):
            return None
        return self.duration_seconds if self.talk_seconds is None else self.talk_seconds

    @property
    def absence(self) -> str:
        """What the account's log showed by not having this call, empty where nothing."""
        words = in_words(first_at=self.absent_once_at, absent_at=self.absent_at)
        return f"{words}; told of later" if self.absent_at is not None and not self.may_be_absent else words
