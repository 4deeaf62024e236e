"""The audit: who did what, when, from what to what, and why. Read-only; what is filtered can be taken as a file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import Truncator
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.contrib.filters.admin import DropdownFilter as UnfoldDropdownFilter

from dialer.accesses import counted, note_access
from dialer.acts import table
from dialer.acts.telephone import SEE_AUDIT
from dialer.admin import audit_words as words
from dialer.admin.accesses import reader_of
from dialer.admin.base import BigTable, ReadOnly
from dialer.admin.ranges import TimeRange
from dialer.admin.ruled import own_view
from dialer.admin.times import shown
from dialer.admin.typed import ModelAdmin, display
from dialer.audit.seeing import visible
from dialer.database.lent import read_in_pieces
from dialer.models import AccessKind, AuditEntry

if TYPE_CHECKING:
    from django.contrib.admin import SimpleListFilter as DropdownFilter
else:
    DropdownFilter = UnfoldDropdownFilter

TONES: dict[str, str] = {"ACT": "info", "ITSELF": "warning", "ACCESS": "default", "LOOK": "default", "LOGIN": "success"}
COLUMNS = ("id", "at", "by", "key", "face", "kind", "act", "what", "on", "changes", "reason", "rows", "details")
CHUNK_ROWS = 2_000
#: Of what is known besides, so much is in the list; its page has all.
MOST_CHARS = 160


class ActFilter(DropdownFilter):
    """By act, in the words of the table of rights."""

    title = "act"
    parameter_name = "act"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the acts that leave entries."""
        done = [act for act in table().values() if not act.name.endswith(".view")]
        return sorted(((act.name, act.words) for act in done), key=lambda pair: pair[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        """Return the entries of the act."""
        return queryset.filter(act=self.value()) if self.value() else queryset


class FaceFilter(DropdownFilter):
    """By where it was done."""

    title = "where it was done"
    parameter_name = "face"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the faces."""
        return [*words.FACES.items(), ("DIALER", "the dialer itself")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        """Return the entries of the face."""
        return queryset.filter(face=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditAdmin(ReadOnly, BigTable, ModelAdmin[AuditEntry]):
    """The audit."""

    empty_hint = "Whatever is done here, by people, programs or the dialer itself, is named here, with what changed."
    list_display = ("when", "who", "what_label", "on", "changed_shortly", "reason")
    list_display_links = ("when",)
    list_filter = (("kind", ChoicesDropdownFilter), ActFilter, FaceFilter, ("at", TimeRange))
    list_filter_submit = True
    search_fields = ("by",)
    search_help_text = "User name, or campaign:7, lead:123"
    fields = ("at", "who", "what", "on", "changed", "reason", "more", "kind", "act", "face")
    readonly_fields = ("who", "on", "changed", "more")
    change_list_template = "admin/dialer/audit.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEntry]:
        """Return the entries that the user may see."""
        return visible(request.user)

    def get_urls(self) -> list[URLPattern]:
        """Add the address of the file."""
        view = own_view(self.export, act=SEE_AUDIT)
        return [path("export.csv", view, name="dialer_auditentry_export"), *super().get_urls()]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry], search_term: str
    ) -> tuple[QuerySet[AuditEntry], bool]:
        """Find by the whole user name, or by what it was on, with its parts."""
        term = search_term.strip()
        kind, _, digits = term.partition(":")
        if digits.isdecimal() and len(digits) < 19:
            label = next((one._meta.label_lower for one in apps.get_models() if one._meta.model_name == kind), kind)
            own = Q(subject=label, subject_id=int(digits))
            return queryset.filter(own | Q(within=label, within_id=int(digits))), False
        return (queryset.filter(by=term) if term else queryset), False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show a page, with the address of the file of the same filter."""
        address = reverse("admin:dialer_auditentry_export")
        query = request.GET.urlencode()
        return super().changelist_view(request, {**(extra_context or {}), "export": f"{address}?{query}"})

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Leave out the log: an entry has none."""
        return super().render_change_form(request, {**context, "show_history": False}, *args, **kwargs)

    def export(self, request: HttpRequest) -> StreamingHttpResponse:
        """Send what the list shows, all pages of it, as CSV."""
        found = self.get_changelist_instance(request).get_queryset(request)
        access = note_access(
            kind=AccessKind.EXPORT,
            reader=reader_of(request),
            subject="auditentry",
            now=timezone.now(),
            details={"filter": request.GET.urlencode()},
            act=SEE_AUDIT.name,
        )
        rows = counted(read_in_pieces(found, size=CHUNK_ROWS), access=access)
        response = StreamingHttpResponse(lines_of(rows), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="audit.csv"'
        response["Cache-Control"] = "no-store"
        return response

    @display(description="When")
    def when(self, entry: AuditEntry) -> str:
        """Return the instant."""
        return shown(entry.at, zone="", now=timezone.now(), seconds=True)

    @display(description="Who")
    def who(self, entry: AuditEntry) -> str:
        """Return who did it."""
        return words.who(entry)

    @display(description="What", label=TONES)
    def what_label(self, entry: AuditEntry) -> tuple[str, str]:
        """Return what was done, in the colour of its kind."""
        return entry.kind, entry.what

    @display(description="On")
    def on(self, entry: AuditEntry) -> str:
        """Return what it was on, with a link."""
        link = words.link(entry)
        return format_html('<a class="d-link" href="{}">{}</a>', link, words.on(entry)) if link else words.on(entry)

    @display(description="From → to, and besides")
    def changed_shortly(self, entry: AuditEntry) -> str:
        """Return what changed, the first fields in sight, and what else is known of it."""
        besides = Truncator(words.details(entry)).chars(MOST_CHARS)
        said = [words.shown(entry).lines, format_html('<div class="d-change">{}</div>', besides) if besides else ""]
        return format_html("{}{}", *said) if any(said) else "–"

    @display(description="From → to")
    def changed(self, entry: AuditEntry) -> str:
        """Return all that changed."""
        return words.lines(words.changes(entry), is_new=entry.what == "Added") or "–"

    @display(description="Besides")
    def more(self, entry: AuditEntry) -> str:
        """Return the details."""
        return words.details(entry) or "–"


class _Line:
    """Gives back what is written to it, so that csv makes a line at a time."""

    def write(self, text: str) -> str:
        """Return the text."""
        return text


def lines_of(entries: Iterator[AuditEntry]) -> Iterator[bytes]:
    """Give the lines of the CSV."""
    writer = csv.writer(_Line())
    yield str(writer.writerow(COLUMNS)).encode()
    for entry in entries:
        changed = "; ".join(f"{name}: {before} → {after}" for name, before, after in words.changes(entry))
        cells = (
            entry.pk, entry.at.isoformat(), entry.by, entry.key, entry.face, entry.kind, entry.act, entry.what,
            words.on(entry), changed, entry.reason, entry.rows, words.details(entry),
        )  # fmt: skip
        yield str(writer.writerow([_harmless(cell) for cell in cells])).encode()


def _harmless(cell: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
