"""Serializers that refuse what the admin refuses: the model's own ``clean()`` and constraints are run before saving."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

from django.core.exceptions import ValidationError as ModelValidationError
from django.db import models, transaction
from rest_framework import serializers
from rest_framework.settings import api_settings

from dialer.api.flattening import flatten_model_error
from dialer.api.strict import StrictSerializer
from dialer.audit.changes import many_of, values_of
from dialer.audit.rows import row_added, row_changed
from dialer.kept_rows import judge_now

M = TypeVar("M", bound=models.Model)


class CleanedModelSerializer(StrictSerializer, serializers.ModelSerializer[M]):
    """A ModelSerializer that runs ``full_clean()`` on what would be saved, and saves only what was sent."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return ``attrs``. Raises serializers.ValidationError with every problem that the model finds."""
        attrs = super().validate(attrs)
        try:
            self.candidate(attrs).full_clean()
        except ModelValidationError as error:
            problems: dict[str, list[str]] = {}
            for found in flatten_model_error(error):
                problems.setdefault(found.field or api_settings.NON_FIELD_ERRORS_KEY, []).append(found.message)
            raise serializers.ValidationError(problems) from error
        return attrs

    def candidate(self, attrs: dict[str, Any]) -> M:
        """Return an unsaved copy of what would be saved, without many-to-many values."""
        model: type[M] = self.Meta.model
        candidate = copy.copy(self.instance) if isinstance(self.instance, model) else model()
        for field in model._meta.concrete_fields:
            if field.name in attrs:
                setattr(candidate, field.name, attrs[field.name])
        return candidate

    @transaction.atomic
    def create(self, validated_data: Any) -> M:
        """Create the object and its many-to-many rows together."""
        row = super().create(validated_data)
        row_added(row)
        return row

    @transaction.atomic
    def update(self, instance: M, validated_data: Any) -> M:
        """Save the fields that were sent and no other: a state that changed meanwhile is not written back."""
        before = values_of(instance) | many_of(instance)
        many = {field.name for field in instance._meta.many_to_many}
        sent = [name for name in validated_data if name not in many]
        for name in sent:
            setattr(instance, name, validated_data[name])
        stamps = [field.name for field in instance._meta.concrete_fields if getattr(field, "auto_now", False)]
        instance.save(update_fields=[*sent, *stamps])
        for name in many & validated_data.keys():
            getattr(instance, name).set(validated_data[name])
        judge_now()
        row_changed(instance, before=before)
        return instance
