"""What a call does once it is answered."""

from __future__ import annotations

from typing import Any

import django_filters
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.lifecycle.approval import template_warnings
from campaigns.lifecycle.readiness import stopped_by_template
from campaigns.models import CallTemplate
from campaigns.settling.call_lengths import longest_call_of_template
from dialer.accounts.pick_lists import PickLists
from dialer.api.examples import template_example
from dialer.api.longest_call import LongestCallSerializer
from dialer.api.saving import CleanedModelSerializer
from dialer.api.stops import WARNINGS, is_change
from dialer.api.stored import StoredDictField
from dialer.api.views import EditViewSet


def secret_options(template: CallTemplate) -> set[str]:
    """Return the names of the options of its action that are secret."""
    return {field.name for field in template.option_fields if field.secret}


def _same_action(template: CallTemplate, attrs: dict[str, Any]) -> bool:
    """Return whether the options that are stored are of the action that is sent."""
    same = all(attrs.get(name, getattr(template, name)) == getattr(template, name) for name in ("provider", "action"))
    return same and isinstance(template.options, dict)


class CallTemplateSerializer(CleanedModelSerializer[CallTemplate]):
    """What a call does: an action of a provider, with its options and variables."""

    options = StoredDictField(
        child=serializers.JSONField(allow_null=True),
        required=False,
        help_text="Values by name, as `GET /providers/` lists them for the action. Secret ones are not shown again; on "
        "PATCH they are kept where they are not sent, and null removes one.",
    )
    variables = StoredDictField(
        child=serializers.CharField(max_length=200),
        required=False,
        help_text="Provider's variable: contact's variable.",
    )

    warnings = serializers.SerializerMethodField(
        help_text="Options that name nothing that was read at the provider (`GET /synced-items/`). They are taken: it "
        f"may have newer things. {WARNINGS}"
    )

    class Meta:
        model = CallTemplate
        fields = (
            "id", "name", "provider", "action", "options", "variables", "max_ring_seconds", "max_call_seconds",
            "record", "approval", "warnings", "created_at", "updated_at",
        )  # fmt: skip

    def to_representation(self, instance: CallTemplate) -> dict[str, Any]:
        """Return the template without the options that its provider declares secret."""
        shown: dict[str, Any] = super().to_representation(instance)
        if "options" in shown and isinstance(instance.options, dict):
            secret = secret_options(instance)
            shown["options"] = {name: value for name, value in instance.options.items() if name not in secret}
        return shown

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Keep stored secret options that were not sent, while provider and action stay; null removes one."""
        stored = self.instance if isinstance(self.instance, CallTemplate) else None
        if "options" in attrs and stored is not None and _same_action(stored, attrs):
            secret = secret_options(stored)
            sent = {**{name: value for name, value in stored.options.items() if name in secret}, **attrs["options"]}
            attrs["options"] = {name: value for name, value in sent.items() if value is not None or name not in secret}
        return super().validate(attrs)

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_warnings(self, template: CallTemplate) -> list[str]:
        """Return the warnings."""
        found = template_warnings(template=template, lists=self.context.get("pick_lists"))
        if not is_change(self.context):
            return found
        return [*found, *stopped_by_template(template=template, now=timezone.now())]


class CallTemplateFilter(django_filters.FilterSet):
    """Filters of templates."""

    class Meta:
        model = CallTemplate
        fields = ("name", "provider", "action")


_TITLE, _BODY = template_example()
EXAMPLE = OpenApiExample(_TITLE, value=_BODY, request_only=True)


@extend_schema_view(create=extend_schema(examples=[EXAMPLE]))
class CallTemplateViewSet(EditViewSet[CallTemplate]):
    """Templates of calls."""

    queryset = CallTemplate.objects.all()
    serializer_class = CallTemplateSerializer

    def get_serializer_context(self) -> dict[str, Any]:
        """Give the serializer what was read at the providers, read once a reply."""
        return {**super().get_serializer_context(), "pick_lists": PickLists()}

    filterset_class = CallTemplateFilter

    @extend_schema(responses=LongestCallSerializer)
    @action(detail=True, methods=["get"], url_path="longest-call")
    def longest_call(self, request: Request, pk: str) -> Response:
        """Say which longest call the template's latest calls suggest."""
        return Response(longest_call_of_template(self.get_object()).as_json())
