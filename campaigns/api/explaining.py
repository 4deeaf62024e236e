"""GET /leads/{id}/explanation/: why a lead is called now or is not, by every rule."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.explaining.leads import explain_lead


class CheckSerializer(serializers.Serializer[Any]):
    """A rule or a limit, looked at."""

    limit = serializers.CharField(help_text="What was looked at, e.g. RULES, SUPPRESSION, DID, FLEET.")
    ok = serializers.BooleanField(help_text="Whether it lets the call through.")
    rule = serializers.CharField(help_text="The rule that decided, e.g. CAPS among the RULES.")
    said = serializers.CharField(help_text="The same in a sentence.")
    mended_by = serializers.CharField(
        allow_null=True, help_text="TIME, ROOM (a slot that comes free), PERSON or NEVER; null where it is ok."
    )
    until = serializers.DateTimeField(allow_null=True, help_text="From this instant on it refuses no more, UTC.")
    room = serializers.IntegerField(allow_null=True, help_text="How many more calls a limit takes.")
    values = serializers.DictField(help_text="What it was decided by.")


class LeadExplanationSerializer(serializers.Serializer[Any]):
    """Whether a lead may be called now, and why not."""

    lead = serializers.IntegerField()
    campaign = serializers.IntegerField()
    number = serializers.CharField()
    at = serializers.DateTimeField(help_text="The instant explained, UTC.")
    allowed = serializers.BooleanField()
    effect = serializers.CharField(help_text="What claiming does with it at that instant: CALL, PUT_OFF, END, NOTHING.")
    limit = serializers.CharField(help_text="What decided; NONE where nothing keeps it back.")
    said = serializers.CharField(help_text="The same in a sentence.")
    next_at = serializers.DateTimeField(
        allow_null=True,
        help_text="The first instant at which the rules let it be called, UTC; null where it takes a person, or none.",
    )
    checks = CheckSerializer(many=True, help_text="Every rule, whether it refuses or not.")


class LeadExplanationMixin:
    """Adds the explanation to the viewset of leads."""

    get_object: Any

    @extend_schema(responses=LeadExplanationSerializer)
    @action(detail=True, methods=["get"])
    def explanation(self, request: Request, pk: str) -> Response:
        """Say whether it may be called now, by every rule with its values, and when next."""
        found = explain_lead(lead_id=self.get_object().pk, now=timezone.now())
        if found is None:
            raise NotFound
        return Response(LeadExplanationSerializer(found.as_dict()).data)
