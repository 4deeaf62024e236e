"""Filters that several apps use."""

from __future__ import annotations

import re
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet

ISO_8601 = "ISO 8601 with an offset; without one it is UTC."


class NumberFilter(django_filters.CharFilter):
    """A whole number in E.164 form. A plus in a query string arrives as a space, so the plus may be missing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", "A whole number with country code, e.g. %2B919812345678 or 919812345678.")
        super().__init__(*args, **kwargs)

    def filter(self, qs: QuerySet[Any], value: str | None) -> QuerySet[Any]:
        """Return the rows with this number."""
        if not value:
            return qs
        return qs.filter(**{str(self.field_name): "+" + re.sub(r"\D", "", value)})


class IdFilter(django_filters.NumberFilter):
    """The id of another object; one that does not exist finds nothing."""

    field_class = forms.IntegerField  # type: ignore[assignment]

    def get_max_validator(self) -> None:
        """Return no validator: a larger id is simply not there."""


def since(field: str, *, text: str) -> django_filters.Filter:
    """Return the filter for instants at or after one."""
    text = f"{text} at or after this instant. {ISO_8601}"
    return django_filters.IsoDateTimeFilter(field_name=field, lookup_expr="gte", help_text=text)


def before(field: str, *, text: str) -> django_filters.Filter:
    """Return the filter for instants before one."""
    text = f"{text} before this instant. {ISO_8601}"
    return django_filters.IsoDateTimeFilter(field_name=field, lookup_expr="lt", help_text=text)
