"""Humans who take calls: what the manager says of them, and what their provider says."""

from __future__ import annotations

from datetime import datetime

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from dialer.providers.base import AgentKind


class AgentQuerySet(models.QuerySet["Agent"]):
    """Agents, by whether they take calls."""

    def usable(self, *, now: datetime) -> AgentQuerySet:
        """Return those who can be given a call at ``now``, as far as it depends on them; claiming asks the same."""
        lasting = [Q(**{name: None}) | Q(**{f"{name}__gt": now}) for name in ("expires_at", "expires_there_at")]
        return self.filter(*lasting, is_available=True, is_disabled_there=False)


class Agent(models.Model):
    """A human who takes calls: one call at a time, and some seconds of wrap-up after it.

    ``is_available`` and ``expires_at`` are the manager's; ``…_there`` is what the provider says, as last read or told.
    """

    account = models.ForeignKey("dialer.ProviderAccount", on_delete=models.PROTECT, related_name="agents")
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=16, choices=[(kind.value, kind.value.title()) for kind in AgentKind])
    address = models.CharField(
        max_length=100, help_text="User name, phone number or extension, as the provider knows it."
    )
    max_live_calls = models.PositiveIntegerField("most live calls", default=1, validators=[MinValueValidator(1)])
    wrap_up_seconds = models.PositiveIntegerField(
        "wrap-up (seconds)", default=0, help_text="Rest after a call, in seconds."
    )
    is_available = models.BooleanField("available", default=True)
    expires_at = models.DateTimeField(
        null=True, blank=True, help_text="From this instant on no new call is given. Empty: never. In UTC."
    )
    is_disabled_there = models.BooleanField(
        "disabled at the provider", default=False, help_text="The provider has it switched off, or no longer lists it."
    )
    expires_there_at = models.DateTimeField(
        "expires at the provider", null=True, blank=True, help_text="From this instant on the provider has it off. UTC."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AgentQuerySet.as_manager()

    class Meta:
        ordering = ["account_id", "name"]
        constraints = [
            models.UniqueConstraint(fields=["account", "kind", "address"], name="agent_one_per_address"),
            models.CheckConstraint(condition=Q(max_live_calls__gte=1), name="agent_limit_is_at_least_one"),
        ]

    def __str__(self) -> str:
        return self.name

    def why_unused(self, *, now: datetime) -> str:
        """Say why the agent is given no calls at ``now``; empty when nothing of its own is in the way."""
        return self.why_lapsed(now=now) if self.is_available else "Not available"

    def why_lapsed(self, *, now: datetime) -> str:
        """Say whether the agent was disabled or has expired, which does not end by itself; empty when neither."""
        return lapsed(
            is_disabled_there=self.is_disabled_there,
            expires_at=self.expires_at,
            expires_there_at=self.expires_there_at,
            now=now,
        )


def lapsed(
    *, is_disabled_there: bool, expires_at: datetime | None, expires_there_at: datetime | None, now: datetime
) -> str:
    """Say of an agent's columns what ``Agent.why_lapsed`` says."""
    if is_disabled_there:
        return "Disabled at the provider"
    if expires_at is not None and expires_at <= now:
        return f"Expired {expires_at:%Y-%m-%d %H:%M} UTC"
    if expires_there_at is not None and expires_there_at <= now:
        return f"Expired at the provider {expires_there_at:%Y-%m-%d %H:%M} UTC"
    return ""
