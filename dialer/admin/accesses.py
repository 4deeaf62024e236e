"""Who heard, exported and looked at what. Read-only."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from dialer.accesses import Reader
from dialer.admin.base import BigTable, ReadOnly
from dialer.admin.ranges import TimeRange
from dialer.admin.typed import ModelAdmin, display
from dialer.models import Access

TONES = {"RECORDING": "info", "EXPORT": "warning", "EVENT": "default"}


def reader_of(request: HttpRequest) -> Reader:
    """Return who asks in the admin."""
    return Reader(by=request.user.get_username(), face="ADMIN")


@admin.register(Access)
class AccessAdmin(ReadOnly, BigTable, ModelAdmin[Access]):
    """Accesses."""

    empty_hint = "Whoever listens to a recording, exports calls or looks at events of providers is named here."
    list_display = ("access", "kind_label", "by", "face", "of", "rows", "said", "at")
    list_filter = (("kind", ChoicesDropdownFilter), ("at", TimeRange))
    list_filter_submit = True
    search_fields = ("by",)
    search_help_text = "User name, or attempt:123, campaign:7"
    fields = ("kind", "by", "face", "of", "rows", "said", "at")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Access], search_term: str
    ) -> tuple[QuerySet[Access], bool]:
        """Find by the whole user name, or by what it was of."""
        term = search_term.strip()
        kind, _, digits = term.partition(":")
        if digits.isdecimal() and len(digits) < 19:
            return queryset.filter(subject=kind.lower(), subject_id=int(digits)), False
        return (queryset.filter(by=term) if term else queryset), False

    @display(description="Access")
    def access(self, access: Access) -> str:
        """Return its id."""
        return f"#{access.pk}"

    @display(description="What", label=TONES)
    def kind_label(self, access: Access) -> tuple[str, str]:
        """Return the kind with its colour."""
        return access.kind, access.get_kind_display()

    @display(description="Of")
    def of(self, access: Access) -> str:
        """Return what it was of."""
        return f"{access.subject} #{access.subject_id}" if access.subject_id is not None else access.subject

    @display(description="File and filter")
    def said(self, access: Any) -> str:
        """Return the details."""
        return json.dumps(access.details, ensure_ascii=False) if access.details else "–"
