"""GET and POST /campaigns/{id}/preflight/: who would be called and when, a preview, and a call to one's own number."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from campaigns.acts import CALL, PREFLIGHT
from campaigns.api.operations import conflicts
from campaigns.api.uploads import validated
from campaigns.explaining.assumed import AssumedSerializer
from campaigns.explaining.preflight import STEPS
from campaigns.explaining.preflight_runs import PreflightUnderWay, look, result_of
from campaigns.explaining.rendering import render
from campaigns.explaining.verdict import Verdict
from campaigns.leads.single_calls import call_once
from campaigns.lifecycle.standing import standing_campaign
from campaigns.models import Campaign, PreflightRun, PreflightState
from campaigns.rules.campaign import read_rules
from dialer.api.errors import Conflict
from dialer.api.permissions import refuse_unless
from dialer.api.schema import CONFLICT
from dialer.api.strict import StrictSerializer
from dialer.numbers import NumberProblem, normalise

MOST_RENDERED = 20


class AssumedQuerySerializer(StrictSerializer, AssumedSerializer):
    """What the plan shall assume of people."""


class AssumptionsSerializer(AssumedSerializer):
    """What the plan goes by."""

    lines = serializers.IntegerField(help_text="Calls at one time: the least of all limits.")
    calls_per_second = serializers.FloatField(allow_null=True)
    calls_per_hour = serializers.IntegerField(allow_null=True, help_text="Caps of all DIDs together.")
    calls_per_day = serializers.IntegerField(allow_null=True)


class SharedSerializer(serializers.Serializer[Any]):
    """Another campaign under way, and how many of this one's people wait in it."""

    campaign = serializers.IntegerField()
    name = serializers.CharField()
    state = serializers.CharField()
    people = serializers.IntegerField()


class AccountLimitsSerializer(serializers.Serializer[Any]):
    """What one of the campaign's accounts takes; null: no limit is set."""

    account = serializers.IntegerField()
    name = serializers.CharField()
    template = serializers.CharField(help_text="What calls through it do.")
    stands_by = serializers.BooleanField(help_text="The second account: it calls while the first one rests.")
    lines = serializers.IntegerField(
        help_text="Calls at one time: the least of its limits, with its own DIDs and agents."
    )
    calls_per_second = serializers.FloatField(allow_null=True)
    calls_per_hour = serializers.IntegerField(allow_null=True)
    calls_per_day = serializers.IntegerField(allow_null=True)


class MissingVariableSerializer(serializers.Serializer[Any]):
    """A variable that calls need and contacts have not."""

    name = serializers.CharField()
    needed_by = serializers.CharField()
    contacts = serializers.IntegerField()
    rows = serializers.ListField(child=serializers.IntegerField(), help_text="Ids of the first contacts without it.")


class ZonesSerializer(serializers.Serializer[Any]):
    """People who may be in several time zones, or are in one: they are called while all of them are open."""

    zones = serializers.ListField(child=serializers.CharField(), help_text="IANA names.")
    people = serializers.IntegerField()


class HourSerializer(serializers.Serializer[Any]):
    """Calls begun in an hour."""

    hour = serializers.DateTimeField(help_text="Its beginning, UTC.")
    calls = serializers.IntegerField()


class PreflightSerializer(serializers.Serializer[Any]):
    """A campaign, looked at before its start."""

    campaign = serializers.IntegerField()
    at = serializers.DateTimeField()
    problems = serializers.ListField(child=serializers.CharField(), help_text="What keeps it from being started.")
    people = serializers.IntegerField(help_text="Numbers of its lists, each once.")
    callable = serializers.IntegerField()
    suppressed = serializers.IntegerField(help_text="For ever, or beyond the campaign's end.")
    suppressed_for_now = serializers.IntegerField(help_text="Among the callable: only once their suppression ends.")
    held = serializers.IntegerField(help_text="Among the callable: only once somebody has decided, see To decide.")
    invalid = serializers.IntegerField()
    never = serializers.IntegerField(help_text="No instant is inside their hours.")
    never_reasons = serializers.DictField(child=serializers.IntegerField())
    lacking_required = serializers.IntegerField(help_text="They lack what the profile requires: they are not called.")
    capped = serializers.IntegerField(help_text="Among the callable: not yet, as they were called of late.")
    refused_rows = serializers.IntegerField(help_text="Rows of uploads to its lists that became no contact.")
    duplicate_rows = serializers.IntegerField(help_text="Rows whose number the list or the file had already.")
    hindrances = serializers.ListField(
        child=serializers.CharField(), help_text="What keeps all calls or their results back at present."
    )
    from_numbers = serializers.ListField(child=serializers.CharField(), help_text="The first account's DIDs, E.164.")
    zones = ZonesSerializer(many=True, help_text="Of the callable, where hours go by the contact's clock.")
    missing_variables = MissingVariableSerializer(many=True)
    in_other_campaigns = SharedSerializer(many=True, help_text="Campaigns under way in which its people wait as well.")
    assumed = AssumptionsSerializer(help_text="Of the first account alone.")
    accounts = AccountLimitsSerializer(many=True)
    first_call_at = serializers.DateTimeField(allow_null=True, help_text="Estimated, UTC; null: no call.")
    finish_at = serializers.DateTimeField(allow_null=True, help_text="Estimated; null: no call, or beyond the plan.")
    calls = serializers.IntegerField()
    answered = serializers.IntegerField()
    not_reached = serializers.IntegerField(help_text="Their attempts are used up.")
    not_finished = serializers.IntegerField(help_text="Beyond the end of the plan.")
    hours = HourSerializer(many=True)
    verdict = serializers.ChoiceField(
        choices=[one.value for one in Verdict],
        help_text="RED: it cannot start, or would call nobody; AMBER: look at the warnings first; GREEN.",
    )
    refusals = serializers.ListField(child=serializers.CharField(), help_text="Why it is RED.")
    warnings = serializers.ListField(child=serializers.CharField(), help_text="What to know before the start.")
    said = serializers.CharField(help_text="The plan in a sentence; times by the campaign's clock.")


class TrySerializer(StrictSerializer):
    """Contacts to render, and a number of one's own to call; both may be left out."""

    contacts = serializers.ListField(child=serializers.IntegerField(), required=False, max_length=MOST_RENDERED)
    number = serializers.CharField(required=False, max_length=40, help_text="Called once, by the rules of test calls.")

    def validate_number(self, text: str) -> str:
        """Return the number in E.164 form."""
        number = normalise(text, region=None)
        if isinstance(number, NumberProblem):
            raise serializers.ValidationError(number.message)
        return number


class RenderedSerializer(serializers.Serializer[Any]):
    """What the provider would be asked for a contact."""

    contact = serializers.IntegerField()
    number = serializers.CharField()
    variables = serializers.DictField()
    problem = serializers.CharField(help_text="Why there can be no request; else empty.")
    request = serializers.DictField(allow_null=True, help_text="Method, path and body; headers hold the key.")


class TriedSerializer(serializers.Serializer[Any]):
    """Previews, and the lead of the test call."""

    previews = RenderedSerializer(many=True)
    test_lead = serializers.IntegerField(allow_null=True)


class RunQuerySerializer(StrictSerializer):
    """Which run is asked for."""

    run = serializers.IntegerField(min_value=1, max_value=2**63 - 1)


class PreflightRunSerializer(serializers.Serializer[Any]):
    """A preflight that is being made."""

    run = serializers.IntegerField()
    state = serializers.ChoiceField(choices=PreflightState.choices)
    step = serializers.CharField(help_text="What is done now; empty while it waits for a worker.")
    steps_done = serializers.IntegerField()
    steps = serializers.IntegerField(help_text="Of how many.")
    url = serializers.CharField(help_text="Where to ask again: 202 until it is made, then 200 with the preflight.")


def _progress(run: PreflightRun) -> dict[str, Any]:
    return {"step": run.step, "steps_done": run.steps_done, "steps": len(STEPS)}


def _look(request: Request, campaign: Campaign) -> dict[str, Any] | PreflightRun:
    assumed = validated(AssumedQuerySerializer(data=request.query_params))
    user = request.user
    try:
        return look(campaign=campaign, assumed=assumed, now=timezone.now(), user_id=user.pk, by=user.get_username())
    except PreflightUnderWay as error:
        raise Conflict(code="under_way", problems=[str(error)]) from error


def _of_run(run: PreflightRun) -> dict[str, Any] | PreflightRun:
    if run.state == PreflightState.FAILED:
        raise Conflict(code="failed", problems=[run.problem])
    return result_of(run) if run.state == PreflightState.DONE else run


class PreflightMixin:
    """Adds the preflight to the viewset of campaigns."""

    get_object: Any

    @extend_schema(
        parameters=[
            *(OpenApiParameter(name, float) for name in ("talk_seconds", "ring_seconds", "answer_percent")),
            OpenApiParameter("run", int, description="A preflight that was asked for before, from the reply of 202."),
        ],
        responses={
            200: PreflightSerializer,
            202: OpenApiResponse(PreflightRunSerializer, description="A worker makes it: ask `url` again."),
        },
    )
    @action(detail=True, methods=["get"], act=PREFLIGHT, reads_query=True, also_answers=[CONFLICT])
    def preflight(self, request: Request, pk: str) -> Response:
        """Count whom it would call and whom not, and why; and plan it hour by hour on a virtual clock.

        Of a large campaign a worker makes it: 202 says where to ask for it. Each user has one at a time (409).
        """
        campaign = self.get_object()
        if "run" in request.query_params:
            wanted = validated(RunQuerySerializer(data=request.query_params))
            found = _of_run(get_object_or_404(PreflightRun, pk=wanted["run"], campaign=campaign))
        else:
            found = _look(request, campaign)
        if isinstance(found, PreflightRun):
            url = f"{reverse('campaign-preflight', args=[campaign.pk], request=request)}?run={found.pk}"
            said = PreflightRunSerializer({"run": found.pk, "state": found.state, **_progress(found), "url": url}).data
            return Response(said, status=status.HTTP_202_ACCEPTED, headers={"Retry-After": "2"})
        return Response(PreflightSerializer(found).data)

    @extend_schema(operation_id="campaigns_preflight_try", request=TrySerializer, responses=TriedSerializer)
    @preflight.mapping.post
    def preflight_try(self, request: Request, pk: str) -> Response:
        """Render the calls of chosen contacts without placing them, and call a number of one's own."""
        wanted = validated(TrySerializer(data=request.data))
        campaign, now = self.get_object(), timezone.now()
        with connection.cursor() as cursor:
            rules = read_rules(cursor, campaign_ids=[campaign.pk])[campaign.pk]
        previews = render(campaign=campaign, rules=rules, contact_ids=wanted.get("contacts", ()), now=now)
        lead = None
        if "number" in wanted:
            refuse_unless(CALL, request=request)
            with conflicts():
                standing = standing_campaign(
                    account=campaign.account,
                    template=campaign.template,
                    purpose="Test calls",
                    now=now,
                    by=request.user.get_username(),
                )
                lead, _ = call_once(campaign=standing, number=wanted["number"], at=None, variables={}, now=now)
        return Response(TriedSerializer({"previews": previews, "test_lead": lead.pk if lead else None}).data)
