"""Import sources, and the runs of scheduled jobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from campaigns.acts import FETCH
from campaigns.admin.inputs.pairs import meanings_field
from campaigns.importing.fetching import UnableToFetch, import_source
from campaigns.models import ImportSource, JobRun
from dialer.admin.base import BigTable, ReadOnly
from dialer.admin.ruled import action
from dialer.admin.typed import ModelAdmin, display
from dialer.shown_addresses import shown_address


class ImportSourceForm(forms.ModelForm[ImportSource]):
    """What the page of a source takes."""

    column_map = meanings_field(
        label="What columns are",
        help_text="Of those that are not found by their names: phone, further_number, name, external_reference, "
        "time_zone, variables.NAME, or ignore.",
    )


@admin.register(ImportSource)
class ImportSourceAdmin(ModelAdmin[ImportSource]):
    """Import sources."""

    form = ImportSourceForm
    empty_hint = "An address or a file that is fetched into a contact list: by hand, or by a scheduled job."
    list_display = ("name", "contact_list", "address", "is_active", "fetched_at", "last_import", "last_problem")
    list_select_related = ("contact_list", "last_import")
    search_fields = ("name",)
    search_help_text = "Name"
    autocomplete_fields = ("contact_list",)
    fields = (
        "name", "contact_list", "location", "phone_column", "encoding", "delimiter", "sheet", "region",
        "header_row", "column_map", "if_duplicate", "is_active", "fetched_at", "last_import", "last_problem",
    )  # fmt: skip
    readonly_fields = ("address", "fetched_at", "last_import", "last_problem")
    actions = ("import_selected",)
    most_at_once: ClassVar[Mapping[str, int]] = {"import_selected": 10}

    def get_fields(self, request: HttpRequest, obj: ImportSource | None = None) -> Any:
        """Show the whole address to those who may change it."""
        whole = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        return [name if whole or name != "location" else "address" for name in self.fields]

    @display(description="Location")
    def address(self, source: ImportSource) -> str:
        """Return where it is fetched from, without what may be a secret in it."""
        return shown_address(source.location)

    @action(description="Fetch and import now", act=FETCH)
    def import_selected(self, request: HttpRequest, queryset: QuerySet[ImportSource]) -> None:
        """Import each now, if its file is another one than before."""
        for source in queryset:
            try:
                done = import_source(source=source, now=timezone.now())
            except UnableToFetch as problem:
                messages.error(request, f"{source}: {problem}")
                continue
            said = "the same file as before." if done is None else f"{done.rows_accepted:,} rows were accepted."
            messages.success(request, f"{source}: {said}")


@admin.register(JobRun)
class JobRunAdmin(ReadOnly, BigTable, ModelAdmin[JobRun]):
    """Runs of scheduled jobs."""

    empty_hint = "Each run of a scheduled job is listed here, with what came of it."
    list_display = ("job", "edge_at", "begun_at", "ended_at", "result", "problem")
    fields = ("job", "edge_at", "begun_at", "ended_at", "result", "problem")
