"""What a call does once it is answered."""

from __future__ import annotations

import django_filters
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers

from campaigns.models import CallTemplate
from dialer.api.saving import CleanedModelSerializer
from dialer.api.views import EditViewSet


class CallTemplateSerializer(CleanedModelSerializer[CallTemplate]):
    """What a call does: an action of a provider, with its options and variables."""

    options = serializers.DictField(
        child=serializers.JSONField(allow_null=True),
        required=False,
        help_text="Values by name, as `GET /providers/` lists them for the action.",
    )
    variables = serializers.DictField(
        child=serializers.CharField(max_length=200),
        required=False,
        help_text="Provider's variable: contact's variable.",
    )

    class Meta:
        model = CallTemplate
        fields = (
            "id", "name", "provider", "action", "options", "variables", "max_ring_seconds", "record", "created_at",
            "updated_at",
        )  # fmt: skip


class CallTemplateFilter(django_filters.FilterSet):
    """Filters of templates."""

    class Meta:
        model = CallTemplate
        fields = ("name", "provider", "action")


EXAMPLE = OpenApiExample(
    "A voice bot",
    value={
        "name": "Renewal bot",
        "provider": "voxcore",
        "action": "VOICE_BOT",
        "options": {"bot_id": "renewals-7"},
        "variables": {"customer_name": "name"},
        "max_ring_seconds": 30,
    },
    request_only=True,
)


@extend_schema_view(create=extend_schema(examples=[EXAMPLE]))
class CallTemplateViewSet(EditViewSet[CallTemplate]):
    """Templates of calls."""

    queryset = CallTemplate.objects.all()
    serializer_class = CallTemplateSerializer
    filterset_class = CallTemplateFilter
