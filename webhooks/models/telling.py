"""Who is told of results and notices, and what became of each telling."""

from __future__ import annotations

import secrets
import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from campaigns.models import Campaign, FeedEntry, FeedKind
from dialer.encryption import EncryptedJSONField, EncryptedModel
from dialer.fetching import address_problem


def every_kind() -> list[str]:
    """Return all kinds of the feed."""
    return [kind.value for kind in FeedKind]


def new_secret() -> dict[str, Any]:
    """Return a fresh signing secret."""
    return {"secret": f"whsec_{secrets.token_urlsafe(32)}"}


class Subscription(EncryptedModel):
    """An address that is told of results and notices as they come."""

    name = models.CharField(max_length=150, unique=True)
    url = models.CharField("URL", max_length=500, help_text="https://… or http://…: what is told is posted there.")
    secret = EncryptedJSONField(default=new_secret, editable=False)
    kinds = models.JSONField(
        default=every_kind, help_text="What it is told of: RESULT, RESULT_CHANGED, OPT_OUT, NOTICE."
    )
    campaigns = models.ManyToManyField(
        Campaign, blank=True, related_name="+", help_text="Only of these and their runs. None: of all."
    )
    is_active = models.BooleanField(
        "active",
        default=True,
        help_text="Off: nothing is told. On again: told from then on; what it missed is read from the feed.",
    )
    # The feed has been gone through up to here.
    position = models.BigIntegerField(default=0, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    failures = models.PositiveIntegerField(
        default=0, editable=False, help_text="How often in a row it took nothing; 0: it takes what is told."
    )
    next_try_at = models.DateTimeField(
        null=True, editable=False, help_text="While it takes nothing: when one delivery is tried again."
    )
    # A worker is telling it until then at most.
    held_until = models.DateTimeField(null=True, editable=False)
    problem = models.CharField(max_length=300, blank=True, default="", editable=False)
    switched_off_at = models.DateTimeField(
        null=True, editable=False, help_text="When it was switched off, as it took nothing for days."
    )
    missed_after = models.BigIntegerField(
        null=True,
        editable=False,
        help_text="What it was not told while it was off follows this place: GET /results/?after=…",
    )
    told_at = models.DateTimeField(null=True, editable=False, help_text="When something was last taken.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse addresses that nobody may be told at, and kinds that there are not."""
        errors: dict[str, Any] = {}
        if problem := address_problem(self.url):
            errors["url"] = problem
        if not isinstance(self.kinds, list) or not self.kinds or set(self.kinds) - set(every_kind()):
            errors["kinds"] = f"Enter a list of one or more of {', '.join(every_kind())}."
        if errors:
            raise ValidationError(errors)


class DeliveryState(models.TextChoices):
    """WAITING → DELIVERED, or GIVEN_UP when its subscription is switched off after failing for long."""

    WAITING = "WAITING", "Waiting"
    DELIVERED = "DELIVERED", "Delivered"
    GIVEN_UP = "GIVEN_UP", "Given up"


class Delivery(models.Model):
    """One entry of the feed for one subscription. ``entry`` is null for tests."""

    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="deliveries")
    entry = models.ForeignKey(FeedEntry, on_delete=models.CASCADE, null=True, related_name="+")
    event_id = models.UUIDField(default=uuid.uuid4, unique=True, help_text="The same however often it is sent.")
    state = models.CharField(max_length=9, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(
        help_text="Not before then; while its subscription takes nothing, not before that is tried again."
    )
    status_code = models.PositiveSmallIntegerField(null=True, help_text="The last reply.")
    problem = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["subscription", "entry"], name="delivery_one_per_subscription_and_entry"),
        ]
        indexes = [
            models.Index(fields=["subscription", "id"], condition=Q(state="WAITING"), name="delivery_to_send"),
        ]

    def __str__(self) -> str:
        return f"Delivery #{self.pk}"
