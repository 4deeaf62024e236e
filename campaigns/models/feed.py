"""The feed: everything that others may want to hear of, in one order that never changes."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from campaigns.models.attempts import Attempt
from campaigns.models.happenings import CampaignNotice
from campaigns.models.leads import Lead


class FeedKind(models.TextChoices):
    """What an entry of the feed tells."""

    RESULT = "RESULT", "A call has its result"
    RESULT_CHANGED = "RESULT_CHANGED", "More became known of a result"
    LEAD_ENDED = "LEAD_ENDED", "A lead has ended without a call that told so"
    OPT_OUT = "OPT_OUT", "Somebody asked never to be called again"
    NOTICE = "NOTICE", "A campaign did something by itself"


class FeedEntry(models.Model):
    """One entry, only ever added. ``position`` is given after the transaction that wrote it is committed.

    So a reader who goes on from a position misses nothing: ids are given while transactions run, and a lower one may
    be committed after a higher one was read. See campaigns.results.feed.
    """

    position = models.BigIntegerField(null=True, unique=True, help_text="Its place, from 1; null for a moment.")
    kind = models.CharField(max_length=14, choices=FeedKind.choices)
    # No constraint in the database: an entry is written with each result. Attempts stay while the feed tells of them.
    attempt = models.ForeignKey(
        Attempt, on_delete=models.DO_NOTHING, null=True, related_name="+", db_index=False, db_constraint=False
    )
    # The same: written with the end of each lead that ends without a result.
    lead = models.ForeignKey(
        Lead, on_delete=models.DO_NOTHING, null=True, related_name="+", db_index=False, db_constraint=False
    )
    notice = models.ForeignKey(CampaignNotice, on_delete=models.CASCADE, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["position"]
        indexes = [
            # What waits for its position.
            models.Index(fields=["id"], condition=Q(position__isnull=True), name="feed_to_place"),
            # Late news of a call: it is kept while they are. Few entries are in it, and no result as it comes.
            models.Index(
                fields=["attempt"], condition=Q(kind__in=["RESULT_CHANGED", "OPT_OUT"]), name="feed_late_by_attempt"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.position} {self.get_kind_display()}"


class FeedStart(models.Model):
    """One row, once entries were removed: up to where. Who has read less has missed some, and is told so."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    removed_through = models.BigIntegerField(help_text="Entries up to this position may be gone.")
    removed_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="feed_start_is_one_row")]

    def __str__(self) -> str:
        return f"After #{self.removed_through}"
