"""JSON fields that show what a row holds, also what no form let in, so that it can be mended."""

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


class CountryCodeField(serializers.CharField):
    """A country by its two letters, in any case."""

    def to_internal_value(self, data: Any) -> str:
        """Return the code in capitals."""
        return str(super().to_internal_value(data)).upper()
