"""Counts that are kept with the state: what became of a campaign's leads and calls, without counting them.

PostgreSQL itself writes a change in the statement that changes leads or attempts (the triggers at the end of
``campaigns/migrations/0001_initial.py``), whatever that statement is; ``campaigns.counting`` folds changes into one row
for each thing counted, and reads both together. So a count is exact at every commit.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from campaigns.models.campaigns import Campaign


class Counted(models.TextChoices):
    """What a kept count is of; its ``value`` says which."""

    LEADS = "LEADS", "Leads by state"
    OUTCOME = "OUTCOME", "Ended attempts by outcome"
    # Of ended attempts that count as one, each with its outcome and disposition.
    HOUR = "HOUR", "Calls by hour of the week"
    DAY = "DAY", "Calls by day"
    DID = "DID", "Calls by DID"
    AGENT = "AGENT", "Calls by agent"
    LIST = "LIST", "Calls by list"
    TEMPLATE = "TEMPLATE", "Calls by template"
    NTH = "NTH", "Calls by number of the attempt"
    DISPOSITION = "DISPOSITION", "Calls by disposition"


class CountChange(models.Model):
    """So many leads or ended attempts more, or fewer, by one statement. Only ever added, and folded soon after.

    ``is_gone``: rows that were deleted. What became of them stays counted: the past of a campaign outlives its rows.
    """

    # No constraint in the database: each end of a call writes one of these, and a draft may be deleted.
    campaign = models.ForeignKey(
        Campaign, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    lead_state = models.CharField(max_length=10, null=True)
    outcome = models.CharField(max_length=10, null=True)
    # Of attempts that count as one; see the fields of the same names there. A talk of half a second is 500.
    did_id = models.BigIntegerField(null=True)
    agent_id = models.BigIntegerField(null=True)
    contact_list_id = models.BigIntegerField(null=True)
    template_id = models.BigIntegerField(null=True)
    nth = models.PositiveSmallIntegerField(null=True)
    week_hour = models.PositiveSmallIntegerField(null=True)
    called_on = models.DateField(null=True)
    disposition = models.CharField(max_length=40, null=True)
    talk_ms = models.BigIntegerField(default=0, db_default=0)
    number = models.IntegerField()
    is_gone = models.BooleanField(default=False, db_default=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"#{self.pk} {self.lead_state or self.outcome} {self.number:+}"


class KeptCount(models.Model):
    """What all changes that were folded come to. ``gone``: how many of them were deleted since, as by retention."""

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    counted = models.CharField(max_length=12, choices=Counted.choices)
    value = models.CharField(max_length=40)
    outcome = models.CharField(max_length=10, default="", db_default="")
    disposition = models.CharField(max_length=40, default="", db_default="")
    number = models.BigIntegerField()
    talk_ms = models.BigIntegerField(default=0, db_default=0)
    gone = models.BigIntegerField(default=0, db_default=0)
    gone_talk_ms = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        ordering = ["campaign_id", "counted", "value"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "counted", "value", "outcome", "disposition"], name="count_one_per_value"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.counted} {self.value}: {self.number}"


class CountCheck(models.Model):
    """When the kept counts of a campaign were last held against its rows, and what differed, in words."""

    campaign = models.OneToOneField(Campaign, on_delete=models.CASCADE, primary_key=True, related_name="+")
    checked_at = models.DateTimeField()
    differences = models.JSONField(default=list)

    class Meta:
        ordering = ["campaign_id"]
        indexes = [
            # What an operator is told of; there should be none.
            models.Index(fields=["campaign"], condition=~Q(differences=[]), name="count_check_that_differs"),
        ]

    def __str__(self) -> str:
        return f"Counts of campaign #{self.campaign_id}"
