"""Taking an uploaded file: small ones are imported at once, large ones by a worker while the page shows how far it is."""

from __future__ import annotations

import uuid
from typing import Any

from celery import current_app
from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from kombu.exceptions import OperationalError
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextInputWidget

from campaigns.models import ContactImport, ContactList

#: Files up to this size are imported while the browser waits: below two seconds.
AT_ONCE_BYTES = 4 * 1024 * 1024


class UploadForm(forms.Form):
    """A file for a list. ``key`` makes a form that is sent twice one upload."""

    file = forms.FileField(
        label="CSV file",
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.txt,.tsv,text/csv"}),
        help_text="The first row names the columns. Every column becomes a variable of the contact.",
    )
    phone_column = forms.CharField(
        label="Column with the number",
        required=False,
        max_length=100,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "found by its name, e.g. phone"}),
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=100, initial=lambda: uuid.uuid4().hex)

    def clean_file(self) -> Any:
        """Refuse a file above the limit of this installation."""
        file = self.cleaned_data["file"]
        limit = settings.DIALER_UPLOAD_MAX_BYTES
        if file.size > limit:
            raise forms.ValidationError(
                f"The file has {file.size / 1e6:.0f} MB; at most {limit / 1e6:.0f} MB are taken. Split it."
            )
        return file


def upload(request: HttpRequest, *, model_admin: Any, pk: int) -> HttpResponse:
    """Store the upload, start it, and lead to its result."""
    contact_list = get_object_or_404(ContactList, pk=pk)
    if not model_admin.has_change_permission(request, contact_list):
        raise PermissionDenied
    back = HttpResponseRedirect(reverse("admin:campaigns_contactlist_change", args=[pk]))
    if request.method != "POST":
        return back
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        for name, problems in form.errors.items():
            messages.error(request, f"{form.fields[name].label or name}: {' '.join(str(one) for one in problems)}")
        return back
    from campaigns.importing import create_import

    file = form.cleaned_data["file"]
    contact_import, created = create_import(
        contact_list=contact_list,
        stream=file,
        file_name=file.name,
        idempotency_key=form.cleaned_data["key"],
        phone_column=form.cleaned_data["phone_column"] or None,
    )
    if created:
        start(contact_import, size_bytes=file.size)
    return HttpResponseRedirect(reverse("admin:campaigns_contactimport_change", args=[contact_import.pk]))


def start(contact_import: ContactImport, *, size_bytes: int) -> None:
    """Import a small file now; ring for a worker otherwise, and do its work when no bell can be rung."""
    from campaigns.importing import run_import

    if size_bytes > AT_ONCE_BYTES:
        try:
            current_app.send_task("campaigns.run_import", kwargs={"import_id": contact_import.pk})
        except OperationalError:
            run_import(import_id=contact_import.pk)
        return
    run_import(import_id=contact_import.pk)
