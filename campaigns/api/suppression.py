"""Lists of numbers never to call."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from rest_framework import serializers

from campaigns.models import SuppressedNumber, SuppressionList
from dialer.api.saving import CleanedModelSerializer
from dialer.api.views import EditViewSet


class SuppressionListSerializer(CleanedModelSerializer[SuppressionList]):
    """A list of numbers never to call."""

    numbers = serializers.IntegerField(
        source="numbers_now", read_only=True, default=0, help_text="How many numbers it has now."
    )

    class Meta:
        model = SuppressionList
        fields = ("id", "name", "applies_to_all", "numbers", "created_at")


class SuppressionListFilter(django_filters.FilterSet):
    """Filters of suppression lists."""

    class Meta:
        model = SuppressionList
        fields = ("name", "applies_to_all")


class SuppressionListViewSet(EditViewSet[SuppressionList]):
    """Lists of numbers never to call. One that campaigns rely on which were started and are not over stays: 409."""

    queryset = SuppressionList.objects.all()
    serializer_class = SuppressionListSerializer
    filterset_class = SuppressionListFilter

    def get_queryset(self) -> QuerySet[Any]:
        """Return the lists, each with its count where it is shown."""
        lists = super().get_queryset()
        if self.action not in ("list", "retrieve", "partial_update"):
            return lists
        counts = SuppressedNumber.objects.filter(suppression_list=OuterRef("pk")).order_by().values("suppression_list")
        counted = Subquery(counts.annotate(count=Count("*")).values("count"), output_field=IntegerField())
        return lists.annotate(numbers_now=Coalesce(counted, 0))
