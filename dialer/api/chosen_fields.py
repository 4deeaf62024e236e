"""The query parameter ``fields``: a reply with these fields only; what is not asked for is not computed either."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from dialer.api.strict import unknown_name

FIELDS = "fields"


def narrowed(serializer: Any, *, request: Request) -> Any:
    """Return the serializer of a reply with the fields that are asked for, separated by commas; all when none are.

    Raises ValidationError naming unknown ones.
    """
    if request.method not in ("GET", "HEAD") or FIELDS not in request.query_params:
        return serializer
    one: serializers.Serializer[Any] = getattr(serializer, "child", serializer)
    asked = [name.strip() for name in request.query_params[FIELDS].split(",")]
    unknown = [unknown_name(name, one.fields.keys()) for name in asked if name not in one.fields]
    if unknown:
        raise ValidationError({FIELDS: unknown})
    for name in set(one.fields) - set(asked):
        del one.fields[name]
    return serializer
