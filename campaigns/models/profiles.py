"""Profiles: a country's calling rules as data, in versions. What a call was allowed by stays readable for ever."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q

from campaigns.rules.stored import profile_problems


class Purpose(models.TextChoices):
    """What calls are for: some countries want each kind from a number series of its own."""

    UNSAID = "", "Not said"
    PROMOTIONAL = "PROMOTIONAL", "Promotional"
    SERVICE = "SERVICE", "Service and transactions"
    RECOVERY = "RECOVERY", "Loan recovery"


class RulesProfile(models.Model):
    """One version of a profile. Rows are never changed: an edit makes the next version, and campaigns move to it."""

    slug = models.SlugField(max_length=40)
    version = models.PositiveIntegerField(default=1, editable=False)
    name = models.CharField(max_length=100)
    rules = models.JSONField(
        default=dict,
        blank=True,
        help_text="windows (by the contact's clock), holidays, caps, minimum_gap_seconds, series by purpose, "
        "required_fields.",
    )
    sources = models.JSONField(
        default=list, blank=True, help_text="For each figure: where it comes from, and whether it is verified."
    )
    is_latest = models.BooleanField(default=True, editable=False)
    # Digest of the file that this version was loaded from; empty for a version that somebody edited.
    file_digest = models.CharField(max_length=64, blank=True, default="", editable=False)
    created_by = models.CharField(max_length=150, blank=True, default="", editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["slug", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["slug", "version"], name="profile_one_per_version"),
            models.UniqueConstraint(fields=["slug"], condition=Q(is_latest=True), name="profile_one_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.name} (v{self.version})"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert the next version of the slug; never change one. Campaigns that are not over move to it."""
        with transaction.atomic():
            before = RulesProfile.objects.select_for_update().filter(slug=self.slug, is_latest=True).first()
            RulesProfile.objects.filter(slug=self.slug, is_latest=True).update(is_latest=False)
            self.pk, self.is_latest, self._state.adding = None, True, True
            self.version = before.version + 1 if before else 1
            super().save(force_insert=True)
            if before is not None:
                moving: Any = before.campaigns
                going = moving.exclude(state__in=["COMPLETED", "STOPPED"])
                # Locked in the order of their ids, as completing several does.
                locked = going.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True)
                moving.filter(pk__in=list(locked)).update(profile=self)

    def clean(self) -> None:
        """Refuse rules that cannot be applied."""
        problems = profile_problems(self.rules)
        if problems:
            raise ValidationError({"rules": problems})
