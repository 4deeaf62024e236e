"""JSON fields that show whatever a row holds: one that no form let in is shown as it is, for whoever mends it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class StoredDictField(serializers.DictField):
    """A JSON object."""

    def to_representation(self, value: Any) -> Any:
        """Return the object, or the stored value where it is something else."""
        try:
            return super().to_representation(value)
        except (AttributeError, TypeError, ValueError):
            return value


class StoredListField(serializers.ListField):
    """A JSON list."""

    def to_representation(self, data: Any) -> Any:
        """Return the list, or the stored value where it is something else."""
        try:
            return super().to_representation(data)
        except (AttributeError, TypeError, ValueError):
            return data
