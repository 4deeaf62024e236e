"""A time filter for tables of millions of rows that are written in the order of time, without an index on the time."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.db import connection
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import RangeDateTimeFilter as UnfoldRangeDateTimeFilter
from unfold.contrib.filters.forms import RangeDateTimeForm

from dialer import reader

if TYPE_CHECKING:
    from django.contrib.admin import FieldListFilter as _Range
else:
    _Range = UnfoldRangeDateTimeFilter

# Transactions commit a little out of order; the exact times are compared as well.
SLACK = timedelta(minutes=10)

# Halve the ids until the first row at or after the instant is found: some twenty look-ups by primary key.
_FIRST_ID = """
WITH RECURSIVE halving(low, high) AS (
    SELECT (SELECT min(id) FROM {table}), (SELECT max(id) + 1 FROM {table})
    UNION ALL
    SELECT CASE WHEN found.at >= %(at)s THEN halving.low ELSE middle.id + 1 END,
           CASE WHEN found.at >= %(at)s THEN middle.id ELSE halving.high END
    FROM halving,
         LATERAL (SELECT (halving.low + halving.high) / 2 AS id) AS middle,
         LATERAL (SELECT {column} AS at FROM {table} WHERE id >= middle.id ORDER BY id LIMIT 1) AS found
    WHERE halving.low < halving.high
)
SELECT low FROM halving WHERE low >= high LIMIT 1
"""


def first_id(*, model: type[Model], column: str, at: datetime) -> int | None:
    """Return about the first id of ``model`` whose ``column`` is at or after ``at``; None in an empty table."""
    quote = connection.ops.quote_name
    statement = _FIRST_ID.format(table=quote(model._meta.db_table), column=quote(column))
    with connection.cursor() as cursor:
        cursor.execute(statement, {"at": at})
        row = cursor.fetchone()
    return int(row[0]) if row and row[0] is not None else None


class _Form(RangeDateTimeForm):  # type: ignore[misc]
    """From and until, and the zone that both are of: who gets the address of the list sees the same rows."""

    def __init__(self, name: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(name, *args, **kwargs)
        self.fields[f"{name}_zone"] = forms.CharField(required=False, widget=forms.HiddenInput())


class TimeRange(_Range):
    """From and until, by the reader's clock, or that which the address names; an address without one means UTC.

    Also narrows the ids, so that PostgreSQL does not read from the newest row on.
    """

    title: Any
    field_path: str
    used_parameters: dict[str, Any]

    def __init__(
        self, field: Any, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any, field_path: str
    ) -> None:
        given = params.pop(f"{field_path}_zone", "")
        super().__init__(field, request, params, model, model_admin, field_path)
        self._zone = _zone_or_utc(str(given[0] if isinstance(given, list) else given))
        self.title = f"{self.title} ({reader.letters(timezone.now())})"

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Give the inputs, filled by the reader's clock."""
        shown_in, name = _zone_or_utc(reader.zone()), self.field_path
        data = {f"{name}_zone": reader.zone() or "UTC"}
        for end in ("from", "to"):
            at = self._instant(end)
            if at is not None:
                wall = at.astimezone(shown_in)
                data |= {f"{name}_{end}_0": f"{wall:%Y-%m-%d}", f"{name}_{end}_1": f"{wall:%H:%M:%S}"}
        yield {"parameter_name": name, "form": _Form(name=name, data=data)}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Apply what was entered; a time alone is ignored, a date alone is its midnight."""
        since, until = self._instant("from"), self._instant("to")
        if since:
            queryset = queryset.filter(**{f"{self.field_path}__gte": since})
            low = first_id(model=queryset.model, column=self.field_path, at=since - SLACK)
            queryset = queryset.filter(pk__gte=low) if low is not None else queryset
        if until:
            queryset = queryset.filter(**{f"{self.field_path}__lte": until})
            high = first_id(model=queryset.model, column=self.field_path, at=until + SLACK)
            queryset = queryset.filter(pk__lte=high) if high is not None else queryset
        return queryset

    def _instant(self, end: str) -> datetime | None:
        date = self._given(f"{end}_0")
        time = self._given(f"{end}_1") or "00:00:00"
        try:
            return datetime.fromisoformat(f"{date} {time}").replace(tzinfo=self._zone)
        except ValueError:
            return None

    def _given(self, part: str) -> str:
        value = self.used_parameters.get(f"{self.field_path}_{part}") or ""
        return str(value[0] if isinstance(value, list) else value)


def _zone_or_utc(name: str) -> zoneinfo.ZoneInfo:
    return zoneinfo.ZoneInfo(name if name in zoneinfo.available_timezones() else "UTC")
