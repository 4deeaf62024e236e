"""Which look-ups the address of a list may carry: those of its filters. Django's default takes every local field.

A list tells by its rows whether a look-up is true: `?push_token__regex=^a` reads out what no page shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from django.contrib.admin import ListFilter
from django.db import models
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Admin = ModelAdmin[Any]
else:
    _Admin = object

#: What filters ask of a field. None of them reads a value letter by letter.
SUFFIXES = frozenset({"", "exact", "isnull", "in", "range"})
#: What a drill-down by date asks besides.
DATE_SUFFIXES = frozenset({"year", "month", "day", "gte", "lt"})

#: Inputs of a filter by a range: two of a number, or date and time of each, and their zone.
RANGE_INPUTS = ("from", "to", "from_0", "from_1", "to_0", "to_1", "zone")


class NamedLookups(_Admin):
    """Mixin of every list: a look-up that no filter names is refused with HTTP 400."""

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Return whether a filter of this list may ask this."""
        own, fields = split(self.get_list_filter(request))
        if lookup in own or lookup in {f"{name}_{end}" for name in fields for end in RANGE_INPUTS}:
            return True
        if any(asks(self.model, field=name, lookup=lookup, suffixes=SUFFIXES) for name in fields):
            return True
        dates = self.date_hierarchy
        return bool(dates) and asks(self.model, field=str(dates), lookup=lookup, suffixes=DATE_SUFFIXES)


def split(filters: Iterable[Any]) -> tuple[set[str], set[str]]:
    """Return the names that filters of their own kind listen to, and the fields that the others filter."""
    own: set[str] = set()
    fields: set[str] = set()
    for one in filters:
        if isinstance(one, type) and issubclass(one, ListFilter):
            own.add(str(getattr(one, "parameter_name", "")))
        else:
            fields.add(one if isinstance(one, str) else one[0])
    return own - {""}, fields


def asks(model: type[models.Model], *, field: str, lookup: str, suffixes: frozenset[str]) -> bool:
    """Return whether ``lookup`` asks one of ``suffixes`` of ``field``, or of the key of the row that it leads to."""
    return any(
        lookup == (f"{name}{LOOKUP_SEP}{suffix}" if suffix else name)
        for name in _names(model, field)
        for suffix in suffixes
    )


def _names(model: type[models.Model], field: str) -> Iterator[str]:
    """Give the field's name and, of a relation, the name of the key at its end."""
    yield field
    for part in field.split(LOOKUP_SEP):
        found = model._meta.get_field(part)
        if isinstance(found.related_model, type):
            model = found.related_model
    if found.is_relation:
        yield f"{field}{LOOKUP_SEP}{model._meta.pk.name}"
