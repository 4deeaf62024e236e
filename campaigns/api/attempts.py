"""Attempts: every call that was tried, and what came of it. Read only."""

from __future__ import annotations

import django_filters
from django.db.models import Q, QuerySet
from rest_framework import serializers

from campaigns.api.leads import OUTCOMES
from campaigns.api.notes import NotesMixin
from campaigns.api.parties import CallsMixin
from campaigns.models import Attempt, AttemptState
from dialer.api.filters import IdFilter, NumberFilter, before, since
from dialer.api.views import ReadViewSet


class AttemptSerializer(serializers.ModelSerializer[Attempt]):
    """One try to call a lead. Times are UTC, durations seconds."""

    contact = serializers.IntegerField(source="lead.contact_id", read_only=True)
    external_reference = serializers.CharField(
        source="lead.contact.external_reference", read_only=True, help_text="Your own id of the contact."
    )
    from_number = serializers.CharField(source="did.number", default=None, allow_null=True, read_only=True)
    recording_url = serializers.SerializerMethodField(
        help_text="Path of the recording here; null without one. The provider's own address is a secret and not shown."
    )
    transcript = serializers.JSONField(allow_null=True, read_only=True, help_text="As the provider gave it.")
    analysis = serializers.JSONField(allow_null=True, read_only=True, help_text="As the provider gave it.")

    class Meta:
        model = Attempt
        fields = (
            "id", "reference", "campaign", "lead", "contact", "external_reference", "account", "did", "from_number",
            "agent", "number", "state", "outcome", "is_burned", "refusal", "detail", "external_id", "reserved_at",
            "placing_at", "placed_at", "answered_at", "ended_at", "deadline_at", "profile", "rules_version",
            "disposition", "talk_seconds", "duration_seconds", "disconnected_by", "recording_url", "transcript",
            "analysis", "digits", "cost", "outcome_source", "disagreement",
        )  # fmt: skip
        read_only_fields = fields
        extra_kwargs = {
            "reference": {"help_text": "Our id of the call at the provider."},
            "external_id": {"help_text": "The provider's id of the call."},
            "outcome": {"help_text": "What the network says; null while the call is under way."},
            "disposition": {"help_text": "What a person, bot or analysis says of an answered call."},
            "profile": {"help_text": "The version of the rules profile by which it was allowed."},
            "rules_version": {"help_text": "The campaign's rules by which it was allowed: GET /rules-versions/{id}/."},
            "is_burned": {"help_text": "Whether it counts against the campaign's maximum of attempts."},
        }

    def get_recording_url(self, attempt: Attempt) -> str | None:
        """Return where it can be fetched by those who may listen."""
        return f"/api/v1/attempts/{attempt.pk}/recording/" if attempt.recording_url else None


class AttemptFilter(django_filters.FilterSet):
    """Filters of attempts."""

    campaign = IdFilter()
    lead = IdFilter()
    account = IdFilter()
    did = IdFilter()
    agent = IdFilter()
    contact_list = IdFilter(field_name="lead__contact__contact_list")
    number = NumberFilter()
    reference = django_filters.UUIDFilter()
    external_id = django_filters.CharFilter(help_text="Give `account` with it.")
    state = django_filters.MultipleChoiceFilter(choices=AttemptState.choices)
    outcome = django_filters.MultipleChoiceFilter(choices=OUTCOMES)
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
    serializer_class = AttemptSerializer
    filterset_class = AttemptFilter
