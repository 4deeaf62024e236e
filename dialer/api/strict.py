"""Nothing that is sent is ignored: names that are unknown, or not to be set, are refused with the nearest known one."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils.datastructures import MultiValueDict
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.settings import api_settings

from dialer.wall_clocks import LAST_INSTANT, TOO_LATE

#: How like a known name an unknown one must be to be taken for a slip of it, 0 to 1.
LIKE = 0.6
TWICE = "This can be given once only."
#: Fields that take all values of a name in a query or a form.
_OF_MANY = (serializers.ListField, serializers.MultipleChoiceField, serializers.ListSerializer)


def unknown_name(name: str, known: Collection[str], *, what: str = "field") -> str:
    """Return the sentence that refuses ``name``: with the nearest of ``known``, or all where none is near."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=LIKE)
    if near:
        return f"There is no such {what}; did you mean `{near[0]}`?"
    return f"There is no such {what}; known are: {', '.join(sorted(known)) or 'none'}."


def given_twice(data: MultiValueDict[str, Any]) -> set[str]:
    """Return the names in a query or a form that have several values."""
    return {name for name in data if len(data.getlist(name)) > 1}


class StrictSerializer(serializers.Serializer[Any]):
    """Base of every serializer of a body or a query: unknown names are refused, at any depth.

    A field that is read only is taken where it says what is there already, as when a whole object is sent back.
    """

    def to_internal_value(self, data: Any) -> Any:
        """Return the values. Raises ValidationError naming unknown fields beside what is wrong with the known ones."""
        problems = (self._unasked(data) | self._twice(data)) if isinstance(data, Mapping) else {}
        try:
            value = super().to_internal_value(data)
        except ValidationError as error:
            detail = error.detail
            found = detail if isinstance(detail, dict) else {api_settings.NON_FIELD_ERRORS_KEY: detail}
            raise ValidationError({**found, **problems}) from error
        if isinstance(value, Mapping):
            problems |= {
                name: [TOO_LATE] for name, one in value.items() if isinstance(one, datetime) and one > LAST_INSTANT
            }
        if problems:
            raise ValidationError(problems)
        return value

    def _twice(self, data: Mapping[str, Any]) -> dict[str, Any]:
        if not isinstance(data, MultiValueDict):
            return {}
        many = {name for name, field in self.fields.items() if isinstance(field, _OF_MANY)}
        return {name: [TWICE] for name in given_twice(data) - many}

    def _unasked(self, data: Mapping[str, Any]) -> dict[str, Any]:
        writable = {name for name, field in self.fields.items() if not field.read_only}
        problems: dict[str, Any] = {
            str(name): [unknown_name(str(name), writable)] for name in data if name not in self.fields
        }
        kept = [name for name in data if name in self.fields and name not in writable]
        if kept:
            problems |= self._changed(data, kept)
        return problems

    def _changed(self, data: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
        """Return a sentence for each read-only field that is sent with another value than it has."""
        there: Mapping[str, Any] = {}
        if self.instance is not None:
            # What is shown of it, not what the reply to a change adds: so without the view.
            context = {name: value for name, value in self.context.items() if name != "view"}
            there = type(self)(self.instance, context=context).data
        return {
            name: ["This is not to be set: it says what is, and is something else."]
            for name in names
            if name not in there or _plain(there[name]) != _plain(data[name])
        }


def _plain(value: Any) -> Any:
    """Return a value of a reply as JSON has it: instants as their text, decimals as sent."""
    return str(value) if not isinstance(value, dict | list | bool | int | float | type(None)) else value
