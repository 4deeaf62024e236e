"""Subscriptions to results and notices: made, changed, tested, and what became of each delivery."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import django_filters
import orjson
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.api.uploads import validated
from dialer.api.errors import Conflict
from dialer.api.filters import IdFilter
from dialer.api.views import EditViewSet, ReadViewSet
from webhooks.acts import CHANGE_SUBSCRIPTIONS
from webhooks.api.telling_shapes import (
    DeliverySerializer,
    EntrySerializer,
    PreviewedSerializer,
    PreviewSerializer,
    RenewSerializer,
    ReplaySerializer,
    SubscriptionMadeSerializer,
    SubscriptionSerializer,
)
from webhooks.models import Delivery, DeliveryState, Subscription
from webhooks.telling.replaying import UnableToReplay, position_before, replay, send_again
from webhooks.telling.subscribing import begin, renew_secret, revive
from webhooks.telling.trying import NoSuchEntry, preview, send_test


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

    @extend_schema(operation_id="subscriptions_test", request=EntrySerializer, responses=DeliverySerializer)
    @action(detail=True, methods=["post"], act=CHANGE_SUBSCRIPTIONS, url_path="test")
    def try_out(self, request: Request, pk: str) -> Response:
        """Send a test now, once, and say what came of it: of kind TEST, or as it would be told of an entry."""
        wanted = validated(EntrySerializer(data=request.data or {}))
        try:
            delivery = send_test(subscription=self.get_object(), now=timezone.now(), entry=wanted["entry"])
        except NoSuchEntry as error:
            raise serializers.ValidationError({"entry": [str(error)]}) from error
        return Response(DeliverySerializer(delivery).data)

    @extend_schema(operation_id="subscriptions_preview", request=PreviewSerializer, responses=PreviewedSerializer)
    @action(detail=True, methods=["post"], act=CHANGE_SUBSCRIPTIONS, url_path="preview")
    def preview(self, request: Request, pk: str) -> Response:
        """Show what would be sent of an entry of the feed (not given: of the latest result) by a key map."""
        subscription = self.get_object()
        wanted = validated(PreviewSerializer(data=request.data or {}))
        key_map = wanted.get("key_map", subscription.key_map)
        try:
            found = preview(subscription=subscription, key_map=key_map, entry=wanted["entry"], now=timezone.now())
        except NoSuchEntry as error:
            raise serializers.ValidationError({"entry": [str(error)]}) from error
        return Response({"entry": found.entry, "body": orjson.loads(found.body)})

    @extend_schema(operation_id="subscriptions_replay", request=ReplaySerializer, responses=SubscriptionSerializer)
    @action(detail=True, methods=["post"], act=CHANGE_SUBSCRIPTIONS, url_path="replay", in_one_transaction=True)
    def replay(self, request: Request, pk: str) -> Response:
        """Tell a part of the feed again, with the same event ids: what follows `after`, or all since an instant."""
        subscription = self.get_object()
        wanted = validated(ReplaySerializer(data=request.data))
        after = wanted["after"] if "after" in wanted else position_before(wanted["since"])
        try:
            replayed = replay(subscription_id=subscription.pk, after=after, until=wanted["until"])
        except UnableToReplay as error:
            raise Conflict(code="unable", problems=[str(error)]) from error
        return Response(self.get_serializer(replayed).data)

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

    @extend_schema(
        operation_id="subscriptions_renew_secret", request=RenewSerializer, responses=SubscriptionMadeSerializer
    )
    @action(detail=True, methods=["post"], act=CHANGE_SUBSCRIPTIONS, url_path="renew-secret", in_one_transaction=True)
    def renew(self, request: Request, pk: str) -> Response:
        """Replace the secret; the old one signs beside it for a while."""
        wanted = validated(RenewSerializer(data=request.data or {}))
        overlap = timedelta(hours=wanted["overlap_hours"])
        renewed = renew_secret(self.get_object(), now=timezone.now(), overlap=overlap)
        return Response(SubscriptionMadeSerializer(renewed).data)


class DeliveryViewSet(ReadViewSet[Delivery]):
    """What was told, and what is still to be told, newest first."""

    queryset = Delivery.objects.select_related("entry")
    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilter

    @extend_schema(operation_id="deliveries_send_again", request=None, responses=DeliverySerializer)
    @action(
        detail=True,
        methods=["post"],
        act=CHANGE_SUBSCRIPTIONS,
        url_path="send-again",
        in_one_transaction=True,
        takes_body=False,
    )
    def send_again(self, request: Request, pk: str) -> Response:
        """Send it again, whatever became of it, with the same event id."""
        try:
            again = send_again(delivery_id=self.get_object().pk, now=timezone.now())
        except UnableToReplay as error:
            raise Conflict(code="unable", problems=[str(error)]) from error
        return Response(DeliverySerializer(again).data)
