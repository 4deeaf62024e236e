"""Query parameters: each is known, has a value, and is given once. A misspelt filter must not return everything."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import django_filters
from django.http import QueryDict
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from dialer.api.strict import TWICE, unknown_name

EMPTY = "An empty value says nothing: give one, or leave the parameter out."
BOOLEANS = ("true", "false", "True", "False")


def refuse_odd(request: Request, *, known: Collection[str], filters: Mapping[str, Any]) -> None:
    """Raise ValidationError for parameters that are unknown, empty, or given twice where one value counts.

    ``filters`` are those of django-filter among ``known``, by name.
    """
    problems = odd_values(request.query_params, known=known, filters=filters)
    if problems:
        raise ValidationError(problems)


def odd_values(given: QueryDict, *, known: Collection[str], filters: Mapping[str, Any]) -> dict[str, str]:
    """Return a sentence for each parameter that is unknown, empty, or given twice where one value counts."""
    problems = {name: _problem(given.getlist(name), filters.get(name)) for name in given if name in known}
    problems |= {name: unknown_name(name, known, what="parameter") for name in given if name not in known}
    return {name: problem for name, problem in problems.items() if problem}


def _problem(values: list[str], asked: Any) -> str:
    if not values or not all(values):
        return EMPTY
    if isinstance(asked, django_filters.MultipleChoiceFilter):
        return ""
    if len(values) > 1:
        return TWICE
    if isinstance(asked, django_filters.BooleanFilter) and values[0] not in BOOLEANS:
        return "Must be `true` or `false`."
    return ""
