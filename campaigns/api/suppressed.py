"""The numbers of a suppression list: listed, added and taken off in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.acts import LIFT, SEE_SUPPRESSED, SUPPRESS
from campaigns.api.uploads import validated
from campaigns.leads.numbers import home_regions
from campaigns.models import SuppressedNumber, SuppressionList
from campaigns.suppression import NumberResult, lift, suppress
from dialer.api.filters import NumberFilter
from dialer.api.strict import StrictSerializer
from dialer.api.views import StrictParameters

MOST_NUMBERS = 10_000


class SuppressedNumberSerializer(serializers.ModelSerializer[SuppressedNumber]):
    """A number that a list suppresses."""

    class Meta:
        model = SuppressedNumber
        fields = ("id", "number", "reason", "until", "created_at")


def _to_come(until: datetime) -> None:
    if until <= timezone.now():
        raise serializers.ValidationError("This instant has passed.")


def until_field() -> serializers.DateTimeField:
    """Return the field of the instant until which numbers are suppressed, which is still to come."""
    return serializers.DateTimeField(
        required=False,
        allow_null=True,
        default=None,
        validators=[_to_come],
        help_text="ISO 8601 with an offset; null: for ever.",
    )


class NumbersSerializer(StrictSerializer):
    """Numbers in any spelling."""

    numbers = serializers.ListField(
        child=serializers.CharField(max_length=40, allow_blank=True), allow_empty=False, max_length=MOST_NUMBERS
    )
    region = serializers.RegexField(
        "^[A-Z]{2}$",
        required=False,
        allow_null=True,
        default=None,
        help_text="Country of numbers without a country code, e.g. IN; not given: such numbers are refused.",
    )


class SuppressSerializer(NumbersSerializer):
    """Numbers never to call."""

    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)
    until = until_field()


class NumberResultSerializer(serializers.Serializer[Any]):
    """What became of one number."""

    row = serializers.IntegerField(help_text="Place in `numbers`, counted from 1.")
    number = serializers.CharField(help_text="As it was sent.")
    result = serializers.CharField(help_text="ADDED, CHANGED, UNCHANGED, REMOVED, ABSENT or REFUSED.")
    message = serializers.CharField(
        help_text="Why it was refused, or which numbers were taken, where the text may mean several."
    )


class NumberResultsSerializer(serializers.Serializer[Any]):
    """What became of each number, in the order sent."""

    results = NumberResultSerializer(many=True)


class SuppressedNumberFilter(django_filters.FilterSet):
    """Filters of suppressed numbers."""

    number = NumberFilter(regions=home_regions)

    class Meta:
        model = SuppressedNumber
        fields = ("number",)


class SuppressedNumberViewSet(mixins.ListModelMixin, StrictParameters[SuppressedNumber]):
    """Numbers of one suppression list."""

    queryset = SuppressedNumber.objects.all()
    serializer_class = SuppressedNumberSerializer
    filterset_class = SuppressedNumberFilter
    few_by = ("number",)
    act = {"list": SEE_SUPPRESSED, "add": SUPPRESS, "remove": LIFT}
    in_one_transaction = True

    def get_queryset(self) -> QuerySet[SuppressedNumber]:
        """Return the numbers of the list in the address. Raises Http404 when there is no such list."""
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return super().get_queryset().filter(suppression_list=self.the_list())

    def the_list(self) -> SuppressionList:
        """Return the list in the address. Raises Http404 when there is none."""
        return get_object_or_404(SuppressionList, pk=self.kwargs["list_id"])

    @extend_schema(operation_id="suppression_lists_numbers_list")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the numbers, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(
        operation_id="suppression_lists_numbers_add", request=SuppressSerializer, responses=NumberResultsSerializer
    )
    def add(self, request: Request, list_id: int) -> Response:
        """Suppress numbers, and say of each what became of it. Suppressing again never shortens."""
        wanted = validated(SuppressSerializer(data=request.data))
        return results_of(suppress(suppression_list=self.the_list(), now=timezone.now(), **wanted))

    @extend_schema(
        operation_id="suppression_lists_numbers_remove", request=NumbersSerializer, responses=NumberResultsSerializer
    )
    def remove(self, request: Request, list_id: int) -> Response:
        """Take numbers off the list, and say of each what became of it. Leads that wait for its end are due at once."""
        wanted = validated(NumbersSerializer(data=request.data))
        return results_of(lift(suppression_list=self.the_list(), now=timezone.now(), **wanted))


def results_of(results: Sequence[NumberResult]) -> Response:
    """Return the reply that says of each number what became of it."""
    return Response(NumberResultsSerializer({"results": results}).data)
