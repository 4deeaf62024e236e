"""Suppression lists: numbers never to call, pasted or uploaded by the thousand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextareaWidget

from campaigns.acts import SUPPRESS
from campaigns.admin.regions import HomeNumberSearch
from campaigns.admin.suppression_forms import WhyForm
from campaigns.admin.uploading import FileChoicesForm
from campaigns.importing import ImportProblem
from campaigns.leads.rechecking import suppression_eased
from campaigns.models import SuppressedNumber, SuppressionList
from campaigns.suppression import suppress, suppress_file
from dialer.admin.base import BigTable, NoBulkDelete
from dialer.admin.ruled import own_view
from dialer.admin.typed import ModelAdmin
from dialer.numbering.readings import spellings


class SuppressForm(WhyForm, FileChoicesForm):
    """Numbers for a suppression list: one a line, or separated by commas; or a file, as lists of contacts take them."""

    field_order = ("numbers", "file", "reason", "until", "phone_column", "encoding", "delimiter", "sheet")

    of_files = tuple(FileChoicesForm.base_fields)

    numbers = forms.CharField(
        label="Numbers",
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6, "placeholder": "+919876543210\n+919876543211"}),
        help_text="With the country code, one a line or separated by commas.",
    )
    file = forms.FileField(
        label="Or a file",
        required=False,
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
        help_text="CSV or Excel: with a column of numbers that is named in the first row, or nothing but numbers.",
    )

    def clean(self) -> dict[str, Any]:
        """Split what was pasted."""
        data = super().clean() or {}
        text = data.get("numbers") or ""
        data["entries"] = [entry for part in re.split(r"[\r\n,;\t]+", text) if (entry := part.strip().strip('"'))]
        if not data["entries"] and not data.get("file"):
            raise forms.ValidationError("Paste at least one number, or choose a file.")
        return data


def _pieces(file: UploadedFile[bytes]) -> Iterator[bytes]:
    """Give an uploaded file from its start."""
    file.seek(0)
    return file.chunks()


@admin.register(SuppressionList)
class SuppressionListAdmin(NoBulkDelete, ModelAdmin[SuppressionList]):
    """Suppression lists."""

    empty_hint = "Numbers that are never called: for all campaigns, or for those that you choose."
    list_display = ("name", "applies_to_all", "created_at")
    search_fields = ("name",)
    search_help_text = "Name"
    fields = ("name", "applies_to_all")
    change_form_outer_after_template = "admin/campaigns/suppress.html"

    def is_unused(self, obj: SuppressionList) -> bool:
        """Return whether the list is empty."""
        return not obj.numbers.exists()

    def users_of(self, obj: SuppressionList) -> list[str]:
        """Return the campaigns that it is in."""
        return list(obj.campaigns.order_by("name").values_list("name", flat=True))

    def get_urls(self) -> list[URLPattern]:
        """Add the form for many numbers."""
        view = own_view(self.suppress, act=SUPPRESS)
        return [path("<int:pk>/suppress/", view, name="campaigns_suppressionlist_suppress"), *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Add the form for many numbers."""
        suppression_list = context.get("original")
        if suppression_list and SUPPRESS.may(request.user):
            context["suppress_form"] = SuppressForm()
        return super().render_change_form(request, context, *args, **kwargs)

    def suppress(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Suppress the numbers of the form."""
        suppression_list = get_object_or_404(SuppressionList, pk=pk)
        form = SuppressForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            self._suppress(request, suppression_list, form)
        for problems in form.errors.values():
            messages.error(request, " ".join(str(one) for one in problems))
        return HttpResponseRedirect(reverse("admin:campaigns_suppressionlist_change", args=[pk]))

    @staticmethod
    def _suppress(request: HttpRequest, suppression_list: SuppressionList, form: SuppressForm) -> None:
        entered, file = form.cleaned_data, form.cleaned_data["file"]
        how: dict[str, Any] = {"reason": entered["reason"], "until": entered["until"], "now": timezone.now()}
        try:
            with transaction.atomic():
                results = suppress(numbers=entered["entries"], suppression_list=suppression_list, **how)
                if file is not None:
                    pieces, choices = partial(_pieces, file), form.choices()
                    results += suppress_file(pieces=pieces, suppression_list=suppression_list, choices=choices, **how)
        except (ValueError, ImportProblem) as problem:
            messages.error(request, str(problem))
            return
        refused = [result for result in results if result.result == "REFUSED"]
        if kept := len(results) - len(refused):
            said = (
                "1 number is suppressed: it is not called"
                if kept == 1
                else f"{kept:,} numbers are suppressed: none of them is called"
            )
            messages.success(request, f"{said} from now on.")
        if refused:
            shown = " ".join(f"{(one.number or f'row {one.row}')[:30]!r}: {one.message}" for one in refused[:5])
            left_out = "1 entry was" if len(refused) == 1 else f"{len(refused):,} entries were"
            messages.error(request, f"{left_out} left out. {shown}")


@admin.register(SuppressedNumber)
class SuppressedNumberAdmin(HomeNumberSearch, BigTable, ModelAdmin[SuppressedNumber]):
    """Numbers that are suppressed."""

    empty_hint = "Numbers are added on the page of a suppression list."
    list_display = ("number", "suppression_list", "reason", "until", "created_at")
    list_filter = (("suppression_list", AutocompleteSelectFilter),)
    list_select_related = ("suppression_list",)
    comes_at_once = True
    autocomplete_fields = ("suppression_list",)
    fields = ("suppression_list", "number", "reason", "until")

    def save_model(self, request: HttpRequest, obj: SuppressedNumber, form: Any, change: bool) -> None:
        """Save, in every spelling of the line; leads that wait for the end of what was changed are judged again."""
        super().save_model(request, obj, form, change)
        now, others = timezone.now(), spellings(obj.number)
        if others and (obj.until is None or obj.until > now):
            listed, reason = obj.suppression_list, obj.reason
            suppress(numbers=others, suppression_list=listed, reason=reason, until=obj.until, now=now)
        if change:
            numbers = {obj.number, form.initial.get("number") or obj.number}
            suppression_eased(numbers=numbers, now=timezone.now())

    def delete_model(self, request: HttpRequest, obj: SuppressedNumber) -> None:
        """Delete; leads that wait for its end are judged again."""
        super().delete_model(request, obj)
        suppression_eased(numbers=[obj.number], now=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[SuppressedNumber]) -> None:
        """Do so for each of the selected."""
        numbers = list(queryset.values_list("number", flat=True))
        super().delete_queryset(request, queryset)
        suppression_eased(numbers=numbers, now=timezone.now())
