"""Profiles: a country's calling rules as data. A change makes a new version; what a call was allowed by stays."""

from __future__ import annotations

from typing import Any

import django_filters
from django.core.exceptions import ValidationError as ModelValidationError
from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from campaigns.lifecycle.readiness import stopped_by_profile
from campaigns.models import RulesProfile
from dialer.api.errors import Conflict
from dialer.api.stops import WARNINGS, is_change
from dialer.api.strict import StrictSerializer
from dialer.api.views import EditViewSet
from dialer.audit.changes import values_of
from dialer.audit.rows import row_changed


class RulesProfileSerializer(StrictSerializer, serializers.ModelSerializer[RulesProfile]):
    """One version of a profile."""

    rules = serializers.DictField(
        child=serializers.JSONField(),
        required=False,
        help_text="windows (by the contact's clock), holidays, caps, minimum_gap_seconds, series by purpose, "
        "required_fields.",
    )
    sources = serializers.ListField(
        child=serializers.DictField(child=serializers.JSONField()),
        required=False,
        help_text="For each figure: where it comes from, and whether it is verified.",
    )

    warnings = serializers.SerializerMethodField(help_text=WARNINGS)

    class Meta:
        model = RulesProfile
        fields = (
            "id", "slug", "version", "name", "rules", "sources", "is_latest", "created_by", "warnings", "created_at",
        )  # fmt: skip
        read_only_fields = ("version", "is_latest", "created_by")
        validators: tuple[()] = ()  # versions are counted when it is saved

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_warnings(self, profile: RulesProfile) -> list[str]:
        """Return which campaigns the new version has stopped."""
        return stopped_by_profile(slug=profile.slug, now=timezone.now()) if is_change(self.context) else []

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return ``attrs``. Raises ValidationError for rules that cannot be applied, and for a new slug."""
        if self.instance is not None and attrs.get("slug", self.instance.slug) != self.instance.slug:
            raise serializers.ValidationError({"slug": "A profile keeps its slug: make another one."})
        try:
            RulesProfile(**{"rules": {}, **attrs}).clean()
        except ModelValidationError as error:
            raise serializers.ValidationError(error.message_dict) from error
        return attrs

    def create(self, validated_data: Any) -> RulesProfile:
        """Save version 1. Raises Conflict for a slug that there is."""
        if RulesProfile.objects.filter(slug=validated_data["slug"]).exists():
            raise Conflict(code="exists", problems=["There is such a profile: change its latest version."])
        return super().create({**validated_data, "created_by": self._user()})

    def update(self, instance: RulesProfile, validated_data: Any) -> RulesProfile:
        """Save the next version. Raises Conflict for one that is not the latest."""
        if not instance.is_latest:
            raise Conflict(code="not_latest", problems=["Only the latest version of a profile can be changed."])
        before = values_of(instance)
        for name, value in {**validated_data, "created_by": self._user(), "file_digest": ""}.items():
            setattr(instance, name, value)
        with transaction.atomic():
            instance.save()
            row_changed(instance, before=before)
        return instance

    def _user(self) -> str:
        return str(self.context["request"].user.get_username())


class RulesProfileFilter(django_filters.FilterSet):
    """Filters of profiles."""

    class Meta:
        model = RulesProfile
        fields = ("slug", "is_latest")


class RulesProfileViewSet(EditViewSet[RulesProfile]):
    """Profiles, with all their versions. A change (PATCH) makes the next version, and campaigns move to it."""

    queryset = RulesProfile.objects.all()
    serializer_class = RulesProfileSerializer
    filterset_class = RulesProfileFilter
    http_method_names = ("get", "post", "patch", "head", "options")
