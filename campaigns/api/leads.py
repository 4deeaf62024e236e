"""Leads: every contact of a campaign, its state and its next due time. Read only."""

from __future__ import annotations

import django_filters
from rest_framework import serializers

from campaigns.models import Lead, LeadState
from dialer.api.filters import IdFilter, NumberFilter, before, since
from dialer.api.views import ReadViewSet
from dialer.providers.base import Outcome

OUTCOMES = [(str(outcome), str(outcome)) for outcome in Outcome]


class LeadSerializer(serializers.ModelSerializer[Lead]):
    """A contact in a campaign."""

    name = serializers.CharField(source="contact.name", read_only=True)
    external_reference = serializers.CharField(
        source="contact.external_reference", read_only=True, help_text="Your own id of the contact."
    )
    contact_list = serializers.IntegerField(source="contact.contact_list_id", read_only=True)
    next_attempt_at = serializers.DateTimeField(
        read_only=True, help_text="UTC. Not called before; while PENDING also not before the window opens."
    )

    class Meta:
        model = Lead
        fields = (
            "id", "campaign", "contact", "contact_list", "number", "name", "external_reference", "state",
            "state_reason", "next_attempt_at", "attempts_made", "last_outcome", "last_attempt_at", "created_at",
            "ended_at",
        )  # fmt: skip
        read_only_fields = fields


class LeadFilter(django_filters.FilterSet):
    """Filters of leads."""

    campaign = IdFilter()
    contact = IdFilter()
    contact_list = IdFilter(field_name="contact__contact_list")
    number = NumberFilter()
    external_reference = django_filters.CharFilter(field_name="contact__external_reference")
    state = django_filters.MultipleChoiceFilter(choices=LeadState.choices)
    outcome = django_filters.MultipleChoiceFilter(
        field_name="last_outcome", choices=OUTCOMES, help_text="Outcome of the last attempt."
    )
    ended_after = since("ended_at", text="Ended")
    ended_before = before("ended_at", text="Ended")
    created_after = since("created_at", text="Created")
    created_before = before("created_at", text="Created")

    class Meta:
        model = Lead
        fields = ("campaign", "contact", "number", "state")


class LeadViewSet(ReadViewSet[Lead]):
    """Contacts of campaigns, with state and next due time."""

    queryset = Lead.objects.select_related("contact")
    serializer_class = LeadSerializer
    filterset_class = LeadFilter
