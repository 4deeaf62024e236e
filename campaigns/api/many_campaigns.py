"""Campaigns stopped and paused together, by a filter that was counted first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.acts import OPERATE
from campaigns.api.many import DoneSerializer, ManySerializer, count_of, counted, found_by, on_many
from campaigns.api.uploads import validated
from campaigns.lifecycle.operations import pause_campaign, stop_campaign
from campaigns.models import Campaign, CampaignState
from campaigns.states.campaigns import UnableToOperate
from dialer.api.limits import within
from dialer.audit import unchanged

MOST_CAMPAIGNS = 500
NOT_OVER = (CampaignState.DRAFT, CampaignState.SCHEDULED, CampaignState.RUNNING, CampaignState.PAUSED)
GOING = (CampaignState.RUNNING,)


class ReasonManySerializer(ManySerializer):
    """Which campaigns, and why."""

    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)


class NotOperatedSerializer(serializers.Serializer[Any]):
    """A campaign that stayed as it was."""

    id = serializers.IntegerField()
    problem = serializers.CharField()


class OperatedManySerializer(DoneSerializer):
    """What was done, and to which it was not."""

    ids = serializers.ListField(child=serializers.IntegerField(), help_text="Those it was done to.")
    not_done = NotOperatedSerializer(many=True)


class ManyCampaignsMixin:
    """Adds what is done to many campaigns to their viewset."""

    filterset_class: Any
    limited_by: Any

    @extend_schema(operation_id="campaigns_stop_many", request=ReasonManySerializer, responses=OperatedManySerializer)
    @on_many(act=OPERATE, path="stop")
    def stop_many(self, request: Request) -> Response:
        """Stop campaigns for good, one after the other; one that cannot be stopped is named, the others are."""
        return self._operate_many(request, stop_campaign, NOT_OVER)

    @extend_schema(operation_id="campaigns_pause_many", request=ReasonManySerializer, responses=OperatedManySerializer)
    @on_many(act=OPERATE, path="pause")
    def pause_many(self, request: Request) -> Response:
        """Pause running campaigns, one after the other."""
        return self._operate_many(request, pause_campaign, GOING)

    def _operate_many(
        self, request: Request, operation: Callable[..., Any], states: tuple[CampaignState, ...]
    ) -> Response:
        wanted = validated(ReasonManySerializer(data=request.data))
        rows = within(request, Campaign.objects.filter(state__in=states), columns=self.limited_by)
        rows = found_by(self.filterset_class, rows, wanted["filter"])
        done: list[int] = []
        problems: list[dict[str, Any]] = []
        by = request.user.get_username()
        for campaign_id in counted(rows, wanted, most=MOST_CAMPAIGNS):
            try:
                operation(campaign_id=campaign_id, reason=wanted["reason"], by=by, now=timezone.now())
            except UnableToOperate as error:
                problems.append({"id": campaign_id, "problem": " ".join(error.problems)})
            else:
                done.append(campaign_id)
        if not done:
            unchanged()
        count = count_of(rows) if wanted["dry_run"] else wanted["count"]
        told = {"count": count, "done": len(done), "ids": done, "not_done": problems}
        return Response(OperatedManySerializer(told).data)
