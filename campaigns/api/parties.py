"""What can be done with a call: ring another party into it, see its parties, listen to its recording."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import exceptions, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.acts import LISTEN, RING_IN, SEE_CALLS
from campaigns.api.uploads import validated
from campaigns.calls.participants import LONGEST_RING_SECONDS, UnableToJoin, add_participant, legs_of
from campaigns.calls.recordings import recording_response
from campaigns.leads.numbers import read_number
from campaigns.models import Attempt
from dialer.accounts.recordings import RecordingUnavailable
from dialer.api.accesses import reader_of
from dialer.api.errors import Conflict
from dialer.api.schema import CONFLICT, PROVIDER_FAILED
from dialer.api.strict import StrictSerializer


class BadGateway(exceptions.APIException):
    """The provider did not give what was asked of it: 502."""

    status_code = status.HTTP_502_BAD_GATEWAY
    default_code = "provider_failed"


class ParticipantSerializer(StrictSerializer):
    """Whom to ring into the call."""

    number = serializers.CharField(max_length=40, help_text="E.164, or national in the country of the contact's list.")
    max_ring_seconds = serializers.IntegerField(default=30, min_value=1, max_value=LONGEST_RING_SECONDS)


class JoinedSerializer(serializers.Serializer[Any]):
    """The party that is being rung."""

    leg_id = serializers.CharField(allow_null=True, help_text="The provider's id of the leg.")


class LegSerializer(serializers.Serializer[Any]):
    """One party of the call."""

    role = serializers.CharField(help_text="agent, destination or participant, as the provider says.")
    number = serializers.CharField()
    status = serializers.CharField(help_text="DIALING, JOINED, LEFT or FAILED, as the provider says.")


class CallsMixin:
    """Adds participants and recording to the viewset of attempts."""

    get_object: Any

    @extend_schema(responses=LegSerializer(many=True), filters=False)
    @action(
        detail=True,
        methods=["get"],
        act={"GET": SEE_CALLS, "POST": RING_IN},
        pagination_class=None,
        also_answers=[CONFLICT, PROVIDER_FAILED],
    )
    def participants(self, request: Request, pk: str) -> Response:
        """Ask the provider for the parties of the call, each with its own state."""
        try:
            legs = legs_of(attempt=self.get_object())
        except UnableToJoin as error:
            raise Conflict(code="unable", problems=[error.reason]) from error
        return Response([{"role": leg.role, "number": leg.number, "status": leg.status} for leg in legs])

    @extend_schema(request=ParticipantSerializer, responses={201: JoinedSerializer})
    @participants.mapping.post
    def add_participant(self, request: Request, pk: str) -> Response:
        """Ring another party into the live call. 409: nobody was. 502 `may_have_rung`: do not repeat."""
        attempt: Attempt = self.get_object()
        given = validated(ParticipantSerializer(data=request.data))
        number = read_number(given["number"], region=attempt.lead.contact.contact_list.default_region or None)
        if not isinstance(number, str):
            raise serializers.ValidationError({"number": str(number.message)})
        try:
            joined = add_participant(
                attempt=attempt,
                number=number,
                now=timezone.now(),
                by=request.user.get_username(),
                max_ring_seconds=given["max_ring_seconds"],
            )
        except UnableToJoin as error:
            if error.may_have_rung:
                raise BadGateway(error.reason, code="may_have_rung") from error
            raise Conflict(code="unable", problems=[error.reason]) from error
        return Response({"leg_id": joined.leg_id}, status=status.HTTP_201_CREATED)

    @extend_schema(responses={(200, "audio/*"): OpenApiResponse(OpenApiTypes.BINARY)}, filters=False)
    @action(detail=True, methods=["get"], act=LISTEN, also_answers=[PROVIDER_FAILED])
    def recording(self, request: Request, pk: str) -> HttpResponse | StreamingHttpResponse:
        """Stream the recording, or the part that a Range header asks for. 404: none. 502: not fetched, and why."""
        attempt: Attempt = self.get_object()
        if not attempt.recording_url:
            raise exceptions.NotFound("The call has no recording.")
        try:
            wanted = request.headers.get("Range", "")
            return recording_response(attempt, reader=reader_of(request), now=timezone.now(), wanted=wanted)
        except RecordingUnavailable as error:
            if error.is_missing:
                raise exceptions.NotFound(error.reason) from error
            raise BadGateway(error.reason) from error
