"""Filters that several apps use."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from rest_framework.exceptions import ValidationError

from dialer.accounts.regions import did_regions
from dialer.numbering.readings import searched

ISO_8601 = "ISO 8601 with an offset; without one it is UTC."


#: What a number that is not found as it is typed has to be written as.
WHOLE = "Give a whole number: with country code, e.g. %2B919812345678 or 919812345678, or as at home in {}."


class NumberFilter(django_filters.CharFilter):
    """A whole number in any spelling. A plus in a query string arrives as a space, so the plus may be missing.

    ``regions`` gives the countries whose numbers may be written without a country code.
    """

    def __init__(self, *args: Any, regions: Callable[[], Collection[str]] = did_regions, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", WHOLE.format("a country in use"))
        super().__init__(*args, **kwargs)
        self.regions = regions

    def filter(self, qs: QuerySet[Any], value: str | None) -> QuerySet[Any]:
        """Return the rows with this number. Raises ValidationError saying what to write where it is none."""
        if not value:
            return qs
        regions = self.regions()
        numbers = searched(value, regions=regions)
        if not numbers:
            raise ValidationError({str(self.field_name): WHOLE.format(", ".join(regions) or "a country in use")})
        return qs.filter(**{f"{self.field_name}__in": numbers})


class IdFilter(django_filters.NumberFilter):
    """The id of another object; one that does not exist finds nothing."""

    field_class = forms.IntegerField  # type: ignore[assignment]

    def get_max_validator(self) -> None:
        """Return no validator: a larger id is simply not there."""


class IdsFilter(django_filters.BaseInFilter, IdFilter):
    """The ids of rows, separated by commas."""


def since(field: str, *, text: str) -> django_filters.Filter:
    """Return the filter for instants at or after one."""
    text = f"{text} at or after this instant. {ISO_8601}"
    return django_filters.IsoDateTimeFilter(field_name=field, lookup_expr="gte", help_text=text)


def before(field: str, *, text: str) -> django_filters.Filter:
    """Return the filter for instants before one."""
    text = f"{text} before this instant. {ISO_8601}"
    return django_filters.IsoDateTimeFilter(field_name=field, lookup_expr="lt", help_text=text)
