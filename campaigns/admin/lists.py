"""Contact lists, with the upload on the list's own page, and the contacts in them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.widgets import UnfoldAdminTextInputWidget

from campaigns.acts import SEE_IMPORTS, UPLOAD
from campaigns.admin.inputs.pairs import variables_field
from campaigns.admin.person import person_urls
from campaigns.admin.regions import HomeNumberSearch
from campaigns.admin.uploading import UploadForm, upload
from campaigns.leads.corrections import correction_problems, further_numbers_changed, locked, make_way
from campaigns.leads.enrolling import enrol_changed
from campaigns.leads.numbers import read_number
from campaigns.models import Contact, ContactImport, ContactList
from campaigns.rules.deciding import LeadFacts, contact_zones
from campaigns.states.campaigns import UnableToOperate
from dialer.acts.telephone import SEE_NUMBERS
from dialer.admin.base import BigTable, NoBulkDelete
from dialer.admin.places import CountryField
from dialer.admin.ruled import own_view
from dialer.admin.typed import ModelAdmin, display
from dialer.numbers import NumberProblem

RECENT_UPLOADS = 10


class ContactListForm(forms.ModelForm[ContactList]):
    """The country of a list may be written in any case, or by its name."""

    default_region = CountryField(
        label="Default region",
        help_text="Country of numbers written without a country code, e.g. IN. Empty: such numbers are refused.",
    )


@admin.register(ContactList)
class ContactListAdmin(NoBulkDelete, ModelAdmin[ContactList]):
    """Lists of contacts."""

    empty_hint = "Make a list, then upload a CSV or Excel file on its page."
    list_display = ("name", "default_region", "accepted", "created_at")
    search_fields = ("name",)
    search_help_text = "Name"
    form = ContactListForm
    fields = ("name", "default_region")
    # Said again: Django drops the order of the model from a query that sums up.
    ordering = ("-id",)
    list_per_page = 50
    change_form_outer_after_template = "admin/campaigns/upload.html"

    def is_unused(self, obj: ContactList) -> bool:
        """Return whether the list is empty."""
        return not obj.contacts.exists() and not obj.campaigns.exists()

    def users_of(self, obj: ContactList) -> list[str]:
        """Return the campaigns that it is in."""
        return list(obj.campaigns.order_by("name").values_list("name", flat=True))

    def get_queryset(self, request: HttpRequest) -> QuerySet[ContactList]:
        """Sum up the uploads: counting contacts would read millions of rows."""
        uploads = (
            ContactImport.objects.filter(contact_list=OuterRef("pk"), is_dry_run=False)
            .order_by()
            .values("contact_list")
        )
        accepted = Subquery(uploads.annotate(rows=Sum("rows_accepted")).values("rows"))
        rows: QuerySet[Any] = super().get_queryset(request).annotate(rows_accepted=accepted)
        return rows

    @display(description="Contacts uploaded")
    def accepted(self, contact_list: Any) -> str:
        """Return the rows that became contacts."""
        return f"{contact_list.rows_accepted or 0:,}"

    def get_urls(self) -> list[URLPattern]:
        """Add the upload."""
        view = own_view(self.upload, act=UPLOAD)
        return [path("<int:pk>/upload/", view, name="campaigns_contactlist_upload"), *super().get_urls()]

    def upload(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take an upload to the list ``pk``."""
        return upload(request, pk=pk)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Add the upload form and the latest uploads."""
        contact_list = context.get("original")
        if isinstance(contact_list, ContactList):
            context["may_see_uploads"] = SEE_IMPORTS.may(request.user)
            if context["may_see_uploads"]:
                context["recent_uploads"] = contact_list.imports.order_by("-id")[:RECENT_UPLOADS]
            if UPLOAD.may(request.user):
                context["upload_form"] = kwargs.pop("upload_form", None) or UploadForm()
        return super().render_change_form(request, context, *args, **kwargs)

    def response_add(
        self, request: HttpRequest, obj: ContactList, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Go on to the page with the upload form."""
        response = super().response_add(request, obj, post_url_continue)
        if isinstance(response, HttpResponseRedirect) and "_addanother" not in request.POST:
            return HttpResponseRedirect(reverse("admin:campaigns_contactlist_change", args=[obj.pk]))
        return response


class ContactForm(forms.ModelForm[Contact]):
    """What may be mended of a contact."""

    number = forms.CharField(
        max_length=40,
        widget=UnfoldAdminTextInputWidget(),
        # What the page showed goes back with it: a page that is older than a correction does not undo it.
        show_hidden_initial=True,
        help_text="In any spelling. Leads that wait follow to another number, and the wrong one is not rung any more.",
    )
    variables = variables_field(label="Variables", help_text="What calls are told of the person, by name.")

    def clean_number(self) -> str:
        """Return the number in E.164 form. Raises ValidationError where it cannot be corrected to that."""
        contact = self.instance
        if "number" not in self.changed_data:
            return contact.number
        found = read_number(self.cleaned_data["number"], region=contact.contact_list.default_region)
        if isinstance(found, NumberProblem):
            raise forms.ValidationError(found.message)
        if found == contact.number:
            return found
        if contact.contact_list.contacts.filter(number=found).exists():
            raise forms.ValidationError("The list has a contact with this number already.")
        if problems := correction_problems(contact=contact):
            raise forms.ValidationError(problems)
        return found


@admin.register(Contact)
class ContactAdmin(HomeNumberSearch, NoBulkDelete, BigTable, ModelAdmin[Contact]):
    """Contacts: they come by upload; numbers, names, variables and zones may be mended here."""

    form = ContactForm
    empty_hint = "Contacts come by upload, on the page of a contact list."
    list_display = ("person", "name", "contact_list", "external_reference", "time_zone", "created_at")
    # Each leads to the person, where the contact can be edited.
    list_display_links = None
    list_filter = (("contact_list", AutocompleteSelectFilter),)
    list_select_related = ("contact_list",)
    fields = (
        "number",
        "contact_list",
        "name",
        "external_reference",
        "variables",
        "time_zone",
        "zones",
        "further",
        "contact_import",
        "created_at",
    )
    readonly_fields = ("contact_list", "zones", "further", "contact_import", "created_at")

    def get_urls(self) -> list[URLPattern]:
        """Add the person behind a contact."""
        return [*person_urls(), *super().get_urls()]

    @display(description="Number")
    def person(self, obj: Contact) -> str:
        """Return the number, which leads to the person."""
        url = reverse("admin:campaigns_contact_person", args=[obj.pk])
        return format_html('<a class="d-link" href="{}">{}</a>', url, obj.number)

    def get_readonly_fields(self, request: HttpRequest, obj: Contact | None = None) -> tuple[str, ...]:
        """Add the number for who does not see it whole."""
        return self.readonly_fields if SEE_NUMBERS.may(request.user) else ("number", *self.readonly_fields)

    def save_model(self, request: HttpRequest, obj: Contact, form: Any, change: bool) -> None:
        """Save, and have no lead ring a number that was wrong: the contact's own, or one that a variable held."""
        before, now = locked(contact_id=obj.pk), timezone.now()
        if "number" not in form.changed_data:
            obj.number = before.number
        if obj.number != before.number:
            try:
                make_way(contact=before, number=obj.number, contact_list_id=obj.contact_list_id, now=now)
            except UnableToOperate as error:  # in the moment since the form was looked at
                messages.error(request, f"The number stays as it was. {error}")
                obj.number = before.number
        super().save_model(request, obj, form, change)
        further_numbers_changed(before=before, after=obj)
        if obj.number != before.number:
            enrol_changed(contact=obj, now=now)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: contacts come by upload or by the API, which check and count them."""
        return False

    @display(description="Zones")
    def zones(self, obj: Contact) -> str:
        """Return where the person may be: rules that go by the contact's clock want all of them open."""
        zones = contact_zones(LeadFacts(number=obj.number, time_zone=obj.time_zone))
        return ", ".join(zones) or "None is known: no call where hours go by the contact's clock"

    @display(description="Further numbers")
    def further(self, obj: Contact) -> str:
        """Return the other numbers of the person, in the order in which they are rung."""
        return ", ".join(map(str, obj.further_numbers)) or "–"

    def is_unused(self, obj: Contact) -> bool:
        """Return whether no campaign has taken the contact up."""
        return not obj.leads.exists()
