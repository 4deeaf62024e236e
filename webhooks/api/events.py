"""The inbox as it came: every push, poll and log row, and what was made of it. Read only."""

from __future__ import annotations

import django_filters
from django.db.models import QuerySet
from rest_framework import serializers

from dialer.api.filters import IdFilter, before, since
from dialer.api.views import ReadViewSet
from webhooks.models import EventSource, EventState, ProviderEvent, heads

#: Of each event in a list.
HEAD_BYTES = 2000


class EventSerializer(serializers.ModelSerializer[ProviderEvent]):
    """One event of a provider."""

    body = serializers.SerializerMethodField(
        help_text="As it came, read as UTF-8; bytes that are not UTF-8 are shown as U+FFFD. In lists only its first "
        f"{HEAD_BYTES} bytes."
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
        return bytes(event.body if head is None else head).decode("utf-8", "replace")

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
