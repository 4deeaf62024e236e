"""Leads: who is to be called in a campaign, and when. Their states are written by ``campaigns.states`` alone."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from campaigns.models.campaigns import Campaign
from campaigns.models.contacts import Contact
from dialer.models import DID


class LeadState(models.TextChoices):
    """PENDING → DIALING → PENDING (due at next_attempt_at) or an end: COMPLETED, EXHAUSTED, …"""

    PENDING = "PENDING", "Pending"
    DIALING = "DIALING", "Dialing"
    COMPLETED = "COMPLETED", "Completed"
    EXHAUSTED = "EXHAUSTED", "No tries left (exhausted)"
    SUPPRESSED = "SUPPRESSED", "Suppressed"
    EXPIRED = "EXPIRED", "Expired"
    CANCELED = "CANCELED", "Canceled"


LEAD_ENDS = (
    LeadState.COMPLETED,
    LeadState.EXHAUSTED,
    LeadState.SUPPRESSED,
    LeadState.EXPIRED,
    LeadState.CANCELED,
)


class Lead(models.Model):
    """A contact in a campaign, with a state and a due time."""

    # Both keys are held by triggers once a statement (migrations/_references.py).
    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="leads", db_index=False, db_constraint=False
    )
    contact = models.ForeignKey(
        Contact, on_delete=models.PROTECT, related_name="leads", db_index=False, db_constraint=False
    )
    # The contact's number when it was enrolled: two lists with one number make one lead.
    number = models.CharField(max_length=16)
    state = models.CharField(
        max_length=10, choices=LeadState.choices, default=LeadState.PENDING, db_default=LeadState.PENDING
    )
    state_reason = models.CharField(max_length=200, blank=True, default="", db_default="")
    # Order of claiming, lowest first: callbacks, first pass, retries; see campaigns.rules.order.
    rank = models.SmallIntegerField(default=15, db_default=15)
    next_attempt_at = models.DateTimeField(db_default=Now())
    # Set while a callback waits, and while it was asked for in a call that has not ended; see states.leads.call_back.
    callback_at = models.DateTimeField(null=True, blank=True)
    # Single calls: one number has as many leads in a standing campaign as calls are asked for; 0 for all others.
    occasion = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    variables = models.JSONField(null=True, blank=True, help_text="Of this lead alone; they go before the contact's.")
    idempotency_key = models.CharField(max_length=100, null=True, blank=True)
    attempts_made = models.PositiveSmallIntegerField(default=0, db_default=0, help_text="Attempts that count.")
    # Turned away for lack of capacity so many times in a row: it waits longer each time, and burns nothing.
    turned_away = models.PositiveSmallIntegerField(default=0, db_default=0)
    # The next call is to leave from another DID than this one.
    avoid_did = models.ForeignKey(
        DID, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    # The next call is to ring this number of the contact, and not the lead's own.
    other_number = models.CharField(max_length=16, null=True, blank=True)
    last_outcome = models.CharField(max_length=10, blank=True, default="", db_default="")
    last_attempt_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            # The number first: it finds a person's leads across campaigns as well.
            models.UniqueConstraint(
                fields=["number", "campaign", "occasion"], name="lead_one_per_campaign_number_and_occasion"
            ),
            models.UniqueConstraint(
                fields=["campaign", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="lead_one_per_idempotency_key",
            ),
            # A lead that has ended says when; one that has not, does not.
            models.CheckConstraint(
                condition=Q(state__in=["PENDING", "DIALING"], ended_at__isnull=True)
                | Q(state__in=[str(state) for state in LEAD_ENDS], ended_at__isnull=False),
                name="lead_end_has_its_instant",
            ),
            # Nobody calls back a lead that has ended, whichever way.
            models.CheckConstraint(
                condition=Q(callback_at__isnull=True) | Q(state__in=["PENDING", "DIALING"]),
                name="lead_callback_only_while_it_waits",
            ),
        ]
        indexes = [
            # Claiming: the due leads of a campaign, rank by rank.
            models.Index(
                fields=["campaign", "rank", "next_attempt_at", "id"],
                condition=Q(state="PENDING"),
                name="lead_to_claim",
            ),
            # Progress by state, and the filters of lists.
            models.Index(fields=["campaign", "state"], name="lead_by_campaign_and_state"),
            models.Index(fields=["contact"], name="lead_by_contact"),
        ]

    def __str__(self) -> str:
        return f"Lead #{self.pk}"

    @property
    def in_sandbox(self) -> bool:
        """Whether nobody is called for it."""
        return self.campaign.account.is_sandbox
