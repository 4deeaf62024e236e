"""GET /archives/: the files of old rows that were removed. Read only."""

from __future__ import annotations

import django_filters
from rest_framework import serializers

from dialer.api.views import ReadViewSet
from dialer.models import Archive


class ArchiveSerializer(serializers.ModelSerializer[Archive]):
    """A file of old rows. Times are UTC."""

    class Meta:
        model = Archive
        fields = (
            "id", "name", "kind", "state", "rows", "to_remove", "removed", "size_bytes", "sha256", "first_at",
            "last_at", "old_before", "begun_at", "ended_at",
        )  # fmt: skip
        read_only_fields = fields


class ArchiveFilter(django_filters.FilterSet):
    """Filters of archives."""

    class Meta:
        model = Archive
        fields = ("kind", "state", "name")


class ArchiveViewSet(ReadViewSet[Archive]):
    """Files into which old rows were written before they were removed, newest first."""

    queryset = Archive.objects.all()
    serializer_class = ArchiveSerializer
    filterset_class = ArchiveFilter
