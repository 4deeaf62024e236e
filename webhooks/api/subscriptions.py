"""Subscriptions to results and notices: made, changed, tested, and what became of each delivery."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.models import FeedKind
from dialer.api.filters import IdFilter
from dialer.api.saving import CleanedModelSerializer
from dialer.api.views import EditViewSet, ReadViewSet
from dialer.shown_addresses import shown_address
from webhooks.acts import CHANGE_SUBSCRIPTIONS
from webhooks.models import Delivery, DeliveryState, Subscription
from webhooks.telling.subscribing import begin, renew_secret, revive, test, try_now


class SubscriptionSerializer(CleanedModelSerializer[Subscription]):
    """An address that is told of results and notices as they come."""

    kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=FeedKind.choices), required=False, help_text="Not given: all."
    )

    class Meta:
        model = Subscription
        fields = (
            "id", "name", "url", "kinds", "campaigns", "is_active", "position", "failing_since", "failures",
            "next_try_at", "problem", "told_at", "switched_off_at", "missed_after", "created_at",
        )  # fmt: skip
        read_only_fields = (
            "position", "failing_since", "failures", "next_try_at", "problem", "told_at", "switched_off_at",
            "missed_after",
        )  # fmt: skip
        extra_kwargs = {"position": {"help_text": "The feed has been gone through up to here."}}

    def to_representation(self, instance: Subscription) -> dict[str, Any]:
        """Return it, the address without what may be a secret in it to those who may not change it."""
        shown: dict[str, Any] = super().to_representation(instance)
        request = self.context.get("request")
        may_see = request is None or request.user.has_perm("webhooks.change_subscription")
        if "url" in shown and not may_see:
            shown["url"] = shown_address(instance.url)
        return shown

    @transaction.atomic
    def update(self, instance: Subscription, validated_data: Any) -> Subscription:
        """Save what was sent; one that is switched on again is revived."""
        revives = not instance.is_active and validated_data.pop("is_active", False)
        moves = validated_data.get("url", instance.url) != instance.url
        saved = super().update(instance, validated_data)
        if moves:
            try_now(saved)
        return revive(saved) if revives else saved


class SubscriptionMadeSerializer(SubscriptionSerializer):
    """A subscription with its secret, which is shown this once."""

    secret = serializers.SerializerMethodField(help_text="By which what is told is signed. Shown only now.")

    class Meta(SubscriptionSerializer.Meta):
        fields = (*SubscriptionSerializer.Meta.fields, "secret")  # type: ignore[assignment]

    def get_secret(self, subscription: Subscription) -> str:
        """Return the secret."""
        return str(subscription.secret["secret"])


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    """One entry of the feed for one subscription."""

    entry = serializers.IntegerField(source="entry.position", default=None, allow_null=True, read_only=True)

    class Meta:
        model = Delivery
        fields = (
            "id", "subscription", "entry", "event_id", "state", "tries", "next_try_at", "status_code", "problem",
            "created_at", "delivered_at",
        )  # fmt: skip
        read_only_fields = fields


class DeliveryFilter(django_filters.FilterSet):
    """Filters of deliveries."""

    subscription = IdFilter()
    state = django_filters.MultipleChoiceFilter(choices=DeliveryState.choices)

    class Meta:
        model = Delivery
        fields = ("subscription", "state")


class SubscriptionViewSet(EditViewSet[Subscription]):
    """Who is told of results and notices."""

    queryset = Subscription.objects.prefetch_related("campaigns")
    serializer_class = SubscriptionSerializer

    @extend_schema(responses={201: SubscriptionMadeSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Subscribe: from now on what happens is told. The reply has the secret, this once."""
        made = self.get_serializer(data=request.data)
        made.is_valid(raise_exception=True)
        subscription = begin(made.save())
        return Response(SubscriptionMadeSerializer(subscription).data, status=status.HTTP_201_CREATED)

    @extend_schema(operation_id="subscriptions_test", request=None, responses=DeliverySerializer)
    @action(detail=True, methods=["post"], act=CHANGE_SUBSCRIPTIONS, url_path="test", takes_body=False)
    def try_out(self, request: Request, pk: str) -> Response:
        """Send a test now, once, and say what came of it."""
        return Response(DeliverySerializer(test(subscription=self.get_object(), now=timezone.now())).data)

    @extend_schema(operation_id="subscriptions_revive", request=None, responses=SubscriptionSerializer)
    @action(
        detail=True,
        methods=["post"],
        act=CHANGE_SUBSCRIPTIONS,
        url_path="revive",
        in_one_transaction=True,
        takes_body=False,
    )
    def revive(self, request: Request, pk: str) -> Response:
        """Switch it on again: told from now on. What it missed is read from `GET /results/?after=<missed_after>`."""
        return Response(SubscriptionSerializer(revive(self.get_object())).data)

    @extend_schema(operation_id="subscriptions_renew_secret", request=None, responses=SubscriptionMadeSerializer)
    @action(
        detail=True,
        methods=["post"],
        act=CHANGE_SUBSCRIPTIONS,
        url_path="renew-secret",
        in_one_transaction=True,
        takes_body=False,
    )
    def renew(self, request: Request, pk: str) -> Response:
        """Replace the secret; the old one signs nothing any more."""
        return Response(SubscriptionMadeSerializer(renew_secret(self.get_object())).data)


class DeliveryViewSet(ReadViewSet[Delivery]):
    """What was told, and what is still to be told, newest first."""

    queryset = Delivery.objects.select_related("entry")
    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilter
