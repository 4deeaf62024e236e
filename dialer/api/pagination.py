"""One way of paging for every list: by id, newest first, steady while rows are added, and without counting."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.views import APIView

from dialer.near import near
from dialer.sql import reading_in_order


class ById(CursorPagination):
    """Pages of 100, up to 1,000 with ``page_size``; ``next`` and ``previous`` are whole URLs, or null at the ends.

    ``ordering=id`` goes from the oldest to the newest. A page shows the rows there are: one whose id is lower and whose
    transaction ends later is not met by who goes on from a last cursor. The feed, ``GET /results/``, skips nothing.
    """

    page_size = 100
    max_page_size = 1000
    page_size_query_param = "page_size"
    ordering = "-id"
    cursor_query_description = "Where the page starts: take it from `next` or `previous`, never make one."
    page_size_query_description = "Rows of a page: 1 to 1,000, 100 when not given."

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        """Return one page; of rows that come by the hundred thousand at once it is looked for near its beginning."""
        page = self._near_page(queryset, request, view) if self._comes_at_once(request, view) else None
        return page if page is not None else super().paginate_queryset(queryset, request, view)

    def _near_page(self, queryset: QuerySet[Any], request: Request, view: Any) -> list[Any] | None:
        """Return a page if all of it is near its beginning, None where it is not."""
        cursor = self.decode_cursor(request)
        is_backward = cursor is not None and bool(cursor.reverse)
        upwards = (self.get_ordering(request, queryset, view)[0] == "id") != is_backward
        begins_at = int(cursor.position) if cursor is not None and cursor.position is not None else None
        if begins_at is None and (upwards or is_backward):
            return None
        with reading_in_order():
            found = near(queryset, begins_at=begins_at, upwards=upwards)
            page = super().paginate_queryset(found, request, view) if found is not None else None
        is_whole = page is not None and (self.has_previous if is_backward else self.has_next)
        return page if is_whole else None

    def _comes_at_once(self, request: Request, view: Any) -> bool:
        """Return whether its rows come by the hundred thousand at once, and no filter finds a few of them."""
        few_by = self.few_by(view)
        return few_by is not None and not any(name in request.query_params for name in few_by)

    def few_by(self, view: Any) -> Collection[str] | None:
        """Return the filters that find a few rows by an index; None: rows do not come by the hundred thousand."""
        names: Collection[str] | None = getattr(view, "few_by", None)
        return names

    def get_page_size(self, request: Request) -> int:
        """Return how many rows a page has. Raises ValidationError for what is no number from 1 to 1,000."""
        given = request.query_params.get(self.page_size_query_param, str(self.page_size))
        if not (given.isascii() and given.isdigit() and len(given) < 6 and 1 <= int(given) <= self.max_page_size):
            raise ValidationError({"page_size": f"Must be from 1 to {self.max_page_size}."})
        return int(given)

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: APIView) -> tuple[str, ...]:
        """Return ``id`` or ``-id``. Raises ValidationError for any other."""
        # The class's: a page that was looked for before has put its own in its place.
        ordering = request.query_params.get("ordering", type(self).ordering)
        if ordering not in ("id", "-id"):
            raise ValidationError({"ordering": "Must be `id` (oldest first) or `-id` (newest first)."})
        return (ordering,)

    def decode_cursor(self, request: Request) -> Cursor | None:
        """Return the cursor. Raises NotFound for one that this API did not make."""
        cursor = super().decode_cursor(request)
        if cursor is not None and not _is_ours(cursor):
            raise NotFound(self.invalid_cursor_message)
        return cursor

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        """Return the query parameters of a page."""
        ordering = {
            "name": "ordering",
            "required": False,
            "in": "query",
            "description": "`-id`: newest first. `id`: oldest first. To pull what is new, read `GET /results/`.",
            "schema": {"type": "string", "enum": ["-id", "id"], "default": self.ordering},
        }
        return [*super().get_schema_operation_parameters(view), ordering]


def _is_ours(cursor: Cursor) -> bool:
    """Return whether a cursor stands at an id, or before the very end when it goes backwards."""
    if cursor.position is None:
        return bool(cursor.reverse)
    position = str(cursor.position)
    return position.isascii() and position.isdigit() and len(position) < 19


class ByRow(ById):
    """The same, oldest first unless asked otherwise: the rows of an upload, in the order of the file."""

    ordering = "id"

    def few_by(self, view: Any) -> Collection[str] | None:
        """Return that none does."""
        return ()
