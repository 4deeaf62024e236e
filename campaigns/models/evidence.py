"""Why each number was called or passed over, by which version of the rules: only ever added to."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from campaigns.models.campaigns import Campaign


class RulesVersion(models.Model):
    """All rules of a campaign as they stood when a decision was first made by them. An edit makes the next version."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="rules_versions", db_index=False)
    version = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    rules = models.JSONField()
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "digest"], name="rules_version_one_per_digest"),
            models.UniqueConstraint(fields=["campaign", "version"], name="rules_version_one_per_number"),
        ]

    def __str__(self) -> str:
        return f"Rules of campaign #{self.campaign_id}, version {self.version}"


class Skip(models.Model):
    """A due lead that a rule kept from being called; one row when the reason changes, not one a look."""

    # A number and no relation: what was decided outlives what it was decided about.
    lead_id = models.BigIntegerField()
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="skips", db_index=False)
    number = models.CharField(max_length=16)
    at = models.DateTimeField()
    rule = models.CharField(max_length=20)
    detail = models.CharField(max_length=200)
    until = models.DateTimeField(null=True, help_text="From when on it may be called; empty: never.")
    rules_version = models.ForeignKey(RulesVersion, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        verbose_name_plural = "not called, and why"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["number", "-id"], name="skip_by_number"),
            models.Index(fields=["campaign", "-id"], name="skip_by_campaign"),
            models.Index(fields=["lead_id"], name="skip_by_lead"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.rule}"


class LimitSpan(models.Model):
    """What held a running campaign back from ``since_at`` until ``until_at``, or now; seen every few seconds."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="limit_spans", db_index=False)
    limit = models.CharField(max_length=20)
    said = models.CharField(max_length=300)
    since_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["campaign"], condition=Q(until_at=None), name="limit_span_one_open"),
        ]
        indexes = [models.Index(fields=["campaign", "-id"], name="limit_span_by_campaign")]

    def __str__(self) -> str:
        return f"#{self.pk} {self.limit}"
