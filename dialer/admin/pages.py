"""Pages that ask something of a provider: a form, and what came of it at the inputs that it is about; parts of pages.

Not Django's own pages of a new row: these hold a transaction open, and a provider takes its time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def ask_page(
    request: HttpRequest,
    *,
    form: forms.Form,
    title: str,
    label: str,
    back: str,
    model: type[Model],
    notes: Sequence[str] = (),
) -> HttpResponse:
    """Return the page of a form; ``label`` is on its button."""
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": title,
        "opts": model._meta,
        "form": form,
        "label": label,
        "back": back,
        "notes": notes,
    }
    return render(request, "admin/dialer/ask.html", context)


def say_at(form: forms.Form, *, field: str, reason: str) -> None:
    """Put a provider's refusal at the input that it is about, else at the top."""
    form.add_error(field if field in form.fields else None, reason)


def part(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """Return a part of a page that renews itself: nobody keeps it, so that going back shows none that is old."""
    response = render(request, template, context, status=status)
    response["Cache-Control"] = "no-store"
    return response
