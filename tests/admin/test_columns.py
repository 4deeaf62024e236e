"""An upload in three steps: the file, its columns as they will be read, and what became of its rows."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from campaigns.importing.choosing import forget_unchosen
from campaigns.models import Campaign, Contact, ContactImport, ContactList, ImportChunk
from tests.admin import builders
from tests.admin.sent import inputs_of
from tests.admin.test_list_forms import looked_at, uploaded
from tests.api.conftest import API, api

__all__ = ["api"]
pytestmark = pytest.mark.django_db

ROWS = b"""Customer,Mobile,Amount Due,Home,Notes
Asha,9810000001,42,9810000009,x
Ravi,9810000001,7,,y
Mina,nonsense,9,,z
Tara,9810000002,11,,w
"""


@pytest.fixture
def people(db: None) -> ContactList:
    return ContactList.objects.create(name="March", default_region="IN")


def tally(page: str) -> dict[str, int]:
    return {name: int(count) for name, count in re.findall(r'data-tally="(\w+)">(\d+)<', page)}


def test_the_columns_are_shown_with_what_they_become_before_anything_is_imported(
    owner: Client, people: ContactList
) -> None:
    Contact.objects.create(contact_list=people, number="+919810000002")
    address = looked_at(owner, people, ROWS)
    page = owner.get(address).content.decode()
    found = inputs_of(page, form="columns_form")
    assert found["column"] == ["Customer", "Mobile", "Amount Due", "Home", "Notes"]
    assert found["role"] == ["name", "phone", "variables", "variables", "variables"]
    assert found["variable"][2] == "amount_due"
    assert tally(page) == {"good": 1, "duplicate": 2, "bad": 1}
    assert "42 · 7 · 9" in page
    assert "+919810000001" in page
    assert "<b>Not taken:</b> Mobile" in page
    assert Contact.objects.count() == 1
    owner.post(address, {**found, "take": "yes"})
    done = ContactImport.objects.get()
    assert (done.rows_accepted, done.rows_duplicate, done.rows_refused) == (1, 2, 1)
    assert Contact.objects.get(number="+919810000001").variables["amount_due"] == "42"


def test_a_column_is_what_somebody_says_it_is(owner: Client, people: ContactList) -> None:
    address = looked_at(owner, people, ROWS)
    found = inputs_of(owner.get(address).content.decode(), form="columns_form")
    found["role"] = ["name", "phone", "variables", "further_number", "ignore"]
    found["variable"] = ["", "", "due", "", ""]
    again = owner.post(address, found).content.decode()
    assert inputs_of(again, form="columns_form")["variable"][2] == "due"
    assert Contact.objects.count() == 0
    owner.post(address, {**found, "take": "yes"})
    asha = Contact.objects.get(name="Asha")
    assert asha.variables.items() >= {"due": "42", "home": "9810000009"}.items()
    assert "notes" not in asha.variables
    assert asha.further_numbers == ["+919810000009"]
    assert ContactImport.objects.get().column_map == {
        "Amount Due": "variables.due", "Home": "further_number", "Notes": "ignore",
    }  # fmt: skip


def test_where_no_column_is_named_so_the_numbers_are_pointed_at(owner: Client, people: ContactList) -> None:
    address = looked_at(owner, people, b"who,line\nAsha,9810000001\n")
    page = owner.get(address).content.decode()
    assert "No column is named phone" in page
    found = inputs_of(page, form="columns_form")
    assert found["column"] == ["who", "line"]
    refused = owner.post(address, {**found, "take": "yes"}).content.decode()
    assert "No column is named phone" in refused
    owner.post(address, {**found, "role": ["name", "phone"], "take": "yes"})
    assert Contact.objects.get().number == "+919810000001"


def test_the_country_is_said_for_the_file(owner: Client, people: ContactList) -> None:
    address = looked_at(owner, people, b"phone\n020 7946 0958\n")
    found = inputs_of(owner.get(address).content.decode(), form="columns_form")
    owner.post(address, {**found, "region": "gb", "take": "yes"})
    assert Contact.objects.get().number == "+442079460958"


def test_the_result_is_grouped_and_its_two_parts_are_downloaded(
    owner: Client, api: APIClient, people: ContactList
) -> None:
    page = uploaded(owner, people, ROWS).content.decode()
    done = ContactImport.objects.get()
    assert len(re.findall(r'data-code="(\w+)"', page)) == 2
    report = reverse("admin:campaigns_contactimport_report", args=[done.pk])
    mend = b"".join(owner.get(f"{report}?only=mend")).decode()
    both = b"".join(owner.get(f"{report}?only=duplicates")).decode()
    assert ("nonsense" in mend, "Ravi" in mend) == (True, False)
    assert ("nonsense" in both, "Ravi" in both) == (False, True)
    assert b"".join(api.get(f"{API}/imports/{done.pk}/refusals.csv?only=mend")).decode() == mend
    assert api.get(f"{API}/imports/{done.pk}/refusals.csv?only=all").status_code == 400
    assert "Upload the mended file" in page
    mended = mend.replace("nonsense", "9810000003")
    uploaded(owner, people, mended.encode())
    mina = Contact.objects.get(name="Mina")
    assert mina.variables == {"amount_due": "9", "home": "", "notes": "z"}


def test_the_reports_own_columns_are_no_variables_wherever_they_stand(owner: Client, people: ContactList) -> None:
    uploaded(owner, people, b"phone,row_number,name,reason,field\n9810000001,7,Asha,why,phone\n")
    assert Contact.objects.get().variables == {}


def test_a_campaign_is_made_of_the_list_that_was_uploaded(owner: Client, people: ContactList) -> None:
    account = builders.account()
    page = uploaded(owner, people, ROWS).content.decode()
    address = f"{reverse('admin:campaigns_campaign_add')}?list={people.pk}"
    assert address in page
    form = inputs_of(owner.get(address).content.decode(), form="steps_form")
    bot = {"new-action": "VOICE_BOT", "new-VOICE_BOT__bot_id": "b-1"}
    template = builders.campaign(account, name="Other").template
    owner.post(address, {**form, **bot, "name": "Dues", "account": account.pk, "template": template.pk})
    assert Campaign.objects.get(name="Dues").contact_lists.get() == people


@pytest.mark.parametrize(
    ("rows", "said", "never"),
    [
        (b"phone\n9810000001\n", "Every row became a contact.", "Nothing was imported"),
        (b"phone\n9810000001\n9810000001\n", "DUPLICATE", "Every row became a contact."),
    ],
)
def test_what_became_of_rows_is_said_as_it_is(
    owner: Client, people: ContactList, rows: bytes, said: str, never: str
) -> None:
    page = uploaded(owner, people, rows).content.decode()
    assert said in page
    assert never not in page


def test_a_failed_import_never_says_that_every_row_became_a_contact(owner: Client, people: ContactList) -> None:
    Contact.objects.create(contact_list=people, number="+919810000001")
    page = uploaded(owner, people, b"phone\n9810000001\n", if_duplicate="error").content.decode()
    assert ContactImport.objects.get().state == "FAILED"
    assert "Nothing was imported" in page
    assert "Every row became a contact" not in page


def test_who_may_not_overwrite_may_not_say_so(manager_without: Client, people: ContactList) -> None:
    address = looked_at(manager_without, people, ROWS)
    assert manager_without.post(address, {"if_duplicate": "replace", "take": "yes"}).status_code == 403
    assert ContactImport.objects.get().state == "CHOOSING"


@pytest.fixture
def manager_without(db: None) -> Client:
    """Somebody who may upload, and change no contact."""
    user, client = User.objects.create_user("uli", is_staff=True), Client()
    user.user_permissions.set(Permission.objects.filter(codename__in=["add_contact", "view_contactlist"]))
    client.force_login(user)
    return client


def test_a_file_of_which_nobody_says_anything_is_forgotten(owner: Client, people: ContactList) -> None:
    address = looked_at(owner, people, ROWS)
    now = datetime.now(UTC)
    forget_unchosen(now=now)
    assert ImportChunk.objects.exists()
    forget_unchosen(now=now + timedelta(days=2))
    assert not ImportChunk.objects.exists()
    page = owner.get(address, follow=True).content.decode()
    assert "Nobody has said for a day" in page
    assert "Nothing was imported" in page


def test_a_page_that_is_sent_twice_imports_once(owner: Client, people: ContactList) -> None:
    address = looked_at(owner, people, ROWS)
    for _ in range(2):
        owner.post(address, {"if_duplicate": "skip", "take": "yes"})
    assert ContactImport.objects.get().rows_accepted == 2


def test_a_file_without_a_table_says_why(owner: Client, people: ContactList) -> None:
    address = reverse("admin:campaigns_contactlist_upload", args=[people.pk])
    file = SimpleUploadedFile("empty.csv", b"phone\n")
    page = owner.post(address, {"file": file, "key": "k"}, follow=True).content.decode()
    assert "The file has a header and no rows." in page
