"""The forms of lists: uploads of contacts, suppressed numbers, and what cannot be deleted."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from campaigns.models import Contact, ContactImport, ContactList, NumberException, SuppressionList
from tests.admin import builders
from tests.admin.sent import inputs_of
from tests.campaigns.importing.workbook import Sheet, workbook


def looked_at(owner: Client, contact_list: ContactList, rows: bytes, *, name: str = "march.csv") -> str:
    """Send a file; return the address of the page with its columns."""
    address = reverse("admin:campaigns_contactlist_upload", args=[contact_list.pk])
    reply = owner.post(address, {"file": SimpleUploadedFile(name, rows), "key": f"k-{ContactImport.objects.count()}"})
    assert reply.status_code == 302, reply.content
    return str(reply["Location"])


def uploaded(owner: Client, contact_list: ContactList, rows: bytes, **said: str) -> Any:
    """Upload a file as its columns were guessed; return its result."""
    page = looked_at(owner, contact_list, rows)
    return owner.post(page, {"if_duplicate": "skip", "take": "yes", **said}, follow=True)


def test_an_upload_leads_to_its_sums_and_its_refused_rows(owner: Client) -> None:
    contact_list = ContactList.objects.create(name="March", default_region="IN")
    rows = "phone,name\n9810000001,Asha\n9810000001,Asha again\nnonsense,Ravi\n"
    reply = uploaded(owner, contact_list, rows.encode())
    done = ContactImport.objects.get()
    assert (done.rows_accepted, done.rows_duplicate, done.rows_refused) == (1, 1, 1)
    assert Contact.objects.get().number == "+919810000001"
    page = reply.content.decode()
    assert "phone: nonsense, name: Ravi" in page  # as the file has them
    report = owner.get(reverse("admin:campaigns_contactimport_report", args=[done.pk]))
    assert "nonsense" in b"".join(report).decode()
    sums = owner.get(reverse("admin:campaigns_contactimport_state", args=[done.pk])).json()
    assert sums["is_over"]
    assert sums["total"] == 3


def test_a_file_that_was_only_looked_at_says_nothing_of_its_lines(owner: Client) -> None:
    contact_list = ContactList.objects.create(name="March", default_region="IN")
    said = owner.get(looked_at(owner, contact_list, b"phone\n9810000001\n")).content.decode()
    assert "columns separated by comma." in said
    assert "The one row was looked at." in said
    assert "0 lines" not in said


def test_a_form_that_is_sent_twice_is_one_upload(owner: Client) -> None:
    contact_list = ContactList.objects.create(name="March", default_region="IN")
    address = reverse("admin:campaigns_contactlist_upload", args=[contact_list.pk])
    for _ in range(2):
        file = SimpleUploadedFile("march.csv", b"phone\n9810000001\n")
        owner.post(address, {"file": file, "key": "k-1", "if_duplicate": "skip"})
    assert ContactImport.objects.count() == 1


def test_a_viewer_cannot_upload(viewer: Client) -> None:
    contact_list = ContactList.objects.create(name="March")
    file = SimpleUploadedFile("march.csv", b"phone\n+919810000001\n")
    address = reverse("admin:campaigns_contactlist_upload", args=[contact_list.pk])
    assert viewer.post(address, {"file": file, "key": "k-1", "if_duplicate": "skip"}).status_code == 403


def test_a_contact_of_more_variables_than_a_page_takes_loses_none(owner: Client) -> None:
    many = {f"column_{place}": "x" for place in range(400)}
    contact_list = ContactList.objects.create(name="March")
    contact = Contact.objects.create(contact_list=contact_list, number="+919810000001", variables=many)
    address = reverse("admin:campaigns_contact_change", args=[contact.pk])
    page = owner.get(address).content.decode()
    assert "400 rows: more than a page takes" in page
    assert owner.post(address, inputs_of(page, form="contact_form") | {"name": ["Asha"]}).status_code == 302
    contact.refresh_from_db()
    assert (contact.name, contact.variables) == ("Asha", many)


def test_pasted_and_uploaded_numbers_are_suppressed(owner: Client) -> None:
    suppression = SuppressionList.objects.create(name="Do not call")
    address = reverse("admin:campaigns_suppressionlist_suppress", args=[suppression.pk])
    file = SimpleUploadedFile("stop.txt", b"+919810000003\nnonsense\n")
    reply = owner.post(
        address, {"numbers": "+919810000001, +919810000002", "file": file, "reason": "asked"}, follow=True
    )
    assert set(suppression.numbers.values_list("number", flat=True)) == {
        "+919810000001",
        "+919810000002",
        "+919810000003",
    }
    assert "nonsense" in reply.content.decode()


def test_a_list_with_contacts_cannot_be_deleted(owner: Client) -> None:
    contact_list = builders.campaign(builders.account()).contact_lists.get()
    address = reverse("admin:campaigns_contactlist_delete", args=[contact_list.pk])
    assert owner.post(address, {"post": "yes"}).status_code == 302
    assert ContactList.objects.filter(pk=contact_list.pk).exists()


def test_a_range_is_let_through_with_the_name_of_who_does_it_and_never_changed(owner: Client, viewer: Client) -> None:
    form = {"prefix": "+9159", "reason": "DoT letter of May 2026"}
    address = reverse("admin:campaigns_numberexception_add")
    assert viewer.post(address, form).status_code == 403
    assert owner.post(address, form).status_code == 302
    made = NumberException.objects.get()
    assert (made.prefix, made.added_by, made.reason) == ("+9159", "olga", form["reason"])
    page = reverse("admin:campaigns_numberexception_change", args=[made.pk])
    assert owner.post(page, {**form, "prefix": "+9158"}).status_code == 403
    assert "+9159" in owner.get(reverse("admin:campaigns_numberexception_changelist")).content.decode()
    refused = owner.post(address, {**form, "prefix": "+91"})
    assert "at least 2 digits" in refused.content.decode()


def test_a_number_that_is_typed_in_one_spelling_is_barred_in_every_one(owner: Client) -> None:
    never = SuppressionList.objects.create(name="Never")
    form = {"suppression_list": never.pk, "number": "+525512345616", "reason": "asked"}
    assert owner.post(reverse("admin:campaigns_suppressednumber_add"), form).status_code == 302
    assert set(never.numbers.values_list("number", flat=True)) == {"+525512345616", "+5215512345616"}


def test_how_a_file_is_to_be_read_can_be_said_and_the_page_says_how_it_was(owner: Client) -> None:
    contact_list = ContactList.objects.create(name="March", default_region="IN")
    rows = "phone;name\n9810000001;Анна\n9810000002;Пётр\n".encode("cp1251")
    page = looked_at(owner, contact_list, rows)
    wrong = owner.post(page, {"if_duplicate": "skip", "encoding": "klingon", "take": "yes"}).content.decode()
    assert "There is no encoding" in wrong
    form = {"if_duplicate": "skip", "encoding": "windows-1251", "delimiter": "semicolon", "take": "yes"}
    reply = owner.post(page, form, follow=True)
    assert Contact.objects.filter(name="Анна").exists()
    assert "Read as cp1251, columns separated by semicolon. 3 lines." in reply.content.decode()


def test_a_workbook_of_numbers_never_to_call_is_read_as_uploads_are(owner: Client) -> None:
    suppression = SuppressionList.objects.create(name="Do not call")
    address = reverse("admin:campaigns_suppressionlist_suppress", args=[suppression.pk])
    content = workbook(Sheet(rows=[["name", "mobile"], ["Asha", "+919810000001"], ["Ravi", "+919810000002"]]))
    owner.post(address, {"file": SimpleUploadedFile("stop.xlsx", content)})
    assert set(suppression.numbers.values_list("number", flat=True)) == {"+919810000001", "+919810000002"}
    broken = owner.post(address, {"file": SimpleUploadedFile("stop.xlsx", content[:-40])}, follow=True)
    assert "no whole Excel workbook" in broken.content.decode()
