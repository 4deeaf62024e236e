"""The export centre: what a file holds is chosen, it is downloaded, and the latest ones are named with their proofs.

The same code as REST makes the files (campaigns.exports).
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from campaigns.acts import EXPORT, EXPORT_CONTACTS
from campaigns.exports.columns import TABLES
from campaigns.exports.running import export, exports, manifest_of
from campaigns.exports.wanted import FORMS, UnableToExport, Wanted
from campaigns.models import Campaign, ContactList, Lead
from dialer import reader
from dialer.admin.accesses import reader_of
from dialer.admin.places import ZoneField
from dialer.admin.ruled import own_view, refuse_unless
from dialer.audit.seeing import visible
from dialer.models import AuditEntry
from dialer.serving.sealed import SealedResponse

LATEST = 10
LEFT = [("true", "Calls that left us"), ("false", "Attempts of which nothing left us"), ("all", "Both")]


def export_urls() -> list[URLPattern]:
    """Return the addresses of the pages."""
    return [
        path("exports/", own_view(centre_page, act=EXPORT), name="campaigns_campaign_exports"),
        path("<int:pk>/export/", own_view(export_page, act=EXPORT), name="campaigns_campaign_export"),
    ]


def _several(of: Any, words: str) -> forms.ModelMultipleChoiceField[Any]:
    field = Lead._meta.get_field("campaign") if of is Campaign else Campaign._meta.get_field("contact_lists")
    widget = AutocompleteSelectMultiple(
        field,
        admin.site,
        attrs={"class": "unfold-admin-autocomplete admin-autocomplete", "data-theme": "admin-autocomplete"},
    )
    return forms.ModelMultipleChoiceField(of.objects.all(), label=words, required=False, widget=widget)


class ExportForm(forms.Form):
    """What the file holds. With ``campaign`` it is of that one."""

    what = forms.ChoiceField(
        label="What",
        choices=[
            ("attempts", "Calls"),
            ("leads", "Leads: what became of each person"),
            ("contacts", "Contacts of lists"),
        ],
        widget=UnfoldAdminSelectWidget(),
    )
    campaigns = _several(Campaign, "Campaigns")
    contact_lists = _several(ContactList, "Contact lists")
    form = forms.ChoiceField(
        label="Kind of file",
        choices=[(form, words) for form, (_, words) in FORMS.items()],
        widget=UnfoldAdminSelectWidget(),
    )
    left = forms.ChoiceField(label="Which calls", required=False, choices=LEFT, widget=UnfoldAdminSelectWidget())
    variables = forms.CharField(
        label="Variables",
        required=False,
        max_length=2000,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "e.g. amount, due; * for all"}),
        help_text="Each becomes a column. Contacts come with all of theirs.",
    )
    time_zone = ZoneField(label="Times in the zone", initial="UTC", required=False)
    since = forms.DateField(
        label="From the day",
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
        help_text="Of the end of the call or lead, of the making of the contact.",
    )
    until = forms.DateField(
        label="To the day, which is included", required=False, widget=UnfoldAdminTextInputWidget(attrs={"type": "date"})
    )

    def __init__(self, *args: Any, campaign: Campaign | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._campaign = campaign
        self.fields["time_zone"].initial = reader.zone() or "UTC"
        for what, table in TABLES.items():
            self.fields[f"columns_{what}"] = forms.MultipleChoiceField(
                label="Columns",
                required=False,
                choices=[(name, name.replace("_", " ")) for name in table.columns],
                initial=list(table.usual),
                widget=forms.CheckboxSelectMultiple(),
            )
        if campaign is not None:
            del self.fields["campaigns"], self.fields["contact_lists"], self.fields["columns_contacts"]
            what_field: Any = self.fields["what"]
            what_field.choices = what_field.choices[:2]

    def columns(self) -> Iterator[Any]:
        """Give the inputs of columns, for the page: one for each kind of rows."""
        return (self[f"columns_{what}"] for what in TABLES if f"columns_{what}" in self.fields)

    def plain(self) -> Iterator[Any]:
        """Give the other inputs."""
        return (field for field in self if not field.name.startswith("columns_"))

    def clean(self) -> dict[str, Any]:
        """Ask for campaigns or lists, whichever it is of."""
        super().clean()
        given = self.cleaned_data
        if self._campaign is None:
            of = "contact_lists" if given.get("what") == "contacts" else "campaigns"
            if not given.get(of) and of not in self.errors:
                self.add_error(of, "Choose at least one.")
        if given.get("since") and given.get("until") and given["until"] < given["since"]:
            self.add_error("until", "It is before the first day.")
        return given

    def wanted(self) -> Wanted:
        """Return what a valid form asks for."""
        given = self.cleaned_data
        what, zone = given["what"], given.get("time_zone") or "UTC"
        of = [self._campaign] if self._campaign else given["contact_lists" if what == "contacts" else "campaigns"]
        names = tuple(name.strip() for name in given["variables"].split(",") if name.strip())
        return Wanted(
            what=what,
            form=given["form"],
            of_ids=tuple(one.pk for one in of),
            columns=tuple(given[f"columns_{what}"]),
            variables=names or (("*",) if what == "contacts" else None),
            time_zone=zone,
            left=given.get("left") or "true",
            since=_begin(given["since"], zone),
            # No day comes after the last one: until then is without an end.
            until=_begin(given["until"] + timedelta(days=1), zone) if (given["until"] or date.max) < date.max else None,
        )


def _begin(day: date | None, zone: str) -> datetime | None:
    return datetime.combine(day, time(), tzinfo=zoneinfo.ZoneInfo(zone)) if day else None


def centre_page(request: HttpRequest) -> HttpResponseBase:
    """Ask what the file holds, and send it."""
    form = ExportForm(request.POST) if request.method == "POST" else ExportForm()
    return _answer(request, form, title="Exports", back=reverse("admin:index"))


def export_page(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The same, of one campaign."""
    campaign = get_object_or_404(Campaign, pk=pk)
    form = ExportForm(request.POST or None, campaign=campaign)
    back = reverse("admin:campaigns_campaign_changelist")
    return _answer(request, form, title=f"Export {campaign.name}", back=back)


def _answer(request: HttpRequest, form: ExportForm, *, title: str, back: str) -> HttpResponseBase:
    if request.method == "POST" and form.is_valid():
        try:
            return export_reply(request, form.wanted())
        except UnableToExport as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
    return _page(request, form, title, back)


def export_reply(request: HttpRequest, wanted: Wanted) -> HttpResponseBase:
    """Return the file. Raises UnableToExport."""
    if wanted.what == "contacts":
        refuse_unless(EXPORT_CONTACTS, request)
    made = export(wanted, reader=reader_of(request), now=timezone.now())
    return SealedResponse(made.pieces, access=made.access, file_name=made.file_name, content_type=made.content_type)


def _page(request: HttpRequest, form: ExportForm, title: str, back: str) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": title,
        "form": form,
        "media": form.media + forms.Media(js=["campaigns/exports.js"]),
        "back": back,
        "latest": _latest(request),
    }
    return render(request, "admin/campaigns/exports.html", context)


def _latest(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the latest exports that the user may see; each act by itself, which an index gives."""
    entries: list[AuditEntry] = []
    for act in (EXPORT, EXPORT_CONTACTS):
        entries += exports(visible(request.user)).filter(act=act.name).order_by("-id")[:LATEST]
    shown = sorted(entries, key=lambda entry: -entry.pk)[:LATEST]
    return [manifest_of(entry) | {"at": entry.at, "words": _words(entry)} for entry in shown]


def _words(entry: AuditEntry) -> str:
    details = entry.details
    of = entry.subject_name or f"{len(details['of'])} {'lists' if details['what'] == 'contacts' else 'campaigns'}"
    return f"{TABLES[details['what']].words} of {of}"
