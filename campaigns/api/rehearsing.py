"""POST /campaigns/{id}/rehearse/ and GET /campaigns/{id}/rehearsal/: nobody is called."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.acts import REHEARSE, SEE_CAMPAIGNS
from campaigns.api.operations import conflicts
from campaigns.models import Rehearsal
from campaigns.rehearsing.rehearsal import rehearse
from campaigns.rehearsing.report import report_of


class RehearsalRowSerializer(serializers.Serializer[Any]):
    """A figure as it was foreseen, and as it came."""

    name = serializers.CharField()
    said = serializers.CharField()
    foreseen = serializers.IntegerField(
        allow_null=True, help_text="By the preflight; null: nothing was foreseen of it."
    )
    came = serializers.IntegerField()


class RehearsalSerializer(serializers.Serializer[Any]):
    """What came of a rehearsal, beside what was foreseen for the campaign that it rehearses."""

    campaign = serializers.IntegerField(
        source="rehearsal.campaign_id", help_text="The rehearsal, a campaign by itself."
    )
    of = serializers.IntegerField(source="rehearsal.of_id", help_text="The campaign that it rehearses.")
    state = serializers.CharField(source="rehearsal.campaign.state")
    is_over = serializers.BooleanField()
    rows = RehearsalRowSerializer(many=True)
    lasted_seconds = serializers.FloatField(source="lasted", allow_null=True, help_text="So far, or in all.")
    foreseen_seconds = serializers.FloatField(
        source="foreseen_to_last", allow_null=True, help_text="Of the campaign itself, from its first call to its last."
    )
    differences = serializers.ListField(
        source="rehearsal.differences", child=serializers.CharField(), help_text="What is not as in the campaign."
    )


class RehearsingMixin:
    """Adds rehearsals to the viewset of campaigns."""

    get_object: Any

    @extend_schema(request=None, responses={201: RehearsalSerializer})
    @action(detail=True, methods=["post"], act=REHEARSE, takes_body=False)
    def rehearse(self, request: Request, pk: str) -> Response:
        """Run a copy of it on the sandbox account of its provider: no phone rings, and no provider is asked."""
        with conflicts():
            made = rehearse(campaign_id=self.get_object().pk, by=request.user.get_username(), now=timezone.now())
        return Response(RehearsalSerializer(report_of(rehearsal=made, now=timezone.now())).data, status=201)

    @extend_schema(responses=RehearsalSerializer)
    @action(detail=True, methods=["get"], act=SEE_CAMPAIGNS)
    def rehearsal(self, request: Request, pk: str) -> Response:
        """Report of a rehearsal, by its own id as a campaign; 404 for a campaign that is none."""
        found = get_object_or_404(Rehearsal.objects.select_related("campaign", "of"), campaign=self.get_object())
        return Response(RehearsalSerializer(report_of(rehearsal=found, now=timezone.now())).data)
