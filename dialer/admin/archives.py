"""The files of old rows that were removed. Read-only."""

from __future__ import annotations

from django.contrib import admin
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from dialer.admin.base import BigTable, ReadOnly
from dialer.admin.typed import ModelAdmin, display
from dialer.models import Archive

TONES = {"WRITING": "info", "WRITTEN": "info", "DONE": "success", "LOST": "danger"}


@admin.register(Archive)
class ArchiveAdmin(ReadOnly, BigTable, ModelAdmin[Archive]):
    """Archives."""

    empty_hint = "Old rows are written to files before they are removed (DIALER_ARCHIVE_FOLDER). Each is listed here."
    list_display = ("name", "kind", "state_label", "to_remove", "removed", "first_at", "last_at", "ended_at")
    list_filter = (("state", ChoicesDropdownFilter),)
    fields = (
        "name", "kind", "state", "rows", "to_remove", "removed", "size_bytes", "sha256", "first_at", "last_at",
        "old_before", "begun_at", "ended_at",
    )  # fmt: skip

    @display(description="State", label=TONES)
    def state_label(self, archive: Archive) -> tuple[str, str]:
        """Return the state with its colour."""
        return archive.state, archive.get_state_display()
