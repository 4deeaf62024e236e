"""The longest call that the latest calls of an account or template suggest."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from dialer.accounts.longest_call import ENOUGH
from dialer.accounts.use import longest_call


class LongestCallSerializer(serializers.Serializer[Any]):
    """What is set, and what the latest calls suggest."""

    max_call_seconds = serializers.IntegerField(
        allow_null=True, help_text="As it is set, in seconds; null for a template that leaves it to the account."
    )
    suggested_max_call_seconds = serializers.IntegerField(
        allow_null=True,
        help_text="In seconds; null while no call is given up without its result, or fewer than "
        f"{ENOUGH} answered ones have told their length.",
    )
    calls = serializers.IntegerField(help_text="How many of the latest calls were looked at.")
    given_up = serializers.IntegerField(help_text="How many of these were given up without a result.")
    lengths_told = serializers.IntegerField(help_text="How many of these were answered and told their length.")
    said = serializers.CharField(help_text="The suggestion in words, with what it goes by; empty where there is none.")


class LongestCallMixin:
    """Adds the suggestion to the viewset of accounts."""

    get_object: Any

    @extend_schema(responses=LongestCallSerializer)
    @action(detail=True, methods=["get"], url_path="longest-call")
    def longest_call(self, request: Request, pk: str) -> Response:
        """Say which longest call the latest calls suggest, for templates that have none of their own."""
        found = longest_call(self.get_object())
        return Response(found.as_json() if found else {})
