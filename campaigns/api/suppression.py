"""Lists of numbers never to call."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db import transaction
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from rest_framework import serializers

from campaigns.leads.rechecking import lists_eased
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
    """Lists of numbers never to call."""

    queryset = SuppressionList.objects.all()
    serializer_class = SuppressionListSerializer
    filterset_class = SuppressionListFilter

    @transaction.atomic
    def perform_update(self, serializer: Any) -> None:
        """Save; leads that wait for a number of a list which held for all campaigns are judged again."""
        held_for_all = serializer.instance.applies_to_all
        saved = serializer.save()
        if held_for_all and not saved.applies_to_all:
            lists_eased(list_ids=[saved.pk], now=timezone.now())

    @transaction.atomic
    def perform_destroy(self, instance: SuppressionList) -> None:
        """Delete with all its numbers; leads that wait for one of them are judged again."""
        lists_eased(list_ids=[instance.pk], now=timezone.now())
        instance.delete()

    def get_queryset(self) -> QuerySet[Any]:
        """Return the lists, each with its count where it is shown."""
        lists = super().get_queryset()
        if self.action not in ("list", "retrieve", "partial_update"):
            return lists
        counts = SuppressedNumber.objects.filter(suppression_list=OuterRef("pk")).order_by().values("suppression_list")
        counted = Subquery(counts.annotate(count=Count("*")).values("count"), output_field=IntegerField())
        return lists.annotate(numbers_now=Coalesce(counted, 0))
