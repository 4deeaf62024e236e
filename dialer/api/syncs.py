"""Syncing an account over REST, the items that were read, and registering our push address."""

from __future__ import annotations

from typing import Any

import django_filters
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from dialer.api.checks import Keeper
from dialer.api.errors import Conflict
from dialer.api.views import ReadViewSet
from dialer.registering import UnableToRegister, register_webhook
from dialer.synced import ItemKind, SyncedItem
from dialer.syncing import NothingToSync, sync_account


class KindSyncedSerializer(serializers.Serializer[Any]):
    """What came of one kind."""

    kind = serializers.ChoiceField(choices=ItemKind.choices)
    listed = serializers.IntegerField()
    new = serializers.IntegerField()
    gone = serializers.IntegerField()
    problem = serializers.CharField(help_text="Why it could not be read; then its items stay as they were.")


class SyncedSerializer(serializers.Serializer[Any]):
    """What came of a sync."""

    account = serializers.IntegerField()
    is_whole = serializers.BooleanField(help_text="Whether every kind could be read.")
    synced_at = serializers.DateTimeField()
    kinds = KindSyncedSerializer(many=True)
    numbers_added = serializers.ListField(child=serializers.CharField())


class RegisteredSerializer(serializers.Serializer[Any]):
    """What was done."""

    message = serializers.CharField()


class SyncsMixin:
    """Adds sync and webhook registration to the viewset of accounts."""

    get_object: Any

    @extend_schema(request=None, responses=SyncedSerializer)
    @action(detail=True, methods=["post"], permission_classes=[Keeper])
    def sync(self, request: Request, pk: str) -> Response:
        """Read what the account has at its provider; see `GET /synced-items/`. Changes nothing there."""
        try:
            return Response(sync_account(account=self.get_object(), now=timezone.now()).as_json())
        except NothingToSync as error:
            raise Conflict(code="unable", problems=[str(error)]) from error

    @extend_schema(request=None, responses=RegisteredSerializer)
    @action(detail=True, methods=["post"], url_path="register-webhook", permission_classes=[Keeper])
    def register_webhook(self, request: Request, pk: str) -> Response:
        """Have the provider push results to this installation. Doing it again does no harm."""
        try:
            return Response({"message": register_webhook(account=self.get_object())})
        except UnableToRegister as error:
            raise Conflict(code="unable", problems=[str(error)]) from error


class SyncedItemSerializer(serializers.ModelSerializer[SyncedItem]):
    """One thing that an account has at its provider."""

    class Meta:
        model = SyncedItem
        fields = ("id", "account", "kind", "external_id", "name", "status", "details", "seen_at", "is_gone")
        read_only_fields = fields


class SyncedItemFilter(django_filters.FilterSet):
    """Filters of synced items."""

    kind = django_filters.MultipleChoiceFilter(choices=ItemKind.choices)

    class Meta:
        model = SyncedItem
        fields = ("account", "kind", "external_id", "status", "is_gone")


class SyncedItemViewSet(ReadViewSet[SyncedItem]):
    """What accounts have at their providers, as last read there: flows, bots, templates, agents, numbers, labels."""

    queryset = SyncedItem.objects.all()
    serializer_class = SyncedItemSerializer
    filterset_class = SyncedItemFilter
