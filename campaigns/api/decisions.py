"""What was decided and by which rules: who was passed over, versions of rules, what held campaigns back. Read only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import django_filters
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.api.explaining import LimitSpanSerializer
from campaigns.api.uploads import validated
from campaigns.claiming.judging import ON_THE_LINE
from campaigns.claiming.suppressed import HELD, SUPPRESSION
from campaigns.explaining.checks import Limit
from campaigns.explaining.limit_spans import limit_totals
from campaigns.leads.numbers import home_regions
from campaigns.models import Campaign, LimitSpan, RulesVersion, Skip
from campaigns.rules.deciding import Rule
from dialer.api.filters import ISO_8601, IdFilter, NumberFilter, before, since
from dialer.api.strict import StrictSerializer
from dialer.api.views import ReadViewSet

#: Rules by which a due lead is passed over.
SKIP_RULES = sorted(
    {str(rule) for rule in Rule} - {str(Rule.ALLOWED), str(Rule.DID)} | {ON_THE_LINE, SUPPRESSION, HELD}
)


class SkipSerializer(serializers.ModelSerializer[Skip]):
    """A due lead that a rule kept from being called."""

    lead = serializers.IntegerField(source="lead_id", read_only=True)

    class Meta:
        model = Skip
        fields = ("id", "at", "lead", "campaign", "number", "rule", "detail", "until", "rules_version")
        read_only_fields = fields
        extra_kwargs = {
            "until": {"help_text": "From when on it may be called; null: never, the lead has ended."},
            "rules_version": {"help_text": "The rules by which it was decided: GET /rules-versions/{id}/."},
        }


class SkipFilter(django_filters.FilterSet):
    """Filters of leads that were passed over."""

    campaign = IdFilter()
    lead = IdFilter(field_name="lead_id")
    number = NumberFilter(regions=home_regions)
    rule = django_filters.MultipleChoiceFilter(choices=[(rule, rule) for rule in SKIP_RULES])
    at_after = since("at", text="Decided")
    at_before = before("at", text="Decided")

    class Meta:
        model = Skip
        fields = ("campaign", "number")


class SkipViewSet(ReadViewSet[Skip]):
    """Leads that were due and passed over, one row when the reason changes, newest first."""

    queryset = Skip.objects.all()
    serializer_class = SkipSerializer
    filterset_class = SkipFilter


class RulesVersionSerializer(serializers.ModelSerializer[RulesVersion]):
    """All rules of a campaign as they stood when a decision was first made by them."""

    rules = serializers.DictField(
        read_only=True,
        child=serializers.JSONField(),
        help_text="Hours, dates, caps, retries, and the profile with its version and its own rules.",
    )

    class Meta:
        model = RulesVersion
        fields = ("id", "campaign", "version", "made_at", "rules")
        read_only_fields = fields


class RulesVersionFilter(django_filters.FilterSet):
    """Filters of versions of rules."""

    campaign = IdFilter()

    class Meta:
        model = RulesVersion
        fields = ("campaign", "version")


class RulesVersionViewSet(ReadViewSet[RulesVersion]):
    """Versions of the rules of campaigns, to which calls and skips refer, newest first. None is ever changed."""

    queryset = RulesVersion.objects.all()
    serializer_class = RulesVersionSerializer
    filterset_class = RulesVersionFilter


class LimitSpanFilter(django_filters.FilterSet):
    """Filters of what held campaigns back."""

    campaign = IdFilter()
    limit = django_filters.MultipleChoiceFilter(choices=[(str(limit), str(limit)) for limit in Limit])
    since_after = since("since_at", text="Began")
    since_before = before("since_at", text="Began")

    class Meta:
        model = LimitSpan
        fields = ("campaign", "limit")


class TotalsQuerySerializer(StrictSerializer):
    """Of which campaign, and within which time."""

    campaign = serializers.PrimaryKeyRelatedField(queryset=Campaign.objects.all())
    after = serializers.DateTimeField(default=None)
    before = serializers.DateTimeField(default=None)


class LimitTotalSerializer(serializers.Serializer[Any]):
    """How long one limit held a campaign back."""

    limit = serializers.CharField(help_text="NONE: what was due was being called; NOTHING_DUE: no lead was due.")
    seconds = serializers.FloatField()
    spans = serializers.IntegerField(help_text="How often it began to.")


class LimitSpanViewSet(ReadViewSet[LimitSpan]):
    """What held running campaigns back, from when until when, newest first."""

    queryset = LimitSpan.objects.all()
    serializer_class = LimitSpanSerializer
    filterset_class = LimitSpanFilter

    @extend_schema(
        operation_id="limit_spans_totals",
        parameters=[
            OpenApiParameter("campaign", int, required=True),
            OpenApiParameter("after", datetime, description=f"Only the time from this instant on. {ISO_8601}"),
            OpenApiParameter("before", datetime, description=f"Only the time before this instant. {ISO_8601}"),
        ],
        responses=LimitTotalSerializer(many=True),
        filters=False,
    )
    @action(detail=False, methods=["get"], pagination_class=None, reads_query=True)
    def totals(self, request: Request) -> Response:
        """Say how long each limit held a campaign back, the longest first."""
        wanted = validated(TotalsQuerySerializer(data=request.query_params))
        now = timezone.now()
        found = limit_totals(
            campaign_id=wanted["campaign"].pk, after=wanted["after"], before=min(wanted["before"] or now, now)
        )
        return Response(LimitTotalSerializer(found, many=True).data)
