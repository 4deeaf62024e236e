"""The second step of an upload: its columns with samples and guessed roles, and its first rows as they will be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from unfold.widgets import UnfoldAdminSelectWidget

from campaigns.acts import OVERWRITE, UPLOAD
from campaigns.admin.uploading import IF_DUPLICATE, FileChoicesForm, start
from campaigns.importing.choosing import keep_choices, take
from campaigns.importing.looking import Column, Look, look_at
from campaigns.importing.problems import ImportProblem
from campaigns.importing.reading import Choices
from campaigns.importing.receiving import stored_pieces
from campaigns.importing.running import choices_of
from campaigns.models import ContactImport, ImportState
from dialer.admin.places import CountryField
from dialer.admin.ruled import own_view, refuse_unless

ROLES = (
    ("phone", "Number to call"),
    ("further_number", "Further number"),
    ("name", "Name"),
    ("external_reference", "Your own id"),
    ("time_zone", "Time zone"),
    ("variables", "Variable"),
    ("ignore", "Leave it out"),
)
#: So many columns can be changed on the page; the others stay as they were guessed.
MOST_SHOWN = 200
MOST_REASONS = 8


class ColumnsForm(FileChoicesForm):
    """How the whole file is to be read."""

    field_order = ("region", "if_duplicate", "encoding", "delimiter", "sheet", "header_row")
    phone_column = None  # type: ignore[assignment]
    region = CountryField(
        label="Country of numbers without a country code",
        help_text="Empty: that of the list. A number that names its country is of that one.",
    )
    if_duplicate = forms.ChoiceField(
        label="A number that is in the list already", choices=IF_DUPLICATE, widget=UnfoldAdminSelectWidget()
    )

    def choices(self) -> Choices:
        """Return what was chosen in a valid form, but for the columns."""
        given = self.cleaned_data
        return Choices(
            encoding=given["encoding"],
            delimiter=given["delimiter"],
            sheet=given["sheet"],
            region=given["region"] or "",
            header_row=given["header_row"] or 0,
        )


def columns_urls() -> list[URLPattern]:
    """Return the address of the page."""
    view = own_view(columns_page, act=UPLOAD)
    return [path("<int:pk>/columns/", view, name="campaigns_contactimport_columns")]


def columns_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what would become of the file; look again as it was chosen, or import it so."""
    found = get_object_or_404(ContactImport.objects.select_related("contact_list"), pk=pk)
    if found.state != ImportState.CHOOSING:
        return redirect("admin:campaigns_contactimport_change", pk)
    if request.method != "POST":
        return _shown(request, found, _form_of(found), _look(found, choices_of(found)))
    form = ColumnsForm(request.POST)
    if not form.is_valid():
        return _shown(request, found, form, _look(found, choices_of(found)))
    if form.cleaned_data["if_duplicate"] in ("update", "replace"):
        refuse_unless(OVERWRITE, request)
    try:
        choices = _with_columns(request, found, form.choices())
    except ImportProblem as problem:
        messages.error(request, str(problem))
        return _shown(request, found, form, _look(found, choices_of(found)))
    keep_choices(import_id=pk, choices=choices, if_duplicate=form.cleaned_data["if_duplicate"])
    found.refresh_from_db()
    look = _look(found, choices)
    if "take" not in request.POST or look.problem:
        return _shown(request, found, form, look)
    if take(import_id=pk):
        start(found, size_bytes=found.bytes_total)
    return HttpResponseRedirect(reverse("admin:campaigns_contactimport_change", args=[pk]))


def _look(found: ContactImport, choices: Choices) -> Look:
    return look_at(found, pieces=partial(stored_pieces, found), choices=choices)


def _form_of(found: ContactImport) -> ColumnsForm:
    kept = {name: getattr(found, name) for name in ("encoding", "delimiter", "sheet")}
    region = found.region or found.contact_list.default_region
    return ColumnsForm(
        initial={
            **kept,
            "region": region,
            "header_row": found.header_row or None,
            "if_duplicate": found.if_duplicate.lower(),
        }
    )


def _with_columns(request: HttpRequest, found: ContactImport, choices: Choices) -> Choices:
    """Return the choices with what was said of columns otherwise than it was guessed. Raises ImportProblem."""
    sent = [request.POST.getlist(name) for name in ("column", "role", "variable")]
    guessed = {column.name: column for column in _look(found, choices).columns}
    said = {name: _meaning(role, variable) for name, role, variable in zip(*sent, strict=False) if name in guessed}
    return replace(choices, column_map=_otherwise(said, guessed))


def _meaning(role: str, variable: str) -> str:
    return f"variables.{variable.strip()}" if role == "variables" and variable.strip() else role


def _otherwise(said: Mapping[str, str], guessed: Mapping[str, Column]) -> dict[str, str]:
    """Return what is not as it was guessed; with another number to call, further numbers have to be named as well."""
    other = {name: meaning for name, meaning in said.items() if meaning != _guess(guessed[name])}
    if "phone" in other.values():
        other |= {name: meaning for name, meaning in said.items() if meaning == "further_number"}
    return other


def _guess(column: Column) -> str:
    return column.meaning or f"variables.{column.variable}"


def _shown(request: HttpRequest, found: ContactImport, form: ColumnsForm, look: Look) -> HttpResponse:
    names = _names(look.first)
    more = [form[name] for name in ("encoding", "delimiter", "sheet", "header_row")]
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": f"Upload {found.file_name} to {found.contact_list}",
        "opts": ContactImport._meta,
        "object": found,
        "upload": found,
        "form": form,
        "more": more,
        "more_is_open": any(field.errors or field.value() for field in more) or bool(look.problem),
        "look": look,
        "columns": [_row(column) for column in look.columns[:MOST_SHOWN]],
        "not_shown": max(0, len(look.columns) - MOST_SHOWN),
        "roles": ROLES,
        "reasons": look.tally.reasons.most_common(MOST_REASONS),
        "names": names,
        "first": [{**row, "cells": [row.get("variables", {}).get(name, "") for name in names]} for row in look.first],
    }
    return render(request, "admin/campaigns/columns.html", context)


def _row(column: Column) -> dict[str, Any]:
    role = "variables" if not column.meaning or column.meaning.startswith("variables") else column.meaning
    return {"column": column, "role": role}


def _names(first: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names of the variables in the first rows."""
    return list(dict.fromkeys(name for row in first for name in row.get("variables", ())))
