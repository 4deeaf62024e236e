"""Finds the campaigns, lists and sources that a command was given by name or id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandError
from django.db.models import Model


def named(given: Sequence[str], *, model: type[Model]) -> list[Any]:
    """Return the rows with these names or ids, in their order. Raises CommandError for one that is not there."""
    return [one_named(name, model=model) for name in given]


def one_named(given: str, *, model: type[Model], cure: str = "") -> Any:
    """Return the row with this name or id. Raises CommandError, with what to do about it, where there is none."""
    found = found_named(given, model=model)
    if found is None:
        raise CommandError(f"There is no {model._meta.verbose_name} {given!r}{cure}.")
    return found


def found_named(given: str, *, model: type[Model]) -> Any:
    """Return the row with this name, else with this id, else None."""
    rows: Any = model._default_manager
    found = rows.filter(name=given).first()
    if found is None and given.isdecimal() and len(given) < 19:
        found = rows.filter(pk=int(given)).first()
    return found
