"""The result of an upload: the sums, the rows that became no contact and why, and the report to download."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from campaigns.acts import ADD_CAMPAIGNS, CANCEL_IMPORT, SEE_IMPORTS, UPLOAD
from campaigns.admin.columns import columns_urls
from campaigns.importing import cancel_import, refusal_report
from campaigns.importing.canceling import NOT_OVER
from campaigns.importing.reading import said
from campaigns.importing.reporting import Only, grouped
from campaigns.models import ContactImport, ImportState
from dialer.admin.accesses import reader_of
from dialer.admin.base import BigTable, ReadOnly
from dialer.admin.ruled import own_view
from dialer.admin.typed import ModelAdmin, display

TONES = {
    **dict.fromkeys(("CHOOSING", "QUEUED", "RUNNING"), "info"),
    "DONE": "success",
    "FAILED": "danger",
    "CANCELED": "warning",
}
REFUSALS_PER_PAGE = 50
FILES = {None: "refused-rows", Only.MEND: "rows-to-mend", Only.DUPLICATES: "duplicates"}


class RefusalPages(Paginator):  # type: ignore[type-arg]
    """Pages over refused rows whose number the import knows already."""

    def __init__(self, *args: Any, rows: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.count = rows


@admin.register(ContactImport)
class ContactImportAdmin(ReadOnly, BigTable, ModelAdmin[ContactImport]):
    """Uploads."""

    empty_hint = "Files are uploaded on the page of a contact list."
    list_display = (
        "file",
        "contact_list",
        "state_label",
        "rows_total",
        "rows_accepted",
        "rows_duplicate",
        "rows_refused",
        "created_at",
    )
    list_filter = (("contact_list", AutocompleteSelectFilter), ("state", ChoicesDropdownFilter))
    list_select_related = ("contact_list",)
    fields = ("contact_list", "file_name", "state", "created_at", "started_at", "ended_at")
    change_form_outer_before_template = "admin/campaigns/import_result.html"
    change_form_outer_after_template = "admin/campaigns/import_refusals.html"

    class Media:
        js = ("campaigns/panel.js",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Say of one that was only tried that it was; of any other the words would say that nothing came of it."""
        return (*self.fields, "is_dry_run") if obj is not None and obj.is_dry_run else self.fields

    @display(description="File")
    def file(self, contact_import: ContactImport) -> str:
        """Return the file's name."""
        return str(contact_import)

    @display(description="State", label=TONES)
    def state_label(self, contact_import: ContactImport) -> tuple[str, str]:
        """Return the state with its colour."""
        return contact_import.state, contact_import.get_state_display()

    def get_urls(self) -> list[URLPattern]:
        """Add how far it is, and the report."""
        return [
            *columns_urls(),
            path("<int:pk>/state/", own_view(self.state_json, act=SEE_IMPORTS), name="campaigns_contactimport_state"),
            path("<int:pk>/cancel/", own_view(self.cancel, act=CANCEL_IMPORT), name="campaigns_contactimport_cancel"),
            path("<int:pk>/report/", own_view(self.report, act=SEE_IMPORTS), name="campaigns_contactimport_report"),
            *super().get_urls(),
        ]

    def state_json(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Answer with the sums so far."""
        return JsonResponse(self._sums(get_object_or_404(ContactImport, pk=pk)))

    def cancel(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Cancel an upload that waits or runs."""
        contact_import = get_object_or_404(ContactImport, pk=pk)
        if request.method == "POST" and not cancel_import(import_id=pk, now=timezone.now()):
            contact_import.refresh_from_db()
            messages.warning(request, f"This upload is {contact_import.get_state_display().lower()}.")
        return HttpResponseRedirect(reverse("admin:campaigns_contactimport_change", args=[pk]))

    def report(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Send the rows that became no contact, with their reasons, as CSV; or those of one kind alone."""
        contact_import, only = get_object_or_404(ContactImport, pk=pk), request.GET.get("only", "")
        kind = Only(only) if only in set(Only) else None
        lines = refusal_report(contact_import, reader=reader_of(request), now=timezone.now(), only=kind)
        response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{FILES[kind]}-of-upload-{pk}.csv"'
        return response

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Add sums and refused rows."""
        contact_import = context["original"]
        code = request.GET.get("code", "")
        groups = grouped(contact_import) if contact_import.state == ImportState.DONE else []
        rows = contact_import.rows_refused + contact_import.rows_duplicate
        refusals = contact_import.refusals.order_by("row_number")
        if code:
            refusals, rows = refusals.filter(code=code), sum(one.rows for one in groups if one.code == code)
        pages = RefusalPages(refusals, REFUSALS_PER_PAGE, rows=rows, allow_empty_first_page=True)
        context.update(
            sums=self._sums(contact_import),
            may_cancel=CANCEL_IMPORT.may(request.user),
            state_url=reverse("admin:campaigns_contactimport_state", args=[contact_import.pk]),
            refusals=_as_in_file(pages.get_page(request.GET.get("page")), columns=contact_import.columns),
            groups=groups,
            code=code,
            is_done=contact_import.state == ImportState.DONE,
            is_choosing=contact_import.state == ImportState.CHOOSING,
            may_upload=UPLOAD.may(request.user),
            may_add_campaign=ADD_CAMPAIGNS.may(request.user) and bool(contact_import.rows_accepted),
        )
        return super().render_change_form(request, context, *args, **kwargs)

    @staticmethod
    def _sums(contact_import: ContactImport) -> dict[str, Any]:
        return {
            "state": contact_import.state,
            "state_label": contact_import.get_state_display(),
            "tone": TONES[contact_import.state],
            "is_over": contact_import.state not in NOT_OVER,
            "problem": contact_import.problem,
            "read_as": said(contact_import.read_as),
            "total": contact_import.rows_total or contact_import.rows_read,
            "accepted": contact_import.rows_accepted,
            "duplicate": contact_import.rows_duplicate,
            "refused": contact_import.rows_refused,
        }


def _as_in_file(page: Any, *, columns: Sequence[str]) -> Any:
    """Give each refused row of a page its cells in the order of the file's columns, without the empty ones."""
    place = {name: nth for nth, name in enumerate(columns)}
    for refusal in page:
        cells = [(name, text) for name, text in refusal.row.items() if text not in ("", None)]
        refusal.shown = sorted(cells, key=lambda cell: place.get(cell[0], len(place)))
    return page
