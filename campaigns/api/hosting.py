"""Dialers of the providers that run campaigns of ours: state, switchings, what was handed over. Read only."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from rest_framework import serializers

from campaigns.hosting.showing import shown
from campaigns.models import BatchState, HostedBatch, HostedDialer, HostedSwitch
from dialer.api.filters import IdFilter
from dialer.api.views import ReadViewSet


class HostedSwitchSerializer(serializers.ModelSerializer[HostedSwitch]):
    """One switching on or off."""

    class Meta:
        model = HostedSwitch
        fields = ("id", "dialer", "is_on", "reason", "edge_at", "asked_at", "confirmed_at", "problem")
        read_only_fields = fields
        extra_kwargs = {
            "confirmed_at": {"help_text": "When the provider confirmed it; null: not yet, and it is asked again."},
        }


class LastSwitchSerializer(serializers.Serializer[Any]):
    """The last switching of a dialer."""

    is_on = serializers.BooleanField()
    reason = serializers.CharField()
    edge_at = serializers.DateTimeField(help_text="The opening, closing, start, pause or stop that it follows.")
    asked_at = serializers.DateTimeField()
    confirmed_at = serializers.DateTimeField(allow_null=True, help_text="Null: the provider has not confirmed it yet.")
    problem = serializers.CharField(allow_blank=True)


class HostedBatchSerializer(serializers.ModelSerializer[HostedBatch]):
    """Numbers that were given in one request, which is sent once at most."""

    class Meta:
        model = HostedBatch
        fields = ("id", "dialer", "state", "size", "taken", "reserved_at", "sending_at", "answered_at", "detail")
        read_only_fields = fields


class HostedDialerSerializer(serializers.ModelSerializer[HostedDialer]):
    """The provider's dialer of one campaign."""

    condition = serializers.CharField(read_only=True, help_text="Not made yet, On, Off, or Not known.")
    numbers_added = serializers.IntegerField(read_only=True, help_text="Numbers that the provider has taken.")
    numbers_uncertain = serializers.IntegerField(
        read_only=True,
        help_text="Numbers whose request had no answer: never given again; the log may tell their ends.",
    )
    last_switch = LastSwitchSerializer(read_only=True, allow_null=True)
    problems = serializers.ListField(child=serializers.CharField(), read_only=True, help_text="What is in its way now.")

    class Meta:
        model = HostedDialer
        fields = (
            "id", "campaign", "account", "did", "name", "external_id", "condition", "is_on", "off_at", "lines",
            "numbers_added", "numbers_uncertain", "total_numbers", "pending_numbers", "read_at", "log_read_at",
            "last_switch", "problems", "created_at",
        )  # fmt: skip
        read_only_fields = fields
        extra_kwargs = {
            "total_numbers": {"help_text": "As the provider counts them."},
            "pending_numbers": {"help_text": "As the provider counts them: not called yet, or under way."},
            "external_id": {"help_text": "The provider's id of it; null: not made yet."},
        }


class HostedDialerFilter(django_filters.FilterSet):
    """Filters of hosted dialers."""

    campaign = IdFilter()
    account = IdFilter()

    class Meta:
        model = HostedDialer
        fields = ("campaign", "account")


class HostedSwitchFilter(django_filters.FilterSet):
    """Filters of switchings."""

    dialer = IdFilter()

    class Meta:
        model = HostedSwitch
        fields = ("dialer",)


class HostedBatchFilter(django_filters.FilterSet):
    """Filters of batches."""

    dialer = IdFilter()
    state = django_filters.MultipleChoiceFilter(choices=BatchState.choices)

    class Meta:
        model = HostedBatch
        fields = ("dialer", "state")


class HostedDialerViewSet(ReadViewSet[HostedDialer]):
    """Dialers of the providers that run campaigns of ours, newest first."""

    queryset = HostedDialer.objects.all()
    serializer_class = HostedDialerSerializer
    filterset_class = HostedDialerFilter

    def get_queryset(self) -> QuerySet[HostedDialer]:
        """Return the dialers with what was handed to them."""
        return shown(super().get_queryset())


class HostedSwitchViewSet(ReadViewSet[HostedSwitch]):
    """Switchings, newest first: when, why, and whether the provider confirmed them."""

    queryset = HostedSwitch.objects.all()
    serializer_class = HostedSwitchSerializer
    filterset_class = HostedSwitchFilter


class HostedBatchViewSet(ReadViewSet[HostedBatch]):
    """Batches of numbers that were handed over, newest first."""

    queryset = HostedBatch.objects.all()
    serializer_class = HostedBatchSerializer
    filterset_class = HostedBatchFilter
