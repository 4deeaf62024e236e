"""DIDs: the numbers that calls are placed from, what each may do and when it rests, and groups of them."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q

e164 = RegexValidator(r"^\+[1-9]\d{6,14}$", "Write it with a plus and the country code, as +918011111111 (E.164).")


def is_did(number: str) -> bool:
    """Return whether a number can be a DID: E.164, whatever a provider lists."""
    try:
        e164(number)
    except ValidationError:
        return False
    return True


class DIDLimits(models.Model):
    """Fields of a DID. Hours and days are rolling: the last 60 minutes and the last 24 hours."""

    max_calls_per_hour = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text="In any 60 minutes. Empty: no cap."
    )
    max_calls_per_day = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="In any 24 hours; 75 to 100 keeps a number from being marked as spam. Empty: no cap.",
    )
    rest_below_answer_percent = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="Rest when fewer of the latest calls were answered than this. Empty: never.",
    )
    rest_after_calls = models.PositiveSmallIntegerField(
        default=20, validators=[MinValueValidator(5), MaxValueValidator(500)], help_text="The latest calls are so many."
    )
    rest_minutes = models.PositiveIntegerField(
        default=60, validators=[MinValueValidator(1), MaxValueValidator(60 * 24 * 30)], help_text="How long it rests."
    )
    resting_until = models.DateTimeField(
        null=True,
        blank=True,
        help_text="No call is made from it before; set by its rest, or by hand. Empty: it calls. UTC.",
    )

    class Meta:
        abstract = True

    @property
    def counts_calls(self) -> bool:
        """Whether it may call or not by how many calls were made, or how many of them somebody answered."""
        return bool(self.max_calls_per_hour or self.max_calls_per_day or self.rest_below_answer_percent)


class DID(DIDLimits, models.Model):
    """A number that calls are placed from. ``max_live_calls`` is the most calls that it may carry at one time."""

    account = models.ForeignKey("dialer.ProviderAccount", on_delete=models.PROTECT, related_name="dids")
    number = models.CharField(
        max_length=16, validators=[e164], help_text="With a plus and the country code (E.164), as +918011111111."
    )
    label = models.CharField(max_length=100, blank=True, default="")
    max_live_calls = models.PositiveIntegerField("most live calls", default=1, validators=[MinValueValidator(1)])
    is_active = models.BooleanField("active", default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "DID"
        ordering = ["account_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["account", "number"], name="did_one_per_account_and_number"),
            models.CheckConstraint(condition=Q(max_live_calls__gte=1), name="did_limit_is_at_least_one"),
        ]

    def __str__(self) -> str:
        return f"{self.number} ({self.label})" if self.label else self.number

    @property
    def in_sandbox(self) -> bool:
        """Whether nobody is called from it."""
        return bool(self.account.is_sandbox)


class DIDGroup(models.Model):
    """DIDs that campaigns take together: what is added to the group is theirs at once."""

    name = models.CharField(max_length=100, unique=True)
    account = models.ForeignKey("dialer.ProviderAccount", on_delete=models.PROTECT, related_name="did_groups")
    dids = models.ManyToManyField("dialer.DID", related_name="groups", blank=True, verbose_name="DIDs")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "DID group"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
