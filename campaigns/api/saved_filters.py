"""Saved filters of the people and the calls of campaigns."""

from __future__ import annotations

from typing import Any

import django_filters

from campaigns.models import SavedFilter
from dialer.api.saving import CleanedModelSerializer
from dialer.api.views import EditViewSet


class SavedFilterSerializer(CleanedModelSerializer[SavedFilter]):
    """A filter under a name."""

    class Meta:
        model = SavedFilter
        fields = ("id", "rows", "name", "query", "added_by", "created_at")
        read_only_fields = ("added_by",)


class SavedFilterFilter(django_filters.FilterSet):
    """Filters of saved filters."""

    class Meta:
        model = SavedFilter
        fields = ("rows", "name", "added_by")


class SavedFilterViewSet(EditViewSet[SavedFilter]):
    """What is asked of the lists of a campaign's page again and again; everybody sees it there."""

    queryset = SavedFilter.objects.all()
    serializer_class = SavedFilterSerializer
    filterset_class = SavedFilterFilter

    def perform_create(self, serializer: Any) -> None:
        """Save with the name of who makes it."""
        serializer.save(added_by=self.request.user.get_username())
