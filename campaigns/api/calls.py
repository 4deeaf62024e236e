"""POST /calls/: a single call, now or at an instant, by the same rules and limits as every other call."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.acts import CALL
from campaigns.api.leads import LeadSerializer
from campaigns.api.operations import conflicts
from campaigns.api.taking import key_conflict
from campaigns.api.upload_bodies import storable
from campaigns.api.uploads import validated
from campaigns.idempotency import KeyReused
from campaigns.leads.numbers import read_number
from campaigns.leads.single_calls import call_once
from campaigns.lifecycle.standing import standing_campaign
from campaigns.models import CallTemplate, Campaign
from campaigns.models.contacts import plain_text
from dialer.api.keyed import idempotency_key
from dialer.api.strict import StrictSerializer
from dialer.api.views import ApiView
from dialer.models import ProviderAccount
from dialer.numbers import NumberProblem


class CallSerializer(StrictSerializer):
    """A call: either in a standing `campaign`, or by `account` and `template`, which have one of their own."""

    number = serializers.CharField(max_length=40, help_text="In any spelling.")
    region = serializers.RegexField(
        "^[A-Z]{2}$", required=False, help_text="Country of a number without a country code, e.g. IN."
    )
    at = serializers.DateTimeField(
        required=False, help_text="Not before this instant (ISO 8601 with an offset); not given: at once."
    )
    campaign = serializers.PrimaryKeyRelatedField(queryset=Campaign.objects.all(), required=False)
    account = serializers.PrimaryKeyRelatedField(queryset=ProviderAccount.objects.all(), required=False)
    template = serializers.PrimaryKeyRelatedField(queryset=CallTemplate.objects.all(), required=False)
    name = serializers.CharField(required=False, allow_blank=True, default="", max_length=200, validators=[plain_text])
    variables = serializers.DictField(required=False, validators=[plain_text], help_text="Of this call alone.")
    priority = serializers.IntegerField(min_value=0, max_value=9, default=0, help_text="0 is called first, 9 last.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return ``attrs`` with the number in E.164 form."""
        if ("campaign" in attrs) == ("account" in attrs) or ("account" in attrs) != ("template" in attrs):
            raise ValidationError("Send either `campaign`, or `account` and `template`.")
        if "account" in attrs and attrs["account"].provider != attrs["template"].provider:
            raise ValidationError({"template": "It is for another provider than the account's."})
        number = read_number(attrs["number"], region=attrs.get("region"))
        if isinstance(number, NumberProblem):
            raise ValidationError({"number": number.message})
        attrs["variables"] = attrs.get("variables", {})
        storable([attrs["variables"]])
        return {**attrs, "number": number}


class CallsView(ApiView):
    """Single calls."""

    act = CALL
    keeps_keys = True

    @extend_schema(
        operation_id="calls_create",
        request=CallSerializer,
        responses={
            201: OpenApiResponse(LeadSerializer, description="It will be called. Ask GET /leads/{id}/."),
            200: OpenApiResponse(LeadSerializer, description="This Idempotency-Key was seen: the earlier call."),
        },
        examples=[
            OpenApiExample(
                "Tomorrow at ten",
                value={"number": "+919812345678", "account": 1, "template": 1, "at": "2026-12-01T10:00:00+05:30"},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Call a number once. It becomes a lead of a standing campaign: hours, suppression and limits hold."""
        wanted = validated(CallSerializer(data=request.data))
        now = timezone.now()
        with conflicts():
            campaign = wanted.get("campaign") or standing_campaign(
                account=wanted["account"], template=wanted["template"], now=now, by=request.user.get_username()
            )
            try:
                lead, is_new = call_once(
                    campaign=campaign,
                    number=wanted["number"],
                    at=wanted.get("at"),
                    variables=wanted["variables"],
                    name=wanted["name"],
                    priority=wanted["priority"],
                    idempotency_key=idempotency_key(request),
                    now=now,
                )
            except KeyReused as error:
                raise key_conflict(error) from error
        return Response(LeadSerializer(lead).data, status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)
