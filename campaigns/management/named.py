"""Finds the campaigns and lists that a command was given by name or id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandError
from django.db.models import Model


def named(given: Sequence[str], *, model: type[Model]) -> list[Any]:
    """Return the rows with these names or ids, in their order. Raises CommandError for one that is not there."""
    return [_one(name, model) for name in given]


def _one(given: str, model: type[Model]) -> Any:
    rows: Any = model._default_manager
    found = rows.filter(name=given).first()
    if found is None and given.isdecimal() and len(given) < 19:
        found = rows.filter(pk=int(given)).first()
    if found is None:
        raise CommandError(f"There is no {model._meta.verbose_name} {given!r}.")
    return found
