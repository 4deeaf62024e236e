"""GET /results/: the feed of results and notices, in an order that never changes, from a position on."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.acts import FEED
from campaigns.api.uploads import validated
from campaigns.key_scopes import CampaignLimit
from campaigns.models import FeedEntry, FeedKind
from campaigns.results.feed import entries_after, place_entries, removed_through
from campaigns.results.shape import ResultSerializer
from dialer.api.errors import Gone
from dialer.api.limits import limits_of
from dialer.api.schema import ErrorSerializer
from dialer.api.strict import StrictSerializer
from dialer.api.views import ApiView
from dialer.serving.waiting import WAIT_HEADER

#: A reply is held back for so long at most, in seconds.
LONGEST_WAIT_SECONDS = 60


class AfterSerializer(StrictSerializer):
    """Where to read on."""

    after = serializers.IntegerField(min_value=0, max_value=2**63 - 1, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=1000, default=100)
    campaign = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    kind = serializers.MultipleChoiceField(choices=FeedKind.choices, required=False)
    wait = serializers.IntegerField(min_value=0, max_value=LONGEST_WAIT_SECONDS, default=0)


class ResultPageSerializer(serializers.Serializer[Any]):
    """Entries in their order."""

    results = ResultSerializer(many=True)
    next_after = serializers.IntegerField(help_text="What to send as `after` next time.")
    has_more = serializers.BooleanField(help_text="Whether more is there already.")


def covered(request: Request, page: list[FeedEntry]) -> list[FeedEntry]:
    """Return those of a page that a key's limits cover. Not by the query: it would read on until it found some."""
    ids = limits_of(request).get("campaigns")
    if ids is None:
        return page
    shown = set(CampaignLimit.covered(ids).values_list("pk", flat=True))
    return [entry for entry in page if _campaign_of(entry) in shown]


def _campaign_of(entry: FeedEntry) -> int | None:
    about: Any = entry.attempt or entry.lead or entry.notice
    return about.campaign_id if about is not None else None


def _is_asked(entry: FeedEntry, wanted: dict[str, Any]) -> bool:
    """Return whether an entry is of the campaign and the kinds asked for: by the page, as the limits of keys."""
    is_of_campaign = "campaign" not in wanted or _campaign_of(entry) == wanted["campaign"]
    return is_of_campaign and (not wanted.get("kind") or entry.kind in wanted["kind"])


def _removed(through: int) -> Gone:
    text = (
        f"Entries up to {through} are kept no longer, and some of them follow this place. Take what came of these "
        f"calls from GET /attempts/ or the export of each campaign, then read on with after={through}."
    )
    return Gone(code="feed_removed", message=text, field="after", problem=f"The earliest place is {through}.")


class ResultsView(ApiView):
    """The feed."""

    act = FEED
    limited_by = {"campaigns": "campaign"}
    reads_query = True

    @extend_schema(
        operation_id="results_list",
        parameters=[
            OpenApiParameter("after", int, description="Entries that follow this one; 0: from the beginning."),
            OpenApiParameter("limit", int, description="Entries of a page: 1 to 1,000, 100 when not given."),
            OpenApiParameter("campaign", int, description="Those of a campaign; pages may then be short or empty."),
            OpenApiParameter("kind", str, many=True, enum=FeedKind.values, description="Those of these kinds."),
            OpenApiParameter(
                "wait",
                int,
                description=f"Where nothing is there yet, the reply waits for it so many seconds (0 to "
                f"{LONGEST_WAIT_SECONDS}), and comes within one once there is something.",
            ),
        ],
        responses={
            200: ResultPageSerializer,
            410: OpenApiResponse(
                ErrorSerializer, description="Entries after this place were removed; see the message."
            ),
            503: OpenApiResponse(ErrorSerializer, description="Too many wait already: come again after `Retry-After`."),
        },
    )
    def get(self, request: Request) -> Response:
        """Read results and notices, oldest first. Nothing is ever put in before what was read.

        Entries are kept for DIALER_KEEP_FEED_DAYS. Readers who are behind what was removed get 410 `feed_removed`,
        with the place from which on everything is there.

        A key that is limited to certain campaigns is shown those of theirs, so a page may hold fewer, or none.
        """
        wanted = validated(AfterSerializer(data=request.query_params))
        place_entries()
        found = entries_after(position=wanted["after"], limit=wanted["limit"] + 1)
        if wanted["after"] < (gone := removed_through()):
            raise _removed(gone)
        page = found[: wanted["limit"]]
        shown = [entry for entry in covered(request, page) if _is_asked(entry, wanted)]
        data = {
            "results": shown,
            "next_after": page[-1].position if page else wanted["after"],
            "has_more": len(found) > len(page),
        }
        reply = Response(ResultPageSerializer(data).data)
        if wanted["wait"] and not shown and not data["has_more"]:
            # No thread waits: the front of the server does, and asks again once there is more than this.
            reply[WAIT_HEADER] = f"{data['next_after']} {wanted['wait']}"
        return reply
