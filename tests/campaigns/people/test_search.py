"""One search everywhere: a person is found by any part that somebody has, and no index is gone past."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from campaigns.models import Contact, ContactList, Lead, SuppressionList
from campaigns.people.search import Sought, read
from tests.admin import builders
from tests.admin.conftest import owner

__all__ = ["owner"]
pytestmark = pytest.mark.django_db
FIND = "/admin/find/"
NUMBER = "+919812345416"


def found(client: Client, text: str) -> str:
    """Return what the dialog is told, as text."""
    reply = client.get(FIND, {"q": text}, headers={"HX-Request": "true"})
    assert reply.status_code == 200
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", reply.content.decode())).split())


@pytest.fixture
def asha(db: None) -> Lead:
    """Somebody in two lists and a campaign, among others."""
    made = builders.campaign(builders.account(), name="Renewals of March")
    for nth in range(30):
        Contact.objects.create(contact_list=made.contact_lists.get(), number=f"+91988{nth:07}", name="Ravi Kumar")
    lead = builders.lead(made, NUMBER)
    Contact.objects.filter(pk=lead.contact_id).update(name="Asha Patil_Rao", external_reference="CUST-4711")
    other = ContactList.objects.create(name="April", default_region="IN")
    Contact.objects.create(contact_list=other, number=NUMBER, name="Asha P.")
    builders.attempt(lead, external_id="call-77aa")
    return lead


@pytest.fixture
def viewer(db: None) -> Client:
    """A client logged in as one who sees no whole numbers."""
    user = User.objects.create_user("vera", is_staff=True)
    user.groups.add(Group.objects.get(name="viewer"))
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    "text",
    ["+919812345416", "98123 45416", "0 98123-45416", "5416", "2345416", "asha", "patil_", "rao ash", "CUST-4711"],
)
def test_a_person_is_found_by_any_part_that_somebody_has(owner: Client, asha: Lead, text: str) -> None:
    said = found(owner, text)
    assert "People" in said
    assert "Asha" in said
    assert said.count(NUMBER) >= 1
    assert "Ravi" not in said


def test_one_person_in_two_lists_is_one(owner: Client, asha: Lead) -> None:
    said = found(owner, "5416")
    assert said.count("Asha") == 1
    assert "2 lists" in said


def test_what_means_something_in_a_pattern_means_itself(owner: Client, asha: Lead) -> None:
    assert "Nothing is found" in found(owner, "r%vi")
    assert "Nothing is found" in found(owner, "pat_l")


def test_campaigns_and_calls_are_found_too(owner: Client, asha: Lead) -> None:
    call = asha.attempts.get()
    assert "Renewals of March" in found(owner, "of march")
    for text in (f"#{call.pk}", str(call.reference), "call-77aa", NUMBER):
        assert f"Call #{call.pk}" in found(owner, text)


def test_a_suppressed_number_that_is_nobody_is_found(owner: Client) -> None:
    SuppressionList.objects.create(name="Never").numbers.create(number="+919700000001")
    assert "on Never" in found(owner, "+919700000001")


def test_without_a_script_it_is_a_page(owner: Client, asha: Lead) -> None:
    page = owner.get(FIND, {"q": "5416"}).content.decode()
    assert f"/admin/campaigns/contact/{asha.contact_id}/person/" in page or "/person/" in page
    assert "<main" in page
    assert "Type 3 digits" in found(owner, "54")


def test_a_viewer_reads_no_number_out_digit_by_digit(viewer: Client, asha: Lead) -> None:
    said = found(viewer, "416")
    assert "Asha" in said
    assert "98•••••416" in said
    for guess in ("5416", "45416", "345416", "12345416", "812345416"):
        answer = found(viewer, guess)
        assert "Asha" not in answer, guess
        other = guess[:-4] + "9999"
        assert answer.replace(guess, "") == found(viewer, other).replace(other, ""), "whether it is there, sounds alike"


def test_a_viewer_finds_no_digits_in_names(viewer: Client, owner: Client, asha: Lead) -> None:
    Contact.objects.filter(pk=asha.contact_id).update(name="Desk 9876501234")
    assert "Desk" in found(owner, "desk 98")
    assert "Nothing is found" in found(viewer, "desk 98")


def test_nobody_finds_what_he_may_not_see(asha: Lead) -> None:
    user = User.objects.create_user("nobody", is_staff=True)
    client = Client()
    client.force_login(user)
    assert "Nothing is found" in found(client, "asha")


def test_what_a_text_may_mean() -> None:
    def meant(text: str) -> Sought:
        return read(text, regions=("IN",), sees_numbers=True)

    assert meant("#12").row == 12
    assert NUMBER in meant("98123 45416").numbers
    assert meant("5416").end == "5416"
    assert not read("5416", regions=("IN",), sees_numbers=False).end
    assert meant("Asha").may_be_name
    assert not meant("x").may_be_name


def test_an_index_answers_each_search(owner: Client, asha: Lead) -> None:
    """Among many rows; tests/history holds the pages against a year of calls."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO campaigns_contact (contact_list_id, number, name, external_reference, variables, time_zone)
               SELECT %s, '+9170' || lpad((n * 7919 %% 100000000)::text, 8, '0'), 'Name' || n || ' Last' || n,
                      'ref-' || n, '{}', ''
                 FROM generate_series(1, 20000) n ON CONFLICT DO NOTHING""",
            [asha.contact.contact_list_id],
        )
        cursor.execute("ANALYZE campaigns_contact")
        for text in ("5416", "asha", "patil_", "CUST-4711", NUMBER):
            with CaptureQueriesContext(connection) as asked:
                assert "Asha" in found(owner, text)
            for query in asked.captured_queries:
                if '"campaigns_contact"' in query["sql"] or "FROM campaigns_contact" in query["sql"]:
                    cursor.execute(f"EXPLAIN {query['sql']}")
                    plan = "\n".join(row[0] for row in cursor.fetchall())
                    assert not re.search(r"Seq Scan on campaigns_contact\b", plan), f"{text}: {plan}"
