"""What the admin pages share: read-only tables, tables of millions of rows, search by a whole number."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.contrib.admin.utils import unquote
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from dialer.admin.typed import ChangeList, EndlessPaginator, ModelAdmin
from dialer.near import newest_page
from dialer.numbering.readings import searched

if TYPE_CHECKING:
    _Admin = ModelAdmin[Any]
else:
    _Admin = object

#: Pages beyond this one are not shown: PostgreSQL would read every row before them. Filters lead there faster.
LAST_PAGE = 500
#: Of what uses a row, so many are named.
NAMED = 10
#: A page of a big table that takes longer is given up: another search finds the same sooner.
PATIENCE_SECONDS = 5


class NoCountPaginator(EndlessPaginator):
    """Pages without COUNT(*), which reads a whole index: seconds on millions of rows."""

    #: Its count is none, and is nowhere said.
    is_endless: ClassVar[bool] = True

    @property
    def num_pages(self) -> int:
        """The last page that may be asked for."""
        return LAST_PAGE


class BigChangeList(ChangeList):
    """A list that does not say how many rows there are, as nobody counted."""

    def get_results(self, request: HttpRequest) -> None:
        """Read one page."""
        super().get_results(request)
        self.full_result_count = self.result_count
        if getattr(self.model_admin, "comes_at_once", False) and not self.query:
            most = self.list_per_page
            page = newest_page(self.queryset, first=(self.page_num - 1) * most, most=most)
            self.result_list = self.result_list if page is None else page


class BigTable(_Admin):
    """Mixin of tables with millions of rows: no counts, no actions over everything, newest first by id."""

    paginator: ClassVar[Any] = NoCountPaginator
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 50
    ordering = ("-id",)
    sortable_by = ()
    show_facets = ShowFacets.NEVER  # facets count every choice
    #: Whether rows come by the hundred thousand at once: pages of them are looked for as ``dialer.near`` says.
    comes_at_once: ClassVar[bool] = False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Use the list that does not count."""
        return BigChangeList

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show a page, or say how to narrow the search when PostgreSQL would read too much for it."""
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{PATIENCE_SECONDS}s"])
                response = super().changelist_view(request, extra_context)
                return response.render() if isinstance(response, TemplateResponse) else response
        except OperationalError as error:
            if "statement timeout" not in str(error) or not request.GET:
                raise
        messages.error(request, "This search reads too much. Add a campaign, a time or a whole number to it.")
        return HttpResponseRedirect(request.path)


class ReadOnly(_Admin):
    """Mixin of tables that the dialer alone writes: people look, nobody adds, changes or deletes."""

    actions: Any = None

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False


class NumberSearch(_Admin):
    """Mixin of a search by whole number, or by ``#id``: an index answers, at any size of the table."""

    search_fields = ("number",)
    search_help_text = "Whole number, or #id"

    def search_regions(self) -> tuple[str, ...]:
        """Return the countries whose numbers may be typed without a country code."""
        return ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find by equality alone."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if re.fullmatch(r"#\d{1,18}", term):
            return queryset.filter(pk=int(term[1:])), False
        numbers = searched(term, regions=self.search_regions())
        return (queryset.filter(number__in=numbers) if numbers else self.search_otherwise(queryset, term)), False

    def search_otherwise(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        """Return what ``term`` finds when it is no number; here nothing."""
        return queryset.none()


class NoBulkDelete(_Admin):
    """Mixin of rows that others hang on: deleted one by one, and only while nothing hangs on them.

    Django's confirmation reads every row that would go too, or that forbids it: millions, for a list or an account.
    """

    actions: Any = None

    def is_unused(self, obj: Any) -> bool:
        """Return whether nothing hangs on ``obj``."""
        raise NotImplementedError

    def users_of(self, obj: Any) -> list[str]:
        """Return the names of what uses ``obj``, where there is more to say than that it is used."""
        return []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse while something hangs on it."""
        return super().has_delete_permission(request, obj) and (obj is None or self.is_unused(obj))

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Delete it; what is used stays, and those who might delete it otherwise are told by what."""
        obj = self.get_object(request, unquote(object_id))
        if obj is None or not super().has_delete_permission(request, obj) or self.is_unused(obj):
            return super().delete_view(request, object_id, extra_context)
        users = self.users_of(obj)
        named = f" by {', '.join(users[:NAMED])}{' and others' if len(users) > NAMED else ''}" if users else ""
        messages.error(request, f"{obj} is used{named}, so it stays. Nothing was changed.")
        page = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return HttpResponseRedirect(reverse(page, args=[object_id]))
