"""Pages of rows that come by the hundred thousand at once, in the order of their ids: looked for near where they begin.

A filter's rows are gathered and sorted for each page where no index has them in this order. Of what has just come that
is all of them, as statistics do not know how many there are; and these are the rows nearest to the page's beginning.
"""

from __future__ import annotations

from typing import TypeVar

from django.db import models
from django.db.models import QuerySet

from dialer.sql import reading_in_order

M = TypeVar("M", bound=models.Model)

#: So many rows are gone through, some milliseconds, before a filter's rows are gathered.
NEAR = 10_000


def near(rows: QuerySet[M], *, begins_at: int | None, upwards: bool) -> QuerySet[M] | None:
    """Return those of ``rows`` that are near the id at which a page begins; None where nobody knows which it is.

    ``begins_at``: None for the end of the table, from which a page of rows goes down. ``upwards``: to higher ids. Asked
    while sorting is off, as is what it returns.
    """
    if upwards and begins_at is None:
        return None
    # Ids have gaps, where what is there already was to be added again: the rows are counted.
    table = rows.model._default_manager.order_by("pk" if upwards else "-pk")
    if begins_at is not None:
        table = table.filter(pk__gt=begins_at) if upwards else table.filter(pk__lt=begins_at)
    ends = list(table.values_list("pk", flat=True)[NEAR : NEAR + 1])
    if not ends:
        return rows
    return rows.filter(pk__lte=ends[0]) if upwards else rows.filter(pk__gte=ends[0])


def newest_page(rows: QuerySet[M], *, first: int, most: int) -> list[M] | None:
    """Return a page of ``rows``, newest first, if all of it is near the newest; None where it is not."""
    if first + most > NEAR:
        return None
    with reading_in_order():
        found = near(rows, begins_at=None, upwards=False)
        page = list(found[first : first + most]) if found is not None else []
    return page if len(page) == most else None
