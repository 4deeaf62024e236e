"""JSON that is entered in the admin: refused where it is nested deeper than any page could show it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput

from dialer.json_limits import TOO_DEEP, is_too_deep


class ShallowJSONField(forms.JSONField):
    """Django's, which reads no text before its depth is known."""

    def to_python(self, value: Any) -> Any:
        """Return what is entered. Raises ValidationError."""
        if _is_deep(value):
            raise ValidationError(TOO_DEEP, code="too_deep")
        return super().to_python(value)

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Return what the form shows again."""
        return InvalidJSONInput(data) if _is_deep(data) else super().bound_data(data, initial)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether something else was entered."""
        return _is_deep(data) or bool(super().has_changed(initial, data))


def _is_deep(value: Any) -> bool:
    return isinstance(value, str) and is_too_deep(value)
