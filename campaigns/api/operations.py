"""Start, pause, resume, stop and progress of a campaign. Every operation answers with the state it left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.acts import CLONE, OPERATE
from campaigns.api.lines import LinesSerializer
from campaigns.api.uploads import validated
from campaigns.explaining.progress import campaign_progress
from campaigns.lifecycle.copying import clone_campaign
from campaigns.lifecycle.operations import pause_campaign, resume_campaign, start_campaign, stop_campaign
from campaigns.models import Attempt, Campaign
from campaigns.states.campaigns import UnableToOperate
from dialer.api.chosen_fields import narrowed
from dialer.api.errors import Conflict
from dialer.api.strict import StrictSerializer


class ReasonSerializer(StrictSerializer):
    """Why; it is shown beside the state."""

    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)


class OperationSerializer(serializers.Serializer[Any]):
    """The state after the operation, and the calls that are still under way."""

    id = serializers.IntegerField()
    state = serializers.CharField()
    state_reason = serializers.CharField()
    state_changed_at = serializers.DateTimeField(allow_null=True)
    in_flight = serializers.ListField(
        child=serializers.IntegerField(),
        help_text="Ids of attempts that are not over. After pause and stop no other request will leave.",
    )
    unconfirmed = serializers.ListField(
        child=serializers.CharField(),
        help_text="What is not off by this: a provider's own dialer, which is asked until it confirms that it is, and "
        "runs of a recurring campaign.",
    )


class CloneSerializer(StrictSerializer):
    """What the copy is called."""

    name = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=150,
        help_text="Empty: the name of the first one, with (copy).",
    )

    def validate_name(self, name: str) -> str:
        """Return the name. Raises ValidationError for one that a campaign has."""
        if name and Campaign.objects.filter(name=name).exists():
            raise serializers.ValidationError("There is a campaign of this name already.")
        return name


class ProgressSerializer(serializers.Serializer[Any]):
    """How far a campaign has come."""

    leads_by_state = serializers.DictField(child=serializers.IntegerField())
    leads_total = serializers.IntegerField()
    attempts_by_outcome = serializers.DictField(child=serializers.IntegerField())
    attempts_total = serializers.IntegerField()
    calls_without_result = serializers.IntegerField(
        help_text="LOST and UNCERTAIN calls, live ones included: they may have rung, nobody has said how they ended."
    )
    live_calls = serializers.IntegerField(help_text="Calls that have no end yet.")
    lines = LinesSerializer(help_text="The live calls by who holds their lines.")
    due_now = serializers.IntegerField(help_text="Leads that wait for a slot only.")
    due_now_is_at_least = serializers.BooleanField(
        help_text="More are due than `due_now` says: with many due and many not, they are not counted to the last."
    )
    next_due_at = serializers.DateTimeField(allow_null=True, help_text="When the next waiting lead is due, UTC.")
    waiting_for = serializers.CharField(help_text="What a running campaign waits for, in words; empty: nothing.")
    contacts_to_enrol = serializers.IntegerField(
        help_text="Contacts of a large list that are still being made leads, while calls to the first ones go out."
    )
    leads_held = serializers.IntegerField(
        help_text="Of the pending: nobody calls them before somebody decides on `/possible-opt-outs/`."
    )


class OperationsMixin:
    """Adds the operations to the viewset of campaigns."""

    get_object: Any
    get_serializer: Any

    @extend_schema(request=None, responses=OperationSerializer)
    @action(detail=True, methods=["post"], act=OPERATE, takes_body=False)
    def start(self, request: Request, pk: str) -> Response:
        """Start the campaign: its contacts become leads and calls begin inside its window."""
        return self._operate(request, start_campaign)

    @extend_schema(request=ReasonSerializer, responses=OperationSerializer)
    @action(detail=True, methods=["post"], act=OPERATE)
    def pause(self, request: Request, pk: str) -> Response:
        """Pause it: when this answers, no new call starts; calls under way go on to their end."""
        return self._operate(request, pause_campaign, **validated(ReasonSerializer(data=request.data)))

    @extend_schema(request=None, responses=OperationSerializer)
    @action(detail=True, methods=["post"], act=OPERATE, takes_body=False)
    def resume(self, request: Request, pk: str) -> Response:
        """Go on after a pause."""
        return self._operate(request, resume_campaign)

    @extend_schema(request=ReasonSerializer, responses=OperationSerializer)
    @action(detail=True, methods=["post"], act=OPERATE)
    def stop(self, request: Request, pk: str) -> Response:
        """Stop it for good: leads not called become CANCELED; calls under way go on to their end."""
        return self._operate(request, stop_campaign, **validated(ReasonSerializer(data=request.data)))

    @extend_schema(request=CloneSerializer)
    @action(detail=True, methods=["post"], act=CLONE)
    def clone(self, request: Request, pk: str) -> Response:
        """Copy it, whatever its state, into a new draft: settings, lists, DIDs, agents and windows, no leads."""
        options = validated(CloneSerializer(data=request.data))
        by = request.user.get_username()
        made = clone_campaign(campaign_id=self.get_object().pk, now=timezone.now(), by=by, **options)
        return Response(self.get_serializer(made).data, status=201)

    @extend_schema(responses=ProgressSerializer)
    @action(detail=True, methods=["get"], shows_fields=True)
    def progress(self, request: Request, pk: str) -> Response:
        """Count its leads by state and its attempts by outcome."""
        campaign = self.get_object()
        progress = campaign_progress([campaign.pk])[campaign.pk]
        return Response(narrowed(ProgressSerializer(progress), request=request).data)

    def _operate(self, request: Request, operation: Callable[..., Any], **options: Any) -> Response:
        campaign_id = self.get_object().pk
        with conflicts():
            done = operation(campaign_id=campaign_id, now=timezone.now(), by=request.user.get_username(), **options)
        unconfirmed = list(getattr(done, "unconfirmed", ()))
        return Response(OperationSerializer({**operated(campaign_id), "unconfirmed": unconfirmed}).data)


@contextmanager
def conflicts() -> Iterator[None]:
    """Turn UnableToOperate into the API's 409."""
    try:
        yield
    except UnableToOperate as error:
        raise Conflict(code=error.code, problems=error.problems) from error


def operated(campaign_id: int) -> dict[str, Any]:
    """Return the campaign as it is after an operation, with the attempts that are not over."""
    campaign = Campaign.objects.get(pk=campaign_id)
    live = Attempt.objects.filter(campaign=campaign, ended_at=None).order_by("id").values_list("id", flat=True)
    return {
        "id": campaign.pk,
        "state": campaign.state,
        "state_reason": campaign.state_reason,
        "state_changed_at": campaign.state_changed_at,
        "in_flight": list(live),
    }
