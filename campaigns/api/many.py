"""One act on many: those that a filter finds, counted first. What is confirmed is never more than what was counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import django_filters
from django.db.models import Model, QuerySet
from django.http import QueryDict
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from dialer.acts import Act
from dialer.api.errors import Conflict
from dialer.api.queries import odd_values
from dialer.api.strict import StrictSerializer

#: So many at once, as their locks are held until all are done.
MOST = 10_000


Method = TypeVar("Method", bound=Callable[..., Response])


def on_many(*, act: Act, path: str, in_one_transaction: bool = False) -> Callable[[Method], Method]:
    """Return the decorator of an act on many: a POST below the address of their list."""
    decorator: Any = action(
        detail=False,
        methods=["post"],
        act=act,
        url_path=path,
        url_name=f"{path}-many",
        in_one_transaction=in_one_transaction,
    )
    return decorator  # type: ignore[no-any-return]


class ManySerializer(StrictSerializer):
    """Which ones, and how many that were when they were counted."""

    filter = serializers.DictField(
        child=serializers.JSONField(),
        allow_empty=False,
        help_text='As in the query of the list, e.g. {"campaign": 7, "state": ["PENDING"]}; not empty.',
    )
    dry_run = serializers.BooleanField(default=False, help_text="Count only: nothing is done.")
    count = serializers.IntegerField(
        required=False,
        min_value=0,
        help_text="As the dry run counted. Where more are found by now, nothing is done (409 `more_than_counted`).",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return ``attrs``. Raises ValidationError where nothing was counted before."""
        if not attrs["dry_run"] and "count" not in attrs:
            raise ValidationError({"count": "Send it with `dry_run` first, and then the count that it answers."})
        return attrs


class DoneSerializer(serializers.Serializer[Any]):
    """What was found, and done."""

    count = serializers.IntegerField(help_text="How many it concerns; what to send as `count`.")
    done = serializers.IntegerField(help_text="How many it was done to; 0 after a dry run.")


def found_by(filterset: type[django_filters.FilterSet], rows: QuerySet[Any], asked: Mapping[str, Any]) -> QuerySet[Any]:
    """Return those of ``rows`` that a filter of a body finds. Raises ValidationError naming what is wrong in it."""
    data = QueryDict(mutable=True)
    for name, value in asked.items():
        texts = [_as_text(one) for one in (value if isinstance(value, list) else [value])]
        joined = isinstance(filterset.base_filters.get(name), django_filters.BaseCSVFilter)
        data.setlist(name, [",".join(texts)] if joined else texts)
    problems = odd_values(data, known=filterset.base_filters, filters=filterset.base_filters)
    if problems:
        raise ValidationError({"filter": problems})
    filtered = filterset(data=data, queryset=rows)
    if not filtered.is_valid():
        raise ValidationError({"filter": filtered.errors})
    try:
        found: QuerySet[Any] = filtered.qs
    except ValidationError as error:  # by a filter that looks values up, as that of numbers
        raise ValidationError({"filter": error.detail}) from error
    return found


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def counted(rows: QuerySet[Any], wanted: Mapping[str, Any], *, most: int = MOST) -> list[Any]:
    """Return the ids to act on, none for a dry run. Raises Conflict and ValidationError where that must not be."""
    if wanted["dry_run"]:
        return []
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[: max(most, wanted["count"]) + 1])
    if len(ids) > wanted["count"]:
        problem = f"More than {wanted['count']} are found by now: count them again. Nothing was done."
        raise Conflict(code="more_than_counted", problems=[problem])
    if len(ids) > most:
        raise ValidationError({"filter": f"At most {most} at once: narrow it."})
    return ids


def count_of(rows: QuerySet[Model]) -> int:
    """Return how many rows there are."""
    return rows.order_by().count()
