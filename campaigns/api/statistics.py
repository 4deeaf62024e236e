"""Statistics of a campaign: answers, contacts, conversions and talk time, by what its calls are told apart by."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.api.uploads import validated
from campaigns.explaining.statistics import By, campaign_statistics
from dialer.api.strict import StrictSerializer


class StatisticsQuerySerializer(StrictSerializer):
    """By what, and which dispositions are a success."""

    by = serializers.ListField(
        child=serializers.ChoiceField(choices=[str(each) for each in By]), required=False, max_length=20
    )
    converted = serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, allow_empty=False, max_length=100
    )


class FiguresSerializer(serializers.Serializer[Any]):
    """Figures of some calls. Rates are from 0 to 1, null where there is nothing to divide by."""

    calls = serializers.IntegerField(help_text="Ended calls that count as attempts.")
    answered = serializers.IntegerField(help_text="ANSWERED and MACHINE.")
    contacts = serializers.IntegerField(help_text="ANSWERED: a person took the call.")
    conversions = serializers.IntegerField(
        allow_null=True, help_text="Contacts with a disposition of `converted`; null without."
    )
    talk_seconds = serializers.FloatField(help_text="As the provider tells it; 0 where it tells none.")
    is_talk_told = serializers.BooleanField(
        help_text="False: people took calls, and of none a talk time was told, so that `talk_seconds` says nothing."
    )
    answer_rate = serializers.FloatField(allow_null=True, help_text="Answered of calls.")
    contact_rate = serializers.FloatField(allow_null=True, help_text="Contacts of calls.")
    conversion_rate = serializers.FloatField(allow_null=True, help_text="Conversions of contacts.")
    outcomes = serializers.DictField(child=serializers.IntegerField(), help_text="The calls by outcome.")


class FiguresRowSerializer(FiguresSerializer):
    """Figures of the calls with one value."""

    by = serializers.ChoiceField(choices=[str(each) for each in By])
    value = serializers.CharField(help_text="The hour, the weekday from 1 (Monday), the id, the number of the attempt.")
    name = serializers.CharField(help_text="What people call it.")


class StatisticsSerializer(serializers.Serializer[Any]):
    """Statistics of a campaign."""

    campaign = serializers.IntegerField()
    time_zone = serializers.CharField(help_text="Hours and weekdays are by this clock, as it was set at each call.")
    total = FiguresSerializer()
    rows = FiguresRowSerializer(many=True)


class StatisticsMixin:
    """Adds statistics to the viewset of campaigns."""

    get_object: Any

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "by", str, many=True, enum=[str(each) for each in By], description="All, if none is given."
            ),
            OpenApiParameter("converted", str, many=True, description="Dispositions that are a success, in any case."),
        ],
        responses=StatisticsSerializer,
    )
    @action(detail=True, methods=["get"], reads_query=True)
    def statistics(self, request: Request, pk: str) -> Response:
        """Say how well its calls do. Read from counts that are kept: quick, however many calls there were."""
        campaign = self.get_object()
        wanted = validated(StatisticsQuerySerializer(data=request.query_params))
        by = [By(each) for each in wanted.get("by") or By]
        found = campaign_statistics(campaign_id=campaign.pk, by=by, converted=wanted.get("converted", ()))
        shown = {
            "campaign": campaign.pk,
            "time_zone": campaign.time_zone,
            "total": found.total,
            "rows": found.rows,
        }
        return Response(StatisticsSerializer(shown).data)
