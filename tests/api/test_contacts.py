"""Contacts, one by one."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from campaigns.models import Contact, ContactList
from tests.api import made
from tests.api.conftest import API, ClientFor
from tests.campaigns import world

pytestmark = pytest.mark.django_db


def test_a_contact_is_made_with_its_number_in_any_spelling(api: APIClient) -> None:
    contact_list = ContactList.objects.create(name="November", default_region="IN")
    body = {"contact_list": contact_list.pk, "number": "098123 45678", "variables": {"due": "1,200"}}
    reply = api.post(f"{API}/contacts/", body)
    assert reply.status_code == 201, reply.content
    assert reply.json()["number"] == "+919812345678"
    again = api.post(f"{API}/contacts/", {**body, "number": "+91 98123-45678"})
    assert again.status_code == 400
    assert Contact.objects.count() == 1


def test_a_number_without_country_is_refused_where_the_list_has_none(api: APIClient) -> None:
    contact_list = ContactList.objects.create(name="November")
    error = api.post(f"{API}/contacts/", {"contact_list": contact_list.pk, "number": "9812345678"}).json()["error"]
    assert error["fields"][0]["field"] == "number"
    assert "country code" in error["fields"][0]["message"]


@pytest.mark.parametrize(("state", "leads"), [("RUNNING", 1), ("PAUSED", 0), ("COMPLETED", 0)])
def test_a_contact_that_comes_to_a_list_is_called_by_the_campaigns_that_run_over_it(
    api: APIClient, state: str, leads: int
) -> None:
    running = world.campaign(world.account(), leads=0, is_standing=True, state=state)
    elsewhere = ContactList.objects.create(name="Elsewhere", default_region="IN")
    body = {"contact_list": running.contact_lists.get().pk, "number": "+919812345678"}
    assert api.post(f"{API}/contacts/", body).status_code == 201
    assert running.leads.count() == leads
    moved = api.post(f"{API}/contacts/", {**body, "contact_list": elsewhere.pk, "number": "+919812345679"}).json()["id"]
    assert running.leads.count() == leads
    assert api.patch(f"{API}/contacts/{moved}/", {"contact_list": body["contact_list"]}).status_code == 200
    assert running.leads.count() == 2 * leads


def test_a_contact_that_a_campaign_has_stays_in_its_list(api: APIClient) -> None:
    contact = made.lead(made.campaign(), number="+919812345678").contact
    path = f"{API}/contacts/{contact.pk}/"
    assert api.delete(path).status_code == 409
    assert api.patch(path, {"contact_list": made.campaign().contact_lists.get().pk}).status_code == 409
    assert api.patch(path, {"name": "Asha", "number": "+919812345678"}).json()["name"] == "Asha"


def test_a_contact_that_no_campaign_has_is_deleted(api: APIClient) -> None:
    contact = Contact.objects.create(contact_list=ContactList.objects.create(name="November"), number="+919812345678")
    assert api.delete(f"{API}/contacts/{contact.pk}/").status_code == 204
    assert not Contact.objects.exists()


def test_contacts_are_searched_by_name_and_reference(api: APIClient) -> None:
    contact_list = ContactList.objects.create(name="November")
    for n, name in enumerate(("Asha Rao", "Vikram")):
        Contact.objects.create(
            contact_list=contact_list, number=f"+91981234567{n}", name=name, external_reference=f"CRM-{n}"
        )
    assert [row["name"] for row in api.get(f"{API}/contacts/?search=asha").json()["results"]] == ["Asha Rao"]
    assert [row["name"] for row in api.get(f"{API}/contacts/?search=crm-1").json()["results"]] == ["Vikram"]


def test_a_list_goes_with_its_contacts_but_not_with_leads(api: APIClient) -> None:
    campaign = made.campaign()
    kept = made.lead(campaign, number="+919812345678").contact.contact_list
    gone = ContactList.objects.create(name="Gone")
    Contact.objects.create(contact_list=gone, number="+919812345678")
    assert api.delete(f"{API}/lists/{kept.pk}/").status_code == 409
    assert api.delete(f"{API}/lists/{gone.pk}/").status_code == 204
    assert Contact.objects.count() == 1


@pytest.mark.parametrize("path", ["contacts", "calls"])
@pytest.mark.parametrize(
    ("field", "value"), [("name", "Asha\nRao"), ("variables", {"due": "1\r\n2"}), ("variables", {"a": [{"b\t": "c"}]})]
)
def test_control_characters_are_refused_by_their_field(api: APIClient, path: str, field: str, value: object) -> None:
    contact_list = ContactList.objects.create(name="November", default_region="IN")
    body = {"contact_list": contact_list.pk, "number": "+919812345678", field: value}
    reply = api.post(f"{API}/{path}/", body)
    assert reply.status_code == 400
    assert [entry["field"] for entry in reply.json()["error"]["fields"] if "take it out" in entry["message"]] == [field]


def test_contacts_are_found_by_last_digits_and_read_out_by_nobody(api: APIClient, client_for: ClientFor) -> None:
    contact_list = ContactList.objects.create(name="November")
    for n in (416, 999):
        about = {"name": f"Desk 9876501{n}", "external_reference": f"9876501{n}"}
        Contact.objects.create(contact_list=contact_list, number=f"+919812345{n}", **about)
    found = [row["number"] for row in api.get(f"{API}/contacts/?number_ends=45416").json()["results"]]
    assert found == ["+919812345416"]
    assert api.get(f"{API}/contacts/?number_ends=16").status_code == 400
    viewer = client_for("campaigns.view_contact")
    assert len(viewer.get(f"{API}/contacts/?number_ends=416").json()["results"]) == 1
    assert viewer.get(f"{API}/contacts/?number_ends=5416").status_code == 400
    assert len(api.get(f"{API}/contacts/?search=9876501").json()["results"]) == 2
    assert viewer.get(f"{API}/contacts/?search=9876501").json()["results"] == []
    assert len(viewer.get(f"{API}/contacts/?search=9876501416").json()["results"]) == 1, "he knows it"
