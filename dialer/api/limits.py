"""What a limited key reaches: only views that say by which column, and of those only what its limits cover."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import models
from django.db.models import QuerySet
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from dialer.keys.scopes import limits
from dialer.models import ApiKey

M = TypeVar("M", bound=models.Model)

#: Making, changing and deleting can name anything in its body, so these are not for limited keys.
NOT_LIMITED = ("create", "partial_update", "update", "destroy")


def limits_of(request: Request) -> dict[str, list[int]]:
    """Return the limits of the key that a request came with; none where it came otherwise."""
    return dict(request.auth.limits) if isinstance(request.auth, ApiKey) else {}


def refuse_unlimited(request: Request, *, columns: Mapping[str, str], action: str | None) -> None:
    """Raise PermissionDenied where a limited key asks for what cannot be limited."""
    held = limits_of(request)
    if held and (not set(held) & set(columns) or action in NOT_LIMITED):
        kinds = ", ".join(f"certain {kind}" for kind in held)
        raise PermissionDenied(f"This key is limited to {kinds}: this needs a key without limits.")


def within(request: Request, rows: QuerySet[M, Any], *, columns: Mapping[str, str]) -> QuerySet[M, Any]:
    """Return those of ``rows`` that the key's limits cover, each by the column of its kind."""
    for kind, ids in limits_of(request).items():
        if kind in columns:
            rows = rows.filter(**{f"{columns[kind]}__in": limits()[kind].covered(ids)})
    return rows
