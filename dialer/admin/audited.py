"""What is saved and deleted in the admin is recorded in its own transaction, with what changed; each row has its log.

Django's own history says which inputs a browser sent differently, knows nothing of other faces, and is not written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from dialer.acts.telephone import SEE_AUDIT
from dialer.admin.audit_words import shown
from dialer.audit import Subject, record, record_many, unchanged
from dialer.audit.changes import differences, many_of, names, values_of
from dialer.audit.seeing import visible
from dialer.audit.unrecorded import MOST_APART
from dialer.models import AuditEntry

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Admin = ModelAdmin[Any]
else:
    _Admin = object

#: Where a request keeps what hangs on the row, as it was before it was saved.
_HUNG = "_hung_before"
#: So many entries are on the page of a row; the audit has all of them.
SHOWN = 100


class Audited(_Admin):
    """Mixin of every admin class."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save what hangs on a row; how that was before is kept for the entry."""
        before = _hung(form.instance, formsets) if change else {}
        super().save_related(request, form, formsets, change)
        setattr(request, _HUNG, (before, _hung(form.instance, formsets)))

    @contextmanager
    def hanging(self, request: HttpRequest, row: Model, *inside: str) -> Iterator[None]:
        """Keep for the entry what hangs on a row before and after a block; for pages that save by themselves."""
        before = _hanging(row, inside)
        yield
        setattr(request, _HUNG, (before, _hanging(row, inside)))

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:  # type: ignore[override]
        """Record a new row, with what was entered."""
        _, hung = _hung_of(request)
        after = {name: value for name, value in values_of(obj).items() if value not in (None, "", [], {})}
        changes = differences(obj, before={}, after={**after, **{name: all_ for name, all_ in hung.items() if all_}})
        record(act=self._act("add"), what="Added", subject=obj, changes=changes)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:  # type: ignore[override]
        """Record what was changed, if anything was."""
        before, after = _hung_of(request)
        read: dict[str, Any] = getattr(obj, "_as_read", None) or {}
        changes = differences(obj, before={**read, **before}, after={**values_of(obj), **after})
        if changes:
            record(act=self._act("change"), what="Changed", subject=obj, changes=changes)
        else:
            unchanged()

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:  # type: ignore[override]
        """Record what is deleted; of very many rows, how many."""
        rows = list(queryset[: MOST_APART + 1])
        if len(rows) <= MOST_APART:
            record_many(act=self._act("delete"), what="Deleted", subjects=rows)
            return
        subject = Subject(of=self.opts.label_lower)
        record(act=self._act("delete"), what="Deleted", subject=subject, rows=queryset.count())

    def _act(self, verb: str) -> str:
        return f"{self.opts.label_lower}.{verb}"

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the log of a row: its own entries, and those of its parts."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        if not self.has_view_permission(request, row) or not SEE_AUDIT.may(request.user):
            raise PermissionDenied
        entries = latest_of(request, row)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Log of {row}",
            "opts": self.opts,
            "object": row,
            "original": row,
            "entries": [shown(entry) for entry in entries],
            "all": f"{reverse('admin:dialer_auditentry_changelist')}?q={self.opts.model_name}:{row.pk}",
            "is_cut": len(entries) == SHOWN,
            **(extra_context or {}),
        }
        return render(request, "admin/dialer/log.html", context)


def latest_of(request: HttpRequest, row: Model) -> list[AuditEntry]:
    """Return the latest entries on a row and its parts that the user may see, newest first.

    Of each the latest, by its own index: an OR of both would read all that a campaign ever had.
    """
    label, pk = row._meta.label_lower, row.pk
    rows = visible(request.user)
    found = {
        entry.pk: entry
        for some in (rows.filter(subject=label, subject_id=pk), rows.filter(within=label, within_id=pk))
        for entry in some.order_by("-id")[:SHOWN]
    }
    return sorted(found.values(), key=lambda entry: entry.pk, reverse=True)[:SHOWN]


def _hanging(row: Model, inside: Iterable[str]) -> dict[str, list[str]]:
    fresh: Any = type(row)._default_manager.get(pk=row.pk)  # none of what was prefetched
    return many_of(fresh) | {name: names(getattr(fresh, name).all()) for name in inside}


def _hung_of(request: HttpRequest) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what hangs on the row that is saved, before and after; nothing on pages that save no such things."""
    found: tuple[dict[str, Any], dict[str, Any]] = getattr(request, _HUNG, ({}, {}))
    return found


def _hung(row: Model, formsets: Any) -> dict[str, list[str]]:
    """Return the names of the rows that a form holds besides its own: chosen ones, and those inside it."""
    inside = {
        formset.prefix: names(formset.model._default_manager.filter(**{formset.fk.name: row}))
        for formset in formsets
        if formset.has_changed()
    }
    return {**many_of(row), **inside}
