"""Explanations: of a lead, of a campaign, and the record of a number."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.acts import EVIDENCE
from campaigns.api.lines import LinesSerializer
from campaigns.api.uploads import validated
from campaigns.explaining.campaigns import explain_campaign
from campaigns.explaining.evidence_file import evidence_file
from campaigns.explaining.why_not_now import explain_lead
from campaigns.leads.numbers import home_regions
from campaigns.models import Lead, LimitSpan
from dialer.api.accesses import reader_of
from dialer.api.filters import WHOLE
from dialer.api.strict import StrictSerializer
from dialer.api.views import ApiView
from dialer.numbering.readings import searched
from dialer.numbers import NumberProblem, normalise


class CheckSerializer(serializers.Serializer[Any]):
    """A rule or a limit, looked at."""

    limit = serializers.CharField(help_text="What was looked at, e.g. RULES, SUPPRESSION, DID, FLEET.")
    ok = serializers.BooleanField(help_text="Whether it lets the call through.")
    rule = serializers.CharField(help_text="The rule that decided, e.g. CAPS among the RULES.")
    said = serializers.CharField(help_text="The same in a sentence.")
    mended_by = serializers.CharField(
        allow_null=True, help_text="TIME, ROOM (a slot that comes free), PERSON or NEVER; null where it is ok."
    )
    until = serializers.DateTimeField(allow_null=True, help_text="From this instant on it no longer refuses, UTC.")
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


class WaitingSerializer(serializers.Serializer[Any]):
    """Leads that wait for one reason."""

    reason = serializers.CharField()
    leads = serializers.IntegerField()
    next_at = serializers.DateTimeField(help_text="When the first of them is due, UTC.")


class LimitSpanSerializer(serializers.ModelSerializer[LimitSpan]):
    """What held a running campaign back, and for how long; workers look every few seconds."""

    seconds = serializers.SerializerMethodField(help_text="How long; to now while it holds.")

    class Meta:
        model = LimitSpan
        fields = ("id", "campaign", "limit", "said", "since_at", "until_at", "seconds")

    def get_seconds(self, span: LimitSpan) -> float:
        """Return how long it has held."""
        return ((span.until_at or timezone.now()) - span.since_at).total_seconds()


class CampaignExplanationSerializer(serializers.Serializer[Any]):
    """What holds a campaign back now."""

    campaign = serializers.IntegerField()
    at = serializers.DateTimeField(help_text="The instant explained, UTC.")
    limit = serializers.CharField(help_text="The limit that binds; NONE where what is due is being called.")
    said = serializers.CharField(help_text="The same in a sentence.")
    since_at = serializers.DateTimeField(allow_null=True, help_text="Since when, UTC; null where nobody has seen it.")
    until = serializers.DateTimeField(allow_null=True, help_text="Until when, UTC, where that is known.")
    would_help = serializers.CharField()
    due_now = serializers.IntegerField()
    next_due_at = serializers.DateTimeField(allow_null=True)
    waiting = WaitingSerializer(
        many=True, help_text="Why leads that are not due wait, the most frequent first; of the 5,000 that are due next."
    )
    lines = LinesSerializer(help_text="Its calls that have no end yet, by who holds their lines.")
    checks = CheckSerializer(many=True, help_text="Every limit, whether it refuses or not.")
    history = LimitSpanSerializer(many=True, help_text="What held it back before, latest first.")


class CampaignExplanationMixin:
    """Adds the explanation to the viewset of campaigns."""

    get_object: Any

    @extend_schema(responses=CampaignExplanationSerializer)
    @action(detail=True, methods=["get"])
    def explanation(self, request: Request, pk: str) -> Response:
        """Say which limit holds it back now, since when, and what would help."""
        campaign_id = self.get_object().pk
        found = explain_campaign(campaign_id=campaign_id, now=timezone.now())
        if found is None:
            raise NotFound
        history = LimitSpan.objects.filter(campaign_id=campaign_id)[:20]
        return Response(CampaignExplanationSerializer({**found.as_dict(), "history": history}).data)


#: How a number is written whose record is asked for.
OF_NUMBER = "In any spelling: with country code, or as at home where only one such number was called."


class EvidenceQuerySerializer(StrictSerializer):
    """Of which number, and how."""

    number = serializers.CharField(max_length=40, help_text=OF_NUMBER)
    form = serializers.ChoiceField(choices=["jsonl", "csv"], default="jsonl")

    def validate_number(self, text: str) -> str:
        """Return the number in E.164 form. Raises ValidationError where it is none, or may be several."""
        number = normalise(text, region=None)
        if not isinstance(number, NumberProblem):
            return number
        regions = home_regions()
        meant = searched(text, regions=regions)
        called = set(Lead.objects.filter(number__in=meant).order_by().values_list("number", flat=True).distinct())
        found = [one for one in meant if one in called] or meant
        if not found:
            raise serializers.ValidationError(WHOLE.format(", ".join(regions) or "a country in use"))
        if len(found) > 1:
            raise serializers.ValidationError(f"It may be {' or '.join(found[:4])}: write one of these.")
        return found[0]


class EvidenceView(ApiView):
    """The record of a number."""

    act = EVIDENCE
    reads_query = True

    @extend_schema(
        operation_id="evidence",
        parameters=[
            OpenApiParameter("number", str, required=True, description=OF_NUMBER),
            OpenApiParameter("form", str, enum=["jsonl", "csv"], default="jsonl"),
        ],
        responses={
            (200, kind): OpenApiResponse(OpenApiTypes.STR, description="A row an event.")
            for kind in ("application/x-ndjson", "text/csv")
        },
    )
    def get(self, request: Request) -> HttpResponse | StreamingHttpResponse:
        """Download why a number was called or passed over: every decision with its rule and the rules' version."""
        wanted = validated(EvidenceQuerySerializer(data=request.query_params))
        return evidence_file(
            number=wanted["number"], form=wanted["form"], reader=reader_of(request), now=timezone.now()
        )
