"""The inbox as it came: every push, poll and log row, and what was made of it. Read only."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.results.addresses import hidden_body
from dialer.accesses import note_access
from dialer.api.accesses import reader_of
from dialer.api.filters import IdFilter, before, since
from dialer.api.views import ReadViewSet
from dialer.models import AccessKind
from webhooks.acts import SEE_EVENTS
from webhooks.models import EventSource, EventState, ProviderEvent, heads

#: Of each event in a list.
HEAD_BYTES = 2000


class EventSerializer(serializers.ModelSerializer[ProviderEvent]):
    """One event of a provider."""

    body = serializers.SerializerMethodField(
        help_text="As it came, read as UTF-8 (other bytes are shown as U+FFFD), without addresses: in place of a "
        f"recording's stands its path here. In lists only its first {HEAD_BYTES} bytes."
    )
    body_bytes = serializers.SerializerMethodField(help_text="How long the whole body is; `GET /events/{id}/` has it.")

    class Meta:
        model = ProviderEvent
        fields = (
            "id", "account", "source", "received_at", "body", "body_bytes", "state", "attempt", "tries", "next_try_at",
            "applied_at", "problem",
        )  # fmt: skip
        read_only_fields = fields

    def get_body(self, event: ProviderEvent) -> str:
        """Return the body as text."""
        head = getattr(event, "head", None)
        return hidden_body(bytes(event.body if head is None else head), attempt_id=event.attempt_id)

    def get_body_bytes(self, event: ProviderEvent) -> int:
        """Return the length of the whole body."""
        found = getattr(event, "body_bytes", None)
        return len(event.body) if found is None else int(found)


class EventFilter(django_filters.FilterSet):
    """Filters of events."""

    account = IdFilter()
    attempt = IdFilter()
    state = django_filters.MultipleChoiceFilter(choices=EventState.choices)
    source = django_filters.MultipleChoiceFilter(choices=EventSource.choices)
    received_after = since("received_at", text="Received")
    received_before = before("received_at", text="Received")

    class Meta:
        model = ProviderEvent
        fields = ("account", "attempt", "state", "source")


class EventViewSet(ReadViewSet[ProviderEvent]):
    """What providers told us, newest first. Headers are not shown: they carry secrets."""

    queryset = ProviderEvent.objects.defer("headers")
    serializer_class = EventSerializer
    filterset_class = EventFilter

    def get_queryset(self) -> QuerySet[ProviderEvent]:
        """Leave the rest of long bodies out of lists."""
        rows = super().get_queryset()
        return rows if self.detail else heads(rows, most_bytes=HEAD_BYTES)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List events; who looks is written down."""
        reply = super().list(request, *args, **kwargs)
        self._note(request, rows=len(reply.data["results"]), details=request.query_params.dict())
        return reply

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show an event; who looks is written down."""
        reply = super().retrieve(request, *args, **kwargs)
        self._note(request, rows=1, subject_id=int(self.kwargs["pk"]))
        return reply

    @staticmethod
    def _note(request: Request, **given: Any) -> None:
        now = timezone.now()
        note_access(
            kind=AccessKind.EVENT,
            reader=reader_of(request),
            subject="providerevent",
            now=now,
            act=SEE_EVENTS.name,
            **given,
        )
