"""Accounts at providers, with what reserving must know of each."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from dialer import providers
from dialer.addresses import url_problem
from dialer.encryption import (
    EncryptedJSONField,
    EncryptedModel,
    EncryptedTextField,
    UndecryptableError,
    hash_of,
    unreadable_fields,
)
from dialer.models.declared_values import field_problems
from dialer.models.gates import AccountGate
from dialer.models.valid import http_url, valid_base_url, valid_provider, valid_time_zone
from dialer.providers.base import AccountConfig, Provider
from dialer.providers.building import RECORDING_HOSTS, named_hosts

#: No call lasts longer than a day; "longest call" of accounts and templates is no longer, in seconds.
LONGEST_CALL_SECONDS = 86_400


def new_push_token() -> str:
    """Return a secret for the URL that a provider pushes to."""
    return secrets.token_urlsafe(24)


class ProviderAccount(EncryptedModel):
    """An account at a telephony company. ``max_live_calls`` is its concurrency limit."""

    name = models.CharField(max_length=100, unique=True)
    provider = models.CharField(max_length=40, validators=[valid_provider])
    is_sandbox = models.BooleanField(
        "sandbox",
        default=False,
        db_default=False,
        editable=False,
        help_text="Its calls go to the carrier of this installation, which rings nobody. It stays so for ever.",
    )
    base_url = models.CharField(
        "base URL",
        max_length=500,
        validators=[http_url, valid_base_url],
        help_text="Address of the provider's API; a path prefix is kept.",
    )
    credentials = EncryptedJSONField(blank=True, default=dict)
    settings = models.JSONField(blank=True, default=dict)
    # public_id and push_token make the address that the provider pushes to; see push_url. A push is judged by the hash;
    # the token itself is opened only to show the address to those who may change the account.
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    push_token = EncryptedTextField(default=new_push_token, editable=False)
    push_token_hash = models.CharField(max_length=64, unique=True, editable=False)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[valid_time_zone])
    max_live_calls = models.PositiveIntegerField(
        "most live calls",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Most calls at one time on this account, no more than the provider allows it. Empty: no limit.",
    )
    calls_per_second = models.DecimalField(
        max_digits=7,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="Most requests to place a call in any second. Empty: no limit.",
    )
    max_call_seconds = models.PositiveIntegerField(
        "longest call (seconds)",
        default=3600,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_CALL_SECONDS)],
        help_text="Longest call that can happen, and the time until its result comes, in seconds: a call without its "
        "result for this long is LOST. The longest call of a call template goes before it.",
    )
    poll_after_seconds = models.PositiveIntegerField(
        "ask after (seconds)",
        default=60,
        validators=[MinValueValidator(1)],
        help_text="Ask the provider for a call's state when no push has told its end for this many seconds.",
    )
    reply_timeout_seconds = models.PositiveIntegerField(
        "wait for a reply (seconds)",
        default=20,
        validators=[MinValueValidator(1)],
        help_text="How long to wait for the reply to a request; after it the call is UNCERTAIN.",
    )
    uses_fleet_bound = models.BooleanField(
        "free lines by the fleet's count",
        default=True,
        help_text="Where the provider's fleet says how many calls it has: lines are free when calls are over, although "
        "their results are late or lost. Off: when results come. It switches itself off when results disprove it.",
    )
    fleet_lag_seconds = models.DecimalField(
        "the fleet's count lags (seconds)",
        max_digits=5,
        decimal_places=2,
        default=5,
        validators=[MinValueValidator(0)],
        help_text="A reading of the fleet may be so many seconds old when it is asked for. Calls that began within "
        "them count until the next readings. 0: it is always current.",
    )
    fleet_poll_seconds = models.DecimalField(
        "ask the fleet every (seconds)",
        max_digits=5,
        decimal_places=2,
        default=Decimal("0.5"),
        validators=[MinValueValidator(Decimal("0.1"))],
        help_text="While results are awaited of calls that may be over, the fleet is asked again so many seconds after "
        "it has answered; else every 2 seconds. For calls of a few seconds a smaller value fills more lines.",
    )
    is_active = models.BooleanField("active", default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        permissions = [("open_sandbox", "Can open sandbox accounts")]
        constraints = [
            # What it rehearses may hold real numbers: no address that somebody enters can lead them out.
            models.CheckConstraint(
                condition=Q(is_sandbox=False) | Q(base_url=""), name="account_of_the_sandbox_has_no_address"
            ),
            models.UniqueConstraint(
                fields=["provider"], condition=Q(is_sandbox=True), name="account_one_sandbox_per_provider"
            ),
            models.CheckConstraint(
                condition=Q(max_live_calls__isnull=True) | Q(max_live_calls__gte=1),
                name="account_limit_is_at_least_one",
            ),
            models.CheckConstraint(
                condition=Q(calls_per_second__isnull=True) | Q(calls_per_second__gt=0), name="account_rate_is_positive"
            ),
            models.CheckConstraint(
                condition=Q(fleet_lag_seconds__gte=0, fleet_poll_seconds__gt=0),
                name="account_fleet_seconds_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, the push token with its hash, and make the account's gate with it: reserving locks the gate."""
        token = self.__dict__.get("push_token")
        if isinstance(token, str):
            self.push_token_hash = hash_of(token)
        if "push_token" in (kwargs.get("update_fields") or ()):
            kwargs["update_fields"] = {*kwargs["update_fields"], "push_token_hash"}
        super().save(*args, **kwargs)
        AccountGate.objects.get_or_create(account=self)
        if self.uses_fleet_bound:
            # A person has switched it on again.
            AccountGate.objects.filter(account=self).exclude(fleet_bound_problem="").update(fleet_bound_problem="")

    @property
    def in_sandbox(self) -> bool:
        """Whether nobody is called by it; so are asked all that belong to an account."""
        return self.is_sandbox

    @property
    def api(self) -> Provider:
        """The provider of this account; where it is not installed, one that can do nothing."""
        return providers.of_account(self.provider)

    @property
    def problem(self) -> str:
        """Say why nothing can be done with it, however it was saved; empty when there is no reason."""
        try:
            valid_provider(self.provider)
        except ValidationError as error:
            return f"With the account {self.name} no call can be made: {' '.join(error.messages)}"
        if self.unreadable_credentials:
            return f"With the account {self.name} no call can be made: {self.unreadable_credentials}"
        return ""

    @property
    def unreadable(self) -> str:
        """Say what of it no key opens and what to do about it; empty when all can be read."""
        names = unreadable_fields(self)
        return unreadable_text(names) if names else ""

    @property
    def unreadable_credentials(self) -> str:
        """Say that no key opens its credentials and what to do about it; empty where one does."""
        try:
            _ = self.credentials
        except UndecryptableError:
            return unreadable_text(["credentials"])
        return ""

    @property
    def stored_credentials(self) -> dict[str, Any]:
        """The credentials, or none where no key opens them: for those who show which there are, or enter new ones."""
        try:
            return self.credentials
        except UndecryptableError:
            return {}

    @property
    def api_url(self) -> str:
        """Where its API is: at the carrier of this installation for the sandbox, else as somebody entered it."""
        if self.is_sandbox:
            return f"{settings.DIALER_SANDBOX_URL}/{self.provider}/{self.public_id}"
        return self.base_url.rstrip("/")

    @property
    def config(self) -> AccountConfig:
        """What the provider module may know of this account."""
        return AccountConfig(
            base_url=self.api_url,
            credentials=self.credentials,
            settings=self.settings,
            time_zone=self.time_zone,
        )

    @property
    def push_url(self) -> str:
        """The address that the provider pushes results to; anyone who has it can post results, so keep it private.

        Raises UndecryptableError where no key opens its token.
        """
        return f"{settings.PUBLIC_BASE_URL}/push/{self.public_id}/{self.push_token}/"

    @property
    def prefetch_url(self) -> str | None:
        """The address at which the provider may ask for a call's variables, or None where it never asks."""
        return f"{self.push_url}contact/" if self.api.capabilities.prefetch else None

    def clean(self) -> None:
        """Check credentials and settings against what the provider declares; unknown names are refused.

        Credentials that no key opens are not judged: the account can be renamed and switched off all the same.
        """
        if self.provider not in providers.slugs():
            return
        errors: dict[str, list[str]] = {}
        if self.is_sandbox and self.base_url:
            errors["base_url"] = ["A sandbox account has no address of its own: it calls nobody."]
        unreadable = unreadable_fields(self)
        for attribute, fields in (
            ("credentials", self.api.credential_fields),
            ("settings", self.api.setting_fields),
        ):
            problems = [] if attribute in unreadable else field_problems(getattr(self, attribute), fields)
            if problems:
                errors[attribute] = problems
        if isinstance(self.settings, dict) and (problem := _hosts_problem(self.settings.get(RECORDING_HOSTS.name))):
            errors.setdefault("settings", []).append(problem)
        if errors:
            raise ValidationError(errors)


#: What to do about each encrypted field that no key opens.
_CURES = {
    "credentials": "enter the credentials again on the account's page",
    "push_token": "make a new push address there and give it to the provider",
}


def unreadable_text(names: Collection[str]) -> str:
    """Say of an account's encrypted fields that no key opens them, and what to do."""
    what = " and ".join("credentials" if name == "credentials" else "push address" for name in names)
    cures = ", ".join(_CURES[name] for name in names if name in _CURES)
    return (
        f"its stored {what} cannot be read, as DIALER_ENCRYPTION_KEYS lacks the key of that time. Put that key back "
        f"behind the others and restart, or {cures}."
    )


def _hosts_problem(named: object) -> str:
    wrong = [host for host in named_hosts(named) if url_problem(f"https://{host}/", own_networks=True)]
    return f"{RECORDING_HOSTS.name}: no host's name: {', '.join(wrong)}." if wrong else ""
