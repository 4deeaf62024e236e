"""What limits of live calls were before: without it nobody can say later whether calls kept to them.

PostgreSQL's triggers write a row with each change (the end of ``campaigns/migrations/0001_initial.py``), whichever
statement makes it. Kept for ever: a person changes a limit, so rows are few.
"""

from __future__ import annotations

from django.db import models


class LimitOf(models.TextChoices):
    """What has a limit of live calls."""

    ACCOUNT = "ACCOUNT", "Account"
    DID = "DID", "DID"
    AGENT = "AGENT", "Agent"
    CAMPAIGN = "CAMPAIGN", "Campaign"


class PastLimit(models.Model):
    """The limit was ``most`` until ``until_at``, None: there was none."""

    limit_of = models.CharField(max_length=8, choices=LimitOf.choices)
    # An id and no relation: what was allowed outlives what it was allowed to.
    holder_id = models.BigIntegerField()
    most = models.PositiveIntegerField(null=True)
    until_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.limit_of} #{self.holder_id}: {self.most} until {self.until_at:%Y-%m-%d %H:%M:%S} UTC"
