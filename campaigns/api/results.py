"""GET /results/: the feed of results and notices, in an order that never changes, from a position on."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.acts import FEED
from campaigns.api.uploads import validated
from campaigns.results.feed import entries_after, place_entries
from campaigns.results.shape import ResultSerializer
from dialer.api.views import ApiView


class AfterSerializer(serializers.Serializer[Any]):
    """Where to read on."""

    after = serializers.IntegerField(min_value=0, max_value=2**63 - 1, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=1000, default=100)


class ResultPageSerializer(serializers.Serializer[Any]):
    """Entries in their order."""

    results = ResultSerializer(many=True)
    next_after = serializers.IntegerField(help_text="What to send as `after` next time.")
    has_more = serializers.BooleanField(help_text="Whether more is there already.")


class ResultsView(ApiView):
    """The feed."""

    act = FEED

    @extend_schema(
        operation_id="results_list",
        parameters=[
            OpenApiParameter("after", int, description="Entries that follow this one; 0: from the beginning."),
            OpenApiParameter("limit", int, description="Entries of a page: 1 to 1,000, 100 when not given."),
        ],
        responses=ResultPageSerializer,
    )
    def get(self, request: Request) -> Response:
        """Read results and notices, oldest first. Nothing is ever put in before what was read."""
        wanted = validated(AfterSerializer(data=request.query_params))
        place_entries()
        found = entries_after(position=wanted["after"], limit=wanted["limit"] + 1)
        page = found[: wanted["limit"]]
        data = {
            "results": page,
            "next_after": page[-1].position if page else wanted["after"],
            "has_more": len(found) > len(page),
        }
        return Response(ResultPageSerializer(data).data)
