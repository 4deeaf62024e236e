"""Who is told of results and notices, and what became of each telling."""

from __future__ import annotations

import base64
import secrets
import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from campaigns.models import Campaign, FeedEntry, FeedKind
from dialer.encryption import EncryptedJSONField, EncryptedModel, EncryptedTextField, UndecryptableError
from dialer.fetching import address_problem
from webhooks.rules.key_maps import key_map_problems
from webhooks.rules.sent_headers import header_problem, token_problem

MOST_BATCH = 500


def every_kind() -> list[str]:
    """Return all kinds of the feed."""
    return [kind.value for kind in FeedKind]


def new_secret() -> dict[str, Any]:
    """Return a fresh signing secret, as Standard Webhooks writes it: 32 random bytes in base64."""
    return {"secret": f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"}


class Method(models.TextChoices):
    """How a subscriber wants to be told."""

    POST = "POST", "POST"
    PUT = "PUT", "PUT"
    PATCH = "PATCH", "PATCH"


class Subscription(EncryptedModel):
    """An address that is told of results and notices as they come."""

    name = models.CharField(max_length=150, unique=True)
    url = models.CharField("URL", max_length=500, help_text="https://… or http://…: what is told is posted there.")
    secret = EncryptedJSONField(default=new_secret, editable=False)
    kinds = models.JSONField(default=every_kind, help_text=f"What it is told of: {', '.join(FeedKind.values)}.")
    campaigns = models.ManyToManyField(
        Campaign, blank=True, related_name="+", help_text="Only of these and their runs. None: of all."
    )
    is_active = models.BooleanField(
        "active",
        default=True,
        help_text="Off: nothing is told. On again: told from then on; what it missed is read from the feed.",
    )
    method = models.CharField(max_length=5, choices=Method.choices, default=Method.POST)
    headers = EncryptedJSONField(
        blank=True,
        default=dict,
        help_text='Sent with each request: {"X-Api-Key": "…"}. Encrypted, never shown again.',
    )
    token = EncryptedTextField(
        blank=True, default="", help_text="Sent as “Authorization: Bearer …”. Encrypted, never shown again."
    )
    oauth_token_url = models.CharField(
        "OAuth token URL",
        max_length=500,
        blank=True,
        default="",
        help_text="A token is fetched there with the client credentials, and sent as “Authorization: Bearer …”.",
    )
    oauth_client_id = models.CharField("OAuth client id", max_length=300, blank=True, default="")
    oauth_client_secret = EncryptedTextField(
        "OAuth client secret", blank=True, default="", help_text="Encrypted, never shown again."
    )
    oauth_scope = models.CharField("OAuth scope", max_length=300, blank=True, default="")
    batch_size = models.PositiveSmallIntegerField(
        default=1,
        help_text=f'Up to {MOST_BATCH} in one request, {{"events": […]}}, one request after the other. 1: one each.',
    )
    key_map = models.JSONField(
        null=True,
        blank=True,
        help_text='Your names for what is told: {"phone": "{{lead.number}}", "plan": "{{crm.plan}}"}. Empty: ours.',
    )
    # The feed is told again between these, both null while nothing is.
    replay_after = models.BigIntegerField(null=True, editable=False, help_text="It is told again what follows this.")
    replay_until = models.BigIntegerField(null=True, editable=False, help_text="And that is the last of it.")
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
        """Refuse addresses that nobody may be told at, kinds that there are not, and what cannot be sent."""
        errors: dict[str, Any] = {}
        if problem := address_problem(self.url):
            errors["url"] = problem
        if self.oauth_token_url and (problem := address_problem(self.oauth_token_url)):
            errors["oauth_token_url"] = problem
        if not 1 <= (self.batch_size or 0) <= MOST_BATCH:
            errors["batch_size"] = f"Enter a number from 1 to {MOST_BATCH}."
        if self.key_map is not None and (problems := key_map_problems(self.key_map)):
            errors["key_map"] = problems
        errors |= self._authorization_problems()
        if not isinstance(self.kinds, list) or not self.kinds or set(self.kinds) - set(every_kind()):
            errors["kinds"] = f"Enter a list of one or more of {', '.join(every_kind())}."
        if errors:
            raise ValidationError(errors)

    def _authorization_problems(self) -> dict[str, Any]:
        """Return what is wrong with what proves us to the subscriber; what no key opens is left as it is."""
        found: dict[str, Any] = {}
        opened: dict[str, Any] = {}
        for name in ("headers", "token", "oauth_client_secret"):
            try:
                opened[name] = getattr(self, name)
            except UndecryptableError:
                opened[name] = None
        if opened["headers"] and (problem := header_problem(opened["headers"])):
            found["headers"] = problem
        if opened["token"] and (problem := token_problem(opened["token"])):
            found["token"] = problem
        by_oauth = bool(self.oauth_token_url)
        if (by_oauth or opened["token"]) and any(name.lower() == "authorization" for name in opened["headers"] or ()):
            found["headers"] = "Give Authorization as a header, or a token or OAuth client credentials, not both."
        if by_oauth and opened["token"]:
            found["token"] = "Give a token or OAuth client credentials, not both."  # noqa: S105 - a sentence
        if by_oauth != bool(self.oauth_client_id):
            found["oauth_client_id"] = "The token URL, the client id and the client secret go together."
        if by_oauth and opened["oauth_client_secret"] == "":
            found["oauth_client_secret"] = "Enter the client secret."  # noqa: S105 - a sentence
        return found


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
    reply = models.CharField(max_length=500, blank=True, default="", help_text="How the last reply began.")
    took_ms = models.PositiveIntegerField(null=True, help_text="How long the last reply took, in milliseconds.")
    last_tried_at = models.DateTimeField(null=True)
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
            # What did not arrive, for lists.
            models.Index(fields=["-id"], condition=Q(state="GIVEN_UP"), name="delivery_given_up"),
        ]

    def __str__(self) -> str:
        return f"Delivery #{self.pk}"
