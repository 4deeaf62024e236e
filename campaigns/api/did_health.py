"""GET /did-health/: how people answer DIDs, and the signs that phones show one as spam."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.acts import SEE_CALLS
from campaigns.api.uploads import validated
from campaigns.explaining.did_health import ON_A_PAGE, VERDICTS, DIDHealth, read_did_health
from dialer.api.strict import StrictSerializer
from dialer.api.views import ApiView


class DIDHealthQuerySerializer(StrictSerializer):
    """Of which DIDs, or which page of all."""

    did = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), required=False, max_length=ON_A_PAGE
    )
    page = serializers.IntegerField(min_value=1, max_value=1_000, default=1)


class RateSerializer(serializers.Serializer[Any]):
    """Of some calls that have ended."""

    calls = serializers.IntegerField()
    rang = serializers.IntegerField(help_text="At which something rang: not REFUSED, not CANCELED.")
    answered = serializers.IntegerField(help_text="ANSWERED: a person took the call.")
    timed = serializers.IntegerField(help_text="Answered, and the provider told the talk time.")
    short = serializers.IntegerField(help_text="Answered, and over within 6 seconds of talk.")


class DayRateSerializer(RateSerializer):
    """Of one day's calls."""

    day = serializers.DateField(allow_null=True, help_text="By the clocks of its campaigns.")


class SignSerializer(serializers.Serializer[Any]):
    """Something that is not as it should be."""

    kind = serializers.CharField(help_text="fallen, short or many.")
    said = serializers.CharField()
    remedy = serializers.CharField(help_text="What to do about it.")


class DIDHealthSerializer(serializers.Serializer[Any]):
    """How well a DID is answered, by its latest 1,000 calls of 14 days."""

    id = serializers.IntegerField()
    number = serializers.CharField()
    verdict = serializers.ChoiceField(choices=list(VERDICTS), help_text="SPAM: as numbers look that phones warn of.")
    resting_until = serializers.DateTimeField(allow_null=True)
    calls_today = serializers.IntegerField(source="today", help_text="In the last 24 hours, counted up to 1,000.")
    latest = RateSerializer(help_text="Of its latest 100 calls.")
    earlier = RateSerializer(help_text="Of the calls before them.")
    days = serializers.SerializerMethodField()
    signs = SignSerializer(many=True)

    @extend_schema_field(DayRateSerializer(many=True))
    def get_days(self, did: DIDHealth) -> list[dict[str, Any]]:
        """Return its days, the latest first."""
        return [dict(RateSerializer(rate).data) | {"day": day} for day, rate in did.days]


class DIDHealthView(ApiView):
    """The health of DIDs."""

    act = SEE_CALLS
    reads_query = True

    @extend_schema(
        operation_id="did_health_list",
        parameters=[
            OpenApiParameter("did", int, many=True, description="Ids; all DIDs, page by page, if none is given."),
            OpenApiParameter("page", int, description=f"Of {ON_A_PAGE} DIDs each, from 1."),
        ],
        responses=DIDHealthSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Say how DIDs are answered, by day and lately, and what looks like spam, with what to do."""
        wanted = validated(DIDHealthQuerySerializer(data=request.query_params))
        with connection.cursor() as cursor:
            found = read_did_health(
                cursor, now=timezone.now(), ids=wanted.get("did"), before=(wanted["page"] - 1) * ON_A_PAGE
            )
        return Response(DIDHealthSerializer(found, many=True).data)
