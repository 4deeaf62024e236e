"""Filters of the list of leads besides those of its columns: by what a lead waits for, and by its last outcome."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter

from campaigns.models import Lead, LeadState
from campaigns.rules.order import HIGHEST_PRIORITY, Lane, rank
from dialer.providers.vocabulary import Outcome


class Waits(DropdownFilter):  # type: ignore[misc]
    """Leads that wait, by what for. Each is found by the index that claiming finds its leads by."""

    title, parameter_name = "what it waits for", "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [("due", "Due now"), ("later", "Due later"), ("callback", "For a callback")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lead]) -> QuerySet[Lead]:
        """Return the leads of the choice."""
        waiting, now = queryset.filter(state=LeadState.PENDING), timezone.now()
        if self.value() == "callback":
            return waiting.filter(rank__lt=rank(lane=Lane.FIRST_PASS, priority=HIGHEST_PRIORITY))
        if self.value() == "due":
            return waiting.filter(next_attempt_at__lte=now)
        return waiting.filter(next_attempt_at__gt=now) if self.value() == "later" else queryset


class LastOutcome(DropdownFilter):  # type: ignore[misc]
    """Leads by the outcome of their last attempt."""

    title, parameter_name = "last outcome", "last_outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the outcomes."""
        return [(outcome.value, outcome.label) for outcome in Outcome]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lead]) -> QuerySet[Lead]:
        """Return the leads of the choice."""
        return queryset.filter(last_outcome=self.value()) if self.value() else queryset
