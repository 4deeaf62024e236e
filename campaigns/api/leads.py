"""Leads: every contact of a campaign, its state and its next due time; called back, moved forward, taken out."""

from __future__ import annotations

import django_filters
from django.db import connection
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.acts import WORK_LEADS
from campaigns.api.explaining import LeadExplanationMixin
from campaigns.api.many_leads import ManyLeadsMixin
from campaigns.api.operations import conflicts
from campaigns.api.uploads import validated
from campaigns.leads.callbacks import set_callback
from campaigns.leads.numbers import home_regions
from campaigns.models import Lead, LeadState
from campaigns.settling.callbacks_off import call_off_callback
from campaigns.states import leads as lead_states
from dialer.api.errors import Conflict
from dialer.api.filters import IdFilter, IdsFilter, NumberFilter, before, since
from dialer.api.strict import StrictSerializer
from dialer.api.views import ReadViewSet
from dialer.audit import record
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

    callback_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="UTC. When it is called back, while that is still to come."
    )
    priority = serializers.SerializerMethodField(help_text="From 0, first, to 9, last, among leads of its kind.")

    class Meta:
        model = Lead
        fields = (
            "id", "campaign", "contact", "contact_list", "number", "name", "external_reference", "state",
            "state_reason", "next_attempt_at", "callback_at", "priority", "variables", "attempts_made",
            "last_outcome", "last_attempt_at", "created_at", "ended_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_priority(self, lead: Lead) -> int:
        """Return the priority within its lane."""
        return lead.rank % 10


def _not_waiting(lead: Lead) -> Conflict:
    """Return the error for a lead that does not wait to be called."""
    problem = f"It is {lead.get_state_display().lower()}: it does not wait."
    return Conflict(code="wrong_state", problems=[problem])


class CallBackSerializer(StrictSerializer):
    """When to call a lead again."""

    at = serializers.DateTimeField(help_text="ISO 8601 with an offset; at most 90 days ahead.")
    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)


class PrioritySerializer(StrictSerializer):
    """How early a lead is called."""

    priority = serializers.IntegerField(min_value=0, max_value=9, help_text="0 is called first, 9 last; 5 is usual.")


class LeadFilter(django_filters.FilterSet):
    """Filters of leads."""

    id = IdsFilter()
    campaign = IdFilter()
    contact = IdFilter()
    contact_list = IdFilter(field_name="contact__contact_list")
    number = NumberFilter(regions=home_regions)
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


class LeadViewSet(ManyLeadsMixin, LeadExplanationMixin, ReadViewSet[Lead]):
    """Contacts of campaigns, with state and next due time."""

    queryset = Lead.objects.select_related("contact")
    limited_by = {"campaigns": "campaign"}
    few_by = ("id", "contact", "number", "external_reference")
    serializer_class = LeadSerializer
    filterset_class = LeadFilter

    @extend_schema(operation_id="leads_call_back", request=CallBackSerializer, responses=LeadSerializer)
    @action(detail=True, methods=["post"], act=WORK_LEADS, url_path="call-back", in_one_transaction=True)
    def call_back(self, request: Request, pk: str) -> Response:
        """Have the lead called back from an instant on, before all others; also one that is completed."""
        wanted = validated(CallBackSerializer(data=request.data))
        with conflicts():
            set_callback(lead_id=self.get_object().pk, by=request.user.get_username(), now=timezone.now(), **wanted)
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(operation_id="leads_call_off", request=None, responses=LeadSerializer)
    @action(
        detail=True, methods=["post"], act=WORK_LEADS, url_path="call-off", in_one_transaction=True, takes_body=False
    )
    def call_off(self, request: Request, pk: str) -> Response:
        """Take a callback back: the lead stands where its last call has left it. 409: none waits."""
        with conflicts():
            call_off_callback(lead_id=self.get_object().pk, by=request.user.get_username(), now=timezone.now())
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(operation_id="leads_prioritise", request=PrioritySerializer, responses=LeadSerializer)
    @action(detail=True, methods=["post"], act=WORK_LEADS, url_path="priority", in_one_transaction=True)
    def prioritise(self, request: Request, pk: str) -> Response:
        """Move a waiting lead forward or back among those of its kind."""
        priority = validated(PrioritySerializer(data=request.data))["priority"]
        lead = self.get_object()
        with connection.cursor() as cursor:
            moved = lead_states.set_priority(cursor, lead_id=lead.pk, priority=priority)
        if not moved:
            raise _not_waiting(lead)
        changes = {"priority": [lead.rank % 10, priority]}
        record(act=WORK_LEADS.name, what="Moved among those of its kind", subject=lead, changes=changes)
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(operation_id="leads_cancel", request=None, responses=LeadSerializer)
    @action(detail=True, methods=["post"], act=WORK_LEADS, in_one_transaction=True, takes_body=False)
    def cancel(self, request: Request, pk: str) -> Response:
        """Take a waiting lead out: it is not called any more."""
        lead = self.get_object()
        reason = f"Canceled by {request.user.get_username()}"
        with connection.cursor() as cursor:
            done = lead_states.cancel(cursor, lead_id=lead.pk, reason=reason, now=timezone.now())
        if not done:
            raise _not_waiting(lead)
        changes = {"state": [lead.state, LeadState.CANCELED]}
        record(act=WORK_LEADS.name, what="Taken out", subject=lead, changes=changes)
        return Response(self.get_serializer(self.get_object()).data)
