"""Notes on calls: written here, and written back to providers that take them."""

from __future__ import annotations

from typing import Any

import django_filters
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.acts import NOTE, NOTE_AGAIN, SEE_NOTES
from campaigns.api.taking import key_conflict
from campaigns.api.uploads import validated
from campaigns.calls.notes import UnableToNote, send_again, write_note
from campaigns.idempotency import KeyReused
from campaigns.models import Attempt, CallNote, NoteState
from dialer.api.errors import Conflict
from dialer.api.filters import IdFilter, before, since
from dialer.api.keyed import idempotency_key
from dialer.api.strict import StrictSerializer
from dialer.api.views import ReadViewSet


class CallNoteSerializer(serializers.ModelSerializer[CallNote]):
    """A note on a call. Times are UTC."""

    class Meta:
        model = CallNote
        fields = (
            "id", "attempt", "account", "disposition", "text", "state", "reason", "tries", "next_try_at", "give_up_at",
            "sent_at", "written_by", "created_at",
        )  # fmt: skip
        read_only_fields = fields
        extra_kwargs = {
            "state": {
                "help_text": "KEPT: here only. WAITING, SENDING: on its way to the provider. SENT: there too. FAILED: "
                "given up. UNCLEAR: it may be there, and is not sent again by itself."
            },
            "next_try_at": {"help_text": "When it is tried next; while SENDING, when that is given up."},
        }


class WriteNoteSerializer(StrictSerializer):
    """A disposition, a text, or both."""

    disposition = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=100,
        help_text="Where the account's dispositions were synced, one of those (`GET /synced-items/?kind=DISPOSITION`). "
        "It becomes the call's where none is known, and is heard: it can suppress the number or set a callback.",
    )
    text = serializers.CharField(required=False, allow_blank=True, default="", max_length=500)
    write_back = serializers.BooleanField(
        required=False,
        allow_null=True,
        default=None,
        help_text="true: at the provider too, refused where that cannot be; false: here only; null: if it can be.",
    )


class NotesMixin:
    """Adds notes to the viewset of attempts."""

    get_object: Any

    @extend_schema(responses=CallNoteSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], act={"GET": SEE_NOTES, "POST": NOTE}, pagination_class=None, keeps_keys=True)
    def notes(self, request: Request, pk: str) -> Response:
        """List the notes on the call, newest first."""
        return Response(CallNoteSerializer(self.get_object().notes.all(), many=True).data)

    @extend_schema(
        request=WriteNoteSerializer,
        responses={
            201: CallNoteSerializer,
            200: OpenApiResponse(CallNoteSerializer, description="This Idempotency-Key was seen: the earlier note."),
        },
    )
    @notes.mapping.post
    def write_note(self, request: Request, pk: str) -> Response:
        """Write a note on the call. It is stored at once; the provider's copy follows, see its `state`."""
        attempt: Attempt = self.get_object()
        given = validated(WriteNoteSerializer(data=request.data))
        try:
            note, is_new = write_note(
                attempt=attempt,
                by=request.user.get_username(),
                now=timezone.now(),
                idempotency_key=idempotency_key(request),
                **given,
            )
        except KeyReused as error:
            raise key_conflict(error) from error
        except UnableToNote as error:
            raise ValidationError({error.field or "text": error.reason}) from error
        return Response(CallNoteSerializer(note).data, status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)


class CallNoteFilter(django_filters.FilterSet):
    """Filters of notes."""

    attempt = IdFilter()
    account = IdFilter()
    campaign = IdFilter(field_name="attempt__campaign")
    state = django_filters.MultipleChoiceFilter(choices=NoteState.choices)
    created_after = since("created_at", text="Written")
    created_before = before("created_at", text="Written")

    class Meta:
        model = CallNote
        fields = ("attempt", "account", "state")


class CallNoteViewSet(ReadViewSet[CallNote]):
    """Notes on calls, newest first; written at `/attempts/{id}/notes/`."""

    queryset = CallNote.objects.all()
    serializer_class = CallNoteSerializer
    filterset_class = CallNoteFilter

    @extend_schema(request=None, responses=CallNoteSerializer)
    @action(detail=True, methods=["post"], url_path="send-again", act=NOTE_AGAIN, takes_body=False)
    def send_again(self, request: Request, pk: str) -> Response:
        """Write a note back that was kept here, given up, or may not have arrived. 409: it cannot be, and why."""
        note = self.get_object()
        try:
            send_again(note=note, now=timezone.now())
        except UnableToNote as error:
            raise Conflict(code="unable", problems=[error.reason]) from error
        note.refresh_from_db()
        return Response(CallNoteSerializer(note).data)
