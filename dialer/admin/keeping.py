"""Pages that say in the database's own words why something cannot be taken away, and stay where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from dialer.kept_rows import judge_now, refusal_of

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Admin = ModelAdmin[Any]
else:
    _Admin = object


class SaysWhatIsKept(_Admin):
    """Mixin of every admin class: nothing of the act is done, and the page names what relies on it."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Save, or say why not."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except IntegrityError as error:
            return _said(request, error)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Delete, or say why not."""
        try:
            return super().delete_view(request, *args, **kwargs)
        except IntegrityError as error:
            return _said(request, error)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Do what was chosen for rows, or say why not."""
        try:
            return super().changelist_view(request, *args, **kwargs)
        except IntegrityError as error:
            return _said(request, error)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save what hangs on it, and have all of it judged."""
        super().save_related(request, form, formsets, change)
        judge_now()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete it, and have that judged."""
        super().delete_model(request, obj)
        judge_now()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete them, and have that judged."""
        super().delete_queryset(request, queryset)
        judge_now()


def _said(request: HttpRequest, error: IntegrityError) -> HttpResponse:
    said = refusal_of(error)
    if not said:
        raise error
    messages.error(request, f"Nothing was changed. {said}")
    return HttpResponseRedirect(request.get_full_path())
