"""Attempts: every call that was tried, and what came of it. Read only."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q, QuerySet

from campaigns.api.leads import OUTCOMES
from campaigns.api.notes import NotesMixin
from campaigns.api.parties import CallsMixin
from campaigns.leads.numbers import home_regions
from campaigns.models import Attempt, AttemptState
from campaigns.results.shape import AttemptSerializer
from dialer.api.filters import IdFilter, NumberFilter, before, since
from dialer.api.views import ReadViewSet


class LeftFilter(django_filters.ChoiceFilter):
    """Attempts that ended before anything rang are left out, unless they, or an outcome, are asked for."""

    #: The set of filters that it is one of.
    parent: Any

    def __init__(self) -> None:
        super().__init__(
            choices=[("true", "left us"), ("false", "never did"), ("all", "both")],
            field_name="is_burned",
            help_text="true: without those of which nothing left us, or which the provider turned away; false: these "
            "only; all: both. Not given: true, and all where an `outcome` is asked for.",
        )

    def filter(self, qs: QuerySet[Attempt], value: str | None) -> QuerySet[Attempt]:
        """Return the attempts that left, that did not, or both."""
        asked = self.parent.data if self.parent.is_bound else {}
        chosen = value or ("all" if asked.get("outcome") else "true")
        if chosen == "all":
            return qs
        return qs.filter(is_burned=False) if chosen == "false" else qs.exclude(is_burned=False)


class RehearsedFilter(django_filters.ChoiceFilter):
    """By whether nobody was called: who copies calls into another system would take a rehearsed one for a call."""

    parent: Any

    def __init__(self) -> None:
        super().__init__(
            choices=[("true", "rehearsed"), ("false", "called"), ("all", "both")],
            field_name="is_rehearsal",
            help_text="true: calls of the sandbox, which ring nobody; false: the others; all: both. Not given: false, "
            "and all where a `campaign`, `lead` or `account` is asked for.",
        )

    def filter(self, qs: QuerySet[Attempt], value: str | None) -> QuerySet[Attempt]:
        """Return the calls that were rehearsed, those that were not, or both."""
        asked = self.parent.data if self.parent.is_bound else {}
        chosen = value or ("all" if any(asked.get(name) for name in ("campaign", "lead", "account")) else "false")
        return qs if chosen == "all" else qs.filter(is_rehearsal=chosen == "true")


class AttemptFilter(django_filters.FilterSet):
    """Filters of attempts."""

    campaign = IdFilter()
    lead = IdFilter()
    account = IdFilter()
    did = IdFilter()
    agent = IdFilter()
    contact_list = IdFilter(field_name="lead__contact__contact_list")
    number = NumberFilter(regions=home_regions)
    reference = django_filters.UUIDFilter()
    external_id = django_filters.CharFilter(help_text="Give `account` with it.")
    state = django_filters.MultipleChoiceFilter(choices=AttemptState.choices)
    outcome = django_filters.MultipleChoiceFilter(choices=OUTCOMES)
    external_reference = django_filters.CharFilter(
        field_name="lead__contact__external_reference", help_text="Your own id of the contact."
    )
    disposition = django_filters.CharFilter(lookup_expr="iexact", help_text="In capitals or not; give `campaign`, too.")
    left = LeftFilter()
    is_rehearsal = RehearsedFilter()
    is_live = django_filters.BooleanFilter(method="live", help_text="Whether it is under way and holds its slot.")
    reserved_after = since("reserved_at", text="Reserved")
    reserved_before = before("reserved_at", text="Reserved")
    ended_after = since("ended_at", text="Ended")
    ended_before = before("ended_at", text="Ended")

    class Meta:
        model = Attempt
        fields = ("campaign", "lead", "account", "did", "agent", "number", "reference", "external_id", "state")

    def live(self, attempts: QuerySet[Attempt], _: str, value: bool) -> QuerySet[Attempt]:
        """Return the attempts that are, or are not, under way."""
        ended = Q(state=AttemptState.ENDED)
        return attempts.filter(~ended if value else ended)


class AttemptViewSet(NotesMixin, CallsMixin, ReadViewSet[Attempt]):
    """Calls that were tried, newest first."""

    queryset = Attempt.objects.select_related("lead__contact", "did")
    limited_by = {"campaigns": "campaign"}
    serializer_class = AttemptSerializer
    filterset_class = AttemptFilter
