"""Buying numbers over REST, in two steps: quotes with prices, then a purchase that names quote and price."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from dialer.accounts.buying import UnableToBuy, buy_number, quote_numbers, regions
from dialer.acts.telephone import BUY
from dialer.api.errors import Conflict
from dialer.api.schema import CONFLICT
from dialer.api.strict import StrictSerializer
from dialer.models.synced import NumberQuote


class RegionSerializer(serializers.Serializer[Any]):
    """A region that has numbers for sale."""

    id = serializers.CharField(allow_null=True)
    name = serializers.CharField(allow_null=True)


class SearchSerializer(StrictSerializer):
    """What kind of number is wanted."""

    country_code = serializers.CharField(max_length=5, help_text="Country as the provider writes it, e.g. 91.")
    region = serializers.CharField(max_length=40, help_text="Id of a region.")
    pattern = serializers.RegexField(r"^\d{0,15}$", required=False, allow_blank=True, default="")


class QuoteSerializer(serializers.ModelSerializer[NumberQuote]):
    """A number for sale with its price."""

    class Meta:
        model = NumberQuote
        fields = ("token", "number", "price", "currency", "state", "quoted_at", "expires_at", "bought_at", "problem")
        read_only_fields = fields


class PurchaseSerializer(StrictSerializer):
    """The confirmation: the quote, and its price once more."""

    token = serializers.CharField(max_length=40)
    price = serializers.CharField(max_length=30, help_text="As the quote shows it; another price buys nothing.")


class BuyingMixin:
    """Adds the purchase of numbers to the viewset of accounts."""

    get_object: Any

    @extend_schema(responses=RegionSerializer(many=True), filters=False)
    @action(
        detail=True, methods=["get"], url_path="number-regions", act=BUY, pagination_class=None, also_answers=[CONFLICT]
    )
    def number_regions(self, request: Request, pk: str) -> Response:
        """List the regions that have numbers for sale."""
        try:
            return Response([{"id": one.id, "name": one.name} for one in regions(account=self.get_object())])
        except UnableToBuy as error:
            raise Conflict(code="unable", problems=[error.reason]) from error

    @extend_schema(request=SearchSerializer, responses={201: QuoteSerializer(many=True)})
    @action(detail=True, methods=["post"], url_path="number-quotes", act=BUY)
    def number_quotes(self, request: Request, pk: str) -> Response:
        """Search numbers for sale. Nothing is bought; each quote can be bought once, for 15 minutes."""
        given = SearchSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            quotes = quote_numbers(account=self.get_object(), now=timezone.now(), **given.validated_data)
        except UnableToBuy as error:
            raise Conflict(code="unable", problems=[error.reason]) from error
        return Response(QuoteSerializer(quotes, many=True).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=PurchaseSerializer, responses=QuoteSerializer)
    @action(detail=True, methods=["post"], url_path="buy-number", act=BUY)
    def buy_number(self, request: Request, pk: str) -> Response:
        """Buy a quote's number: it costs money. Repeating it never buys twice. 409 `uncertain`: it may be bought."""
        given = PurchaseSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        by = request.user.get_username()
        try:
            quote = buy_number(account=self.get_object(), now=timezone.now(), by=by, **given.validated_data)
        except UnableToBuy as error:
            code = "uncertain" if error.may_be_bought else "unable"
            raise Conflict(code=code, problems=[error.reason]) from error
        return Response(QuoteSerializer(quote).data)
