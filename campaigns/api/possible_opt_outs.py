"""What may have been an opt-out, and what somebody decides of it. Until then nobody calls the number."""

from __future__ import annotations

from typing import Any

import django_filters
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.acts import DECIDE
from campaigns.api.many import on_many
from campaigns.api.uploads import validated
from campaigns.calls.possible_opt_outs import MOST_AT_ONCE, Decided, UnableToDecide, decide
from campaigns.leads.numbers import home_regions
from campaigns.models import OptOutDecision, PossibleOptOut
from dialer.api.errors import Conflict
from dialer.api.filters import IdFilter, NumberFilter, before, since
from dialer.api.strict import StrictSerializer
from dialer.api.views import ReadViewSet


class PossibleOptOutSerializer(serializers.ModelSerializer[PossibleOptOut]):
    """Words of a call that may ask never to be called again."""

    why_said = serializers.CharField(source="get_why_display", help_text="`why` in words.")
    contact = serializers.IntegerField(source="attempt.lead.contact_id")
    lead = serializers.IntegerField(source="attempt.lead_id")

    class Meta:
        model = PossibleOptOut
        fields = (
            "id", "attempt", "campaign", "lead", "contact", "number", "heard_in", "said", "why", "why_said", "words",
            "event_id", "heard_at", "decision", "until", "decided_by", "decided_at",
        )  # fmt: skip
        read_only_fields = fields


class DecisionSerializer(StrictSerializer):
    """What is decided."""

    decision = serializers.ChoiceField(
        choices=OptOutDecision.choices,
        help_text="OPT_OUT: the number is suppressed everywhere, for ever, and what else is open about it is decided. "
        "OPT_OUT_UNTIL: until `until`. NOT_OPT_OUT: it may be called.",
    )
    until = serializers.DateTimeField(required=False, allow_null=True, default=None)


class DecisionsSerializer(DecisionSerializer):
    """What is decided of several."""

    ids = serializers.ListField(child=serializers.IntegerField(min_value=1), min_length=1, max_length=MOST_AT_ONCE)


class DecidedSerializer(serializers.Serializer[Any]):
    """What became of them."""

    decided = serializers.ListField(
        child=serializers.IntegerField(), help_text="Decided now, others about the same numbers among them."
    )
    earlier = PossibleOptOutSerializer(many=True, help_text="Decided by somebody else before: they stay as they are.")


class PossibleOptOutFilter(django_filters.FilterSet):
    """Filters of possible opt-outs."""

    attempt = IdFilter()
    campaign = IdFilter()
    number = NumberFilter(regions=home_regions)
    decided = django_filters.BooleanFilter(
        field_name="decided_at", lookup_expr="isnull", exclude=True, help_text="false: those that wait to be decided."
    )
    decision = django_filters.MultipleChoiceFilter(choices=OptOutDecision.choices)
    heard_after = since("heard_at", text="Heard")
    heard_before = before("heard_at", text="Heard")

    class Meta:
        model = PossibleOptOut
        fields = ("attempt", "campaign", "number")


class PossibleOptOutViewSet(ReadViewSet[PossibleOptOut]):
    """What may have been an opt-out, newest first; nobody calls these numbers before somebody has decided."""

    queryset = PossibleOptOut.objects.select_related("attempt__lead")
    serializer_class = PossibleOptOutSerializer
    filterset_class = PossibleOptOutFilter

    @extend_schema(request=DecisionSerializer, responses=PossibleOptOutSerializer)
    @action(detail=True, methods=["post"], act=DECIDE, in_one_transaction=True)
    def decide(self, request: Request, pk: str) -> Response:
        """Decide on it. 409: somebody has decided before, who and what; nothing is changed."""
        doubt = self.get_object()
        given = validated(DecisionSerializer(data=request.data))
        found = _decided(request, ids=[doubt.pk], **given)
        if found.earlier:
            raise Conflict(code="decided", problems=found.earlier_said)
        return Response(PossibleOptOutSerializer(self.get_object()).data)

    @extend_schema(
        operation_id="possible_opt_outs_decide_many", request=DecisionsSerializer, responses=DecidedSerializer
    )
    @on_many(act=DECIDE, path="decide", in_one_transaction=True)
    def decide_many(self, request: Request) -> Response:
        """Decide on several at once: those that wait; what somebody has decided before is named and stays so."""
        given = validated(DecisionsSerializer(data=request.data))
        found = _decided(request, **given)
        return Response(DecidedSerializer(found).data)


def _decided(request: Request, *, ids: list[int], decision: str, until: Any) -> Decided:
    try:
        return decide(
            ids=ids,
            decision=OptOutDecision(decision),
            until=until,
            by=request.user.get_username(),
            now=timezone.now(),
        )
    except UnableToDecide as error:
        raise ValidationError({error.field: error.reason}) from error
