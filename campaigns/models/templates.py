"""What a call does: which bot, flow, text or agent of a provider, and whether it may be used."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from dialer import providers
from dialer.encryption import SecretsJSONField, unreadable_values
from dialer.models import LONGEST_CALL_SECONDS, ItemKind, ProviderAccount, field_problems, valid_provider
from dialer.providers.base import Action, Field


class Approval(models.TextChoices):
    """Whether a provider lets a template be used. Only NOT_NEEDED and APPROVED call."""

    NOT_NEEDED = "NOT_NEEDED", "Not needed"
    WAITING = "WAITING", "Waiting for approval"
    APPROVED = "APPROVED", "Approved"
    REJECTED = "REJECTED", "Rejected or withdrawn"


class CallTemplate(models.Model):
    """What a call does once it is answered: which bot, flow, text or agent, and the variables it is given."""

    name = models.CharField(max_length=150, unique=True)
    provider = models.CharField(max_length=40, validators=[valid_provider])
    action = models.CharField(
        max_length=20, choices=[(a.value, a.value.replace("_", " ").capitalize()) for a in Action]
    )
    options = SecretsJSONField(
        default=dict, blank=True, help_text="What the provider asks for this action, e.g. bot_id."
    )
    variables = models.JSONField(
        default=dict,
        blank=True,
        help_text='Provider\'s variable: contact\'s variable, e.g. {"customer_name": "name"}. '
        "Empty: every variable of the contact under its own name.",
    )
    max_ring_seconds = models.PositiveSmallIntegerField(
        "longest ringing (seconds)", default=30, validators=[MinValueValidator(5), MaxValueValidator(120)]
    )
    max_call_seconds = models.PositiveIntegerField(
        "longest call (seconds)",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_CALL_SECONDS)],
        help_text="Longest call that can happen, and the time until its result comes, in seconds: a call without its "
        "result for this long is LOST. Empty: as the account says.",
    )
    record = models.BooleanField(default=True)
    approval = models.CharField(
        max_length=10,
        choices=Approval.choices,
        default=Approval.NOT_NEEDED,
        help_text="Of carriers and providers that say nothing here; without it no campaign calls. That of a text "
        "template is read from its provider.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse an action that the provider cannot do, options it does not know or misses, and a map that is none."""
        problems: dict[str, Any] = {}
        if not _maps_names(self.variables):
            problems["variables"] = 'Enter a JSON object of names: {"customer_name": "name"}.'
        if self.provider in providers.slugs() and self.action:
            problems |= self._action_problems()
        if problems:
            raise ValidationError(problems)

    def _action_problems(self) -> dict[str, Any]:
        """Return what its provider has against the action, or against its options. A stored action may be any word."""
        api = providers.get(self.provider)
        if self.action not in api.capabilities.actions:
            known = ", ".join(sorted(api.capabilities.actions))
            return {"action": f"{api.name} cannot do {self.action}; it can do: {known}."}
        problems = field_problems(self.options, self.option_fields) or unreadable_values(self.options)
        return {"options": problems} if problems else {}

    def longest_call_seconds(self, *, account: ProviderAccount) -> int:
        """Return the longest call that it can become on an account: its own word goes before the account's."""
        return self.max_call_seconds or account.max_call_seconds

    @property
    def option_fields(self) -> tuple[Field, ...]:
        """The options that its provider declares for its action; none for one that it does not know."""
        declared = providers.of_account(self.provider).option_fields
        return next((tuple(fields) for action, fields in declared.items() if action == self.action), ())

    @property
    def text_name(self) -> str:
        """The text to be approved that its options choose; empty: it speaks none."""
        options = self.options if isinstance(self.options, dict) else {}
        naming = [field.name for field in self.option_fields if field.picks == ItemKind.TEXT_TEMPLATE]
        return next((str(options.get(name) or "") for name in naming), "")

    @property
    def problem(self) -> str:
        """Say why no call can be made with it, however it was saved; empty when there is no reason."""
        try:
            self.clean()
            self.clean_fields(exclude={field.name for field in self._meta.fields} - {"provider", "action"})
        except ValidationError as error:
            return f"With the template {self.name} no call can be made: {' '.join(error.messages)}"
        return ""


def _maps_names(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(name, str) for name in value.values())
