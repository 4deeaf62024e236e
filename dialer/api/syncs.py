"""Syncing an account over REST, the items that were read, and registering our push address."""

from __future__ import annotations

from typing import Any

import django_filters
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from dialer.accounts.push_address import UnableToRegister, register_webhook, renew_push_address
from dialer.accounts.sync.reading import NothingToSync
from dialer.accounts.sync.runs import SyncUnderWay, ask_for_sync, run_sync
from dialer.acts.telephone import CHANGE_ACCOUNTS, CHECK, SEE_ACCOUNTS
from dialer.api.errors import Conflict
from dialer.api.strict import StrictSerializer
from dialer.api.views import ReadViewSet
from dialer.models.synced import AccountSync, ItemKind, SyncedItem


class KindSyncedSerializer(serializers.Serializer[Any]):
    """What came of one kind."""

    kind = serializers.ChoiceField(choices=ItemKind.choices)
    listed = serializers.IntegerField()
    new = serializers.IntegerField()
    gone = serializers.IntegerField()
    unread = serializers.IntegerField(
        default=0, help_text="Rows that cannot be read; while there are any, nothing is gone."
    )
    problem = serializers.CharField(help_text="Why it could not be read; then its items stay as they were.")


class SyncedSerializer(serializers.Serializer[Any]):
    """What came of a sync."""

    account = serializers.IntegerField()
    is_whole = serializers.BooleanField(help_text="Whether every kind could be read.")
    synced_at = serializers.DateTimeField()
    kinds = KindSyncedSerializer(many=True)
    numbers_added = serializers.ListField(child=serializers.CharField())


class SyncWishSerializer(StrictSerializer):
    """How to sync."""

    background = serializers.BooleanField(default=False, help_text="Answer 202 at once, and have a worker do it.")


class AccountSyncSerializer(serializers.ModelSerializer[AccountSync]):
    """The latest sync of an account."""

    kinds = KindSyncedSerializer(many=True, read_only=True, help_text="What came of each kind that was read so far.")
    numbers_added = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = AccountSync
        fields = (
            "account", "state", "asked_at", "asked_by", "begun_at", "ended_at", "kinds", "numbers_added", "problem",
            "whole_at",
        )  # fmt: skip
        read_only_fields = fields


class RegisteredSerializer(serializers.Serializer[Any]):
    """What was done."""

    message = serializers.CharField()


class PushAddressSerializer(serializers.Serializer[Any]):
    """Where the provider must push results from now on."""

    push_url = serializers.CharField()
    prefetch_url = serializers.CharField(allow_null=True)


class SyncsMixin:
    """Adds sync and webhook registration to the viewset of accounts."""

    get_object: Any

    @extend_schema(
        request=SyncWishSerializer, responses={200: SyncedSerializer, 202: AccountSyncSerializer}, methods=["POST"]
    )
    @extend_schema(operation_id="accounts_sync_state", responses=AccountSyncSerializer, methods=["GET"])
    @action(detail=True, methods=["get", "post"], act={"GET": SEE_ACCOUNTS, "POST": CHECK})
    def sync(self, request: Request, pk: str) -> Response:
        """Read what the account has at its provider; see `GET /synced-items/`. Changes nothing there.

        With `background` a worker does it; GET says how far it is, and what came of the latest one.
        """
        account, by = self.get_object(), request.user.get_username()
        if request.method == "GET":
            return Response(AccountSyncSerializer(get_object_or_404(AccountSync, account=account)).data)
        wish = SyncWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        try:
            if wish.validated_data["background"]:
                asked = ask_for_sync(account=account, now=timezone.now(), by=by)
                return Response(AccountSyncSerializer(asked).data, status=status.HTTP_202_ACCEPTED)
            return Response(run_sync(account=account, now=timezone.now(), by=by).as_json())
        except NothingToSync as error:
            raise Conflict(code="unable", problems=[str(error)]) from error
        except SyncUnderWay as error:
            raise Conflict(code="under_way", problems=[str(error)]) from error

    @extend_schema(request=None, responses=RegisteredSerializer)
    @action(detail=True, methods=["post"], url_path="register-webhook", act=CHECK, takes_body=False)
    def register_webhook(self, request: Request, pk: str) -> Response:
        """Have the provider push results to this installation. Doing it again does no harm."""
        try:
            return Response({"message": register_webhook(account=self.get_object())})
        except UnableToRegister as error:
            raise Conflict(code="unable", problems=[str(error)]) from error

    @extend_schema(request=None, responses=PushAddressSerializer)
    @action(detail=True, methods=["post"], url_path="renew-push-address", act=CHANGE_ACCOUNTS, takes_body=False)
    def renew_push_address(self, request: Request, pk: str) -> Response:
        """Make another push address, as the old one leaked or cannot be read. The old one is refused from then on."""
        account = self.get_object()
        renew_push_address(account=account)
        return Response({"push_url": account.push_url, "prefetch_url": account.prefetch_url})


class SyncedItemSerializer(serializers.ModelSerializer[SyncedItem]):
    """One thing that an account has at its provider."""

    value = serializers.CharField(
        read_only=True, help_text="What options of a template name it by: the name of a text template, else its id."
    )

    class Meta:
        model = SyncedItem
        fields = ("id", "account", "kind", "external_id", "name", "value", "status", "details", "seen_at", "is_gone")
        read_only_fields = fields


class SyncedItemFilter(django_filters.FilterSet):
    """Filters of synced items."""

    kind = django_filters.MultipleChoiceFilter(choices=ItemKind.choices)

    provider = django_filters.CharFilter(field_name="account__provider", help_text="Slug: of all its accounts.")
    name = django_filters.CharFilter(lookup_expr="icontains", help_text="A part of the name.")

    class Meta:
        model = SyncedItem
        fields = ("account", "kind", "external_id", "status", "is_gone")


class SyncedItemViewSet(ReadViewSet[SyncedItem]):
    """What accounts have at their providers, as last read there: flows, bots, templates, agents, numbers, labels."""

    queryset = SyncedItem.objects.all()
    serializer_class = SyncedItemSerializer
    filterset_class = SyncedItemFilter
