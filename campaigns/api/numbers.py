"""Number exceptions: what is let through though the number plan does not know it, by whom and why."""

from __future__ import annotations

from typing import Any

import django_filters

from campaigns.models import NumberException
from dialer.api.filters import before, since
from dialer.api.saving import CleanedModelSerializer
from dialer.api.views import EditViewSet


class NumberExceptionSerializer(CleanedModelSerializer[NumberException]):
    """The beginning of numbers that are let through."""

    class Meta:
        model = NumberException
        fields = ("id", "prefix", "reason", "added_by", "created_at")
        read_only_fields = ("added_by",)


class NumberExceptionFilter(django_filters.FilterSet):
    """Filters of number exceptions."""

    created_after = since("created_at", text="Added")
    created_before = before("created_at", text="Added")

    class Meta:
        model = NumberException
        fields = ("prefix", "added_by")


class NumberExceptionViewSet(EditViewSet[NumberException]):
    """Numbers, or beginnings of numbers, that are taken though the number plan does not know them.

    Each says who added it; another one is added where it must be different.
    """

    queryset = NumberException.objects.all()
    serializer_class = NumberExceptionSerializer
    filterset_class = NumberExceptionFilter
    http_method_names = ("get", "post", "delete", "head", "options")

    def perform_create(self, serializer: Any) -> None:
        """Save with the name of who adds it."""
        serializer.save(added_by=self.request.user.get_username())
