"""GET /accesses/: who heard, exported and looked at what. Read only."""

from __future__ import annotations

import django_filters
from rest_framework import serializers
from rest_framework.request import Request

from dialer.accesses import Reader
from dialer.api.filters import before, since
from dialer.api.views import ReadViewSet
from dialer.models import Access, AccessKind


def reader_of(request: Request) -> Reader:
    """Return who asks over REST."""
    return Reader(by=request.user.get_username(), face="REST")


class AccessSerializer(serializers.ModelSerializer[Access]):
    """Somebody heard a recording, exported rows, or looked at events of providers."""

    class Meta:
        model = Access
        fields = ("id", "kind", "at", "by", "face", "subject", "subject_id", "rows", "details")
        read_only_fields = fields


class AccessFilter(django_filters.FilterSet):
    """Filters of accesses."""

    kind = django_filters.MultipleChoiceFilter(choices=AccessKind.choices)
    at_after = since("at", text="Done")
    at_before = before("at", text="Done")

    class Meta:
        model = Access
        fields = ("kind", "by", "subject", "subject_id")


class AccessViewSet(ReadViewSet[Access]):
    """Who listened to recordings, exported rows and looked at raw events, newest first."""

    queryset = Access.objects.all()
    serializer_class = AccessSerializer
    filterset_class = AccessFilter
