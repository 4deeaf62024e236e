"""Taking an uploaded file: its columns are shown, then a small one is imported at once, a large one by a worker."""

from __future__ import annotations

import contextlib
import uuid
from typing import Any

from celery import current_app
from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from kombu.exceptions import OperationalError
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextInputWidget

from campaigns.idempotency import KeyReused
from campaigns.importing import Choices, ImportProblem, create_import, run_import
from campaigns.importing.choosing import forget_unchosen
from campaigns.models import ContactImport, ContactList
from campaigns.models.file_choices import valid_delimiter, valid_encoding

#: Files up to this size are imported while the browser waits: below two seconds.
AT_ONCE_BYTES = 4 * 1024 * 1024


class FileChoicesForm(forms.Form):
    """How a file is to be read; what is left empty is found by looking at it."""

    phone_column = forms.CharField(
        label="Column with the number",
        required=False,
        max_length=100,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "found by its name, e.g. phone"}),
    )
    encoding = forms.CharField(
        label="Encoding",
        required=False,
        max_length=20,
        validators=[valid_encoding],
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "UTF-8, e.g. windows-1251"}),
    )
    delimiter = forms.CharField(
        label="Columns are separated by",
        required=False,
        max_length=20,
        validators=[valid_delimiter],
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "found in the first line, e.g. semicolon"}),
    )
    header_row = forms.IntegerField(
        label="Row that names the columns",
        required=False,
        min_value=0,
        max_value=1_000,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "found, also below a title"}),
    )
    sheet = forms.CharField(
        label="Sheet of the workbook",
        required=False,
        max_length=100,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "the first one that is shown"}),
    )

    def choices(self) -> Choices:
        """Return what was chosen in a valid form."""
        return Choices(
            phone_column=self.cleaned_data["phone_column"],
            encoding=self.cleaned_data["encoding"],
            delimiter=self.cleaned_data["delimiter"],
            sheet=self.cleaned_data["sheet"],
            header_row=self.cleaned_data["header_row"] or 0,
        )


IF_DUPLICATE = (
    ("skip", "Leave the contact as it is"),
    ("update", "Update the contact, keeping what the row leaves empty"),
    ("replace", "Replace the contact, erasing what the row leaves empty"),
    ("error", "Refuse the whole file"),
)


class UploadForm(forms.Form):
    """A file for a list. ``key`` makes a form that is sent twice one upload."""

    file = forms.FileField(
        label="File",
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.tsv,.txt,.xlsx,.jsonl,.gz,.zip"}),
        help_text="CSV or Excel. The next page shows its columns and first rows; nothing is imported before.",
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


def upload(request: HttpRequest, *, pk: int) -> HttpResponse:
    """Store the file, and lead to its columns."""
    contact_list = get_object_or_404(ContactList, pk=pk)
    back = HttpResponseRedirect(reverse("admin:campaigns_contactlist_change", args=[pk]))
    if request.method != "POST":
        return back
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        for name, problems in form.errors.items():
            messages.error(request, f"{form.fields[name].label or name}: {' '.join(str(one) for one in problems)}")
        return back
    forget_unchosen(now=timezone.now())
    file = form.cleaned_data["file"]
    try:
        contact_import, _ = create_import(
            contact_list=contact_list,
            stream=file,
            file_name=file.name,
            idempotency_key=form.cleaned_data["key"],
            is_chosen=False,
        )
    except (ImportProblem, KeyReused) as problem:
        messages.error(request, str(problem))
        return back
    return HttpResponseRedirect(reverse("admin:campaigns_contactimport_columns", args=[contact_import.pk]))


def start(contact_import: ContactImport, *, size_bytes: int) -> None:
    """Import a small file now; ring for a worker otherwise."""
    if size_bytes <= AT_ONCE_BYTES:
        run_import(import_id=contact_import.pk)
        return
    # Without Redis the import stays queued: the beat finds it later.
    with contextlib.suppress(OperationalError):
        current_app.send_task("campaigns.run_import", kwargs={"import_id": contact_import.pk})
