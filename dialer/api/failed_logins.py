"""GET and DELETE /failed-logins/: who is locked out, and the way to let somebody in again. For superusers."""

from __future__ import annotations

from typing import Any

import django_filters
from axes.models import AccessAttempt
from django import forms
from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import mixins, serializers

from dialer.api.views import ReadViewSet


class FailedLoginSerializer(serializers.ModelSerializer[Any]):
    """Wrong passwords of a user name from an address, of the last minutes."""

    failures = serializers.IntegerField(source="failures_since_start", read_only=True)
    is_locked = serializers.SerializerMethodField(help_text="Whether the name waits, from this address.")

    class Meta:
        model = AccessAttempt
        fields = ("id", "username", "ip_address", "user_agent", "failures", "is_locked", "attempt_time")
        read_only_fields = fields

    @extend_schema_field(serializers.BooleanField())
    def get_is_locked(self, attempt: AccessAttempt) -> bool:
        """Return whether the name is locked for the address."""
        return bool(attempt.failures_since_start >= settings.AXES_FAILURE_LIMIT)


class AddressFilter(django_filters.CharFilter):
    """An IP address; anything else is refused: the database would fail at it."""

    field_class = forms.GenericIPAddressField


class FailedLoginFilter(django_filters.FilterSet):
    """Filters of failed log-ins."""

    ip_address = AddressFilter()

    class Meta:
        model = AccessAttempt
        fields = ("username", "ip_address")


class FailedLoginViewSet(mixins.DestroyModelMixin, ReadViewSet[Any]):
    """Failed log-ins, newest first; to delete one is to let its name in again from its address."""

    queryset = AccessAttempt.objects.order_by("-id")
    serializer_class = FailedLoginSerializer
    filterset_class = FailedLoginFilter
