"""The inbox as it came: every push, poll and log row, and what was made of it. Read only."""

from __future__ import annotations

import django_filters
from rest_framework import serializers

from dialer.api.filters import IdFilter, before, since
from dialer.api.views import ReadViewSet
from webhooks.models import EventSource, EventState, ProviderEvent


class EventSerializer(serializers.ModelSerializer[ProviderEvent]):
    """One event of a provider."""

    body = serializers.SerializerMethodField(
        help_text="As it came, read as UTF-8; bytes that are not UTF-8 are shown as U+FFFD."
    )

    class Meta:
        model = ProviderEvent
        fields = (
            "id", "account", "source", "received_at", "body", "state", "attempt", "tries", "next_try_at", "applied_at",
            "problem",
        )  # fmt: skip
        read_only_fields = fields

    def get_body(self, event: ProviderEvent) -> str:
        """Return the body as text."""
        return bytes(event.body).decode("utf-8", "replace")


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
