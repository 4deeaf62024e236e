"""Numbers over REST: exceptions to the number plan, zones of contacts, and finding a number as it is written."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from campaigns.models import Contact, ContactList, NumberException
from tests.api import made
from tests.api.conftest import API, ClientFor

pytestmark = pytest.mark.django_db
PATH = f"{API}/number-exceptions/"
NEWER = {"prefix": "+9159", "reason": "DoT letter of May 2026"}


def test_a_range_that_somebody_with_the_right_lets_through_is_taken(api: APIClient, client_for: ClientFor) -> None:
    contact_list = ContactList.objects.create(name="November", default_region="IN")
    body = {"contact_list": contact_list.pk, "number": "59988 12316"}
    error = api.post(f"{API}/contacts/", body).json()["error"]["fields"][0]
    assert error["field"] == "number"
    assert "number exceptions" in error["message"]
    assert client_for("campaigns.add_contact").post(PATH, NEWER).status_code == 403
    keeper = client_for("campaigns.add_numberexception", "campaigns.view_numberexception")
    added = keeper.post(PATH, NEWER)
    assert added.status_code == 201, added.content
    assert (added.json()["added_by"][:5], added.json()["reason"]) == ("user-", NEWER["reason"])
    assert api.post(f"{API}/contacts/", body).json()["number"] == "+915998812316"
    assert keeper.get(PATH).json()["results"][0]["prefix"] == "+9159"
    assert keeper.delete(f"{PATH}{added.json()['id']}/").status_code == 403
    assert api.delete(f"{PATH}{added.json()['id']}/").status_code == 204
    assert Contact.objects.count() == 1


@pytest.mark.parametrize("prefix", ["+91", "+915", "9159", "+9999999", "+", "+91 59", "+9159881231612345"])
def test_an_exception_is_the_beginning_of_some_numbers_of_a_country(api: APIClient, prefix: str) -> None:
    reply = api.post(PATH, {**NEWER, "prefix": prefix})
    assert reply.status_code == 400
    assert reply.json()["error"]["fields"][0]["field"] == "prefix"


def test_an_exception_says_why_and_is_made_once(api: APIClient) -> None:
    assert api.post(PATH, {"prefix": "+9159"}).status_code == 400
    assert api.post(PATH, NEWER).status_code == 201
    assert api.post(PATH, NEWER).status_code == 400
    assert NumberException.objects.count() == 1


def test_a_single_call_to_a_number_that_was_let_through_is_taken(api: APIClient) -> None:
    campaign = made.campaign()
    body = {"account": campaign.account_id, "template": campaign.template_id, "number": "+915998812316"}
    assert api.post(f"{API}/calls/", body).status_code == 400
    api.post(PATH, NEWER)
    reply = api.post(f"{API}/calls/", body)
    assert reply.status_code == 201, reply.content


def test_a_contact_names_the_zones_in_which_it_may_be(api: APIClient) -> None:
    contact_list = ContactList.objects.create(name="November")
    named = {"number": "+13085550117", "time_zone": "America/Denver"}
    for fields in ({"number": "+13085550116"}, named, {"number": "+213563000116"}, {"number": "+88213000000"}):
        Contact.objects.create(contact_list=contact_list, **fields)
    found = api.get(f"{API}/contacts/?ordering=id").json()["results"]
    expected = [["America/Chicago", "America/Denver"], ["America/Denver"], ["Africa/Algiers"], []]
    assert [row["zones"] for row in found] == expected


SPELLINGS = [
    "+919820065116",
    "%2B919820065116",
    "919820065116",
    "9820065116",
    "09820065116",
    "0091 98200 65116",
    "98200 65116",
    "(+91) 98200-65116",
    "९८२००६५११६",
]


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("what", ["contacts", "leads"])
def test_a_number_is_found_as_people_write_it(api: APIClient, spelling: str, what: str) -> None:
    campaign = made.campaign()
    made.lead(campaign, number="+919820065116")
    made.lead(campaign, number="+919820065117")
    ContactList.objects.create(name="Of India", default_region="IN")
    found: dict[str, Any] = api.get(f"{API}/{what}/?number={spelling}").json()
    assert [row["number"] for row in found["results"]] == ["+919820065116"], found


def test_a_number_is_found_by_its_old_spelling(api: APIClient) -> None:
    made.lead(made.campaign(), number="+525512345616")
    found = api.get(f"{API}/contacts/?number=%2B5215512345616").json()["results"]
    assert [row["number"] for row in found] == ["+525512345616"]


@pytest.mark.parametrize("what", ["contacts", "leads", "attempts", "skips", "opt-outs"])
def test_what_is_no_whole_number_is_told_what_to_write(api: APIClient, what: str) -> None:
    reply = api.get(f"{API}/{what}/?number=65116")
    assert reply.status_code == 400, reply.content
    assert "whole number" in reply.json()["error"]["fields"][0]["message"]


@pytest.mark.parametrize(
    "spelling", ["9820065116", "09820065116", "+919820065116", "919820065116", "(+91) 98200-65116"]
)
def test_the_record_of_a_number_is_found_as_people_write_it(api: APIClient, spelling: str) -> None:
    for region, name in (("IN", "India"), ("US", "Elsewhere")):
        ContactList.objects.create(name=name, default_region=region)
    path = f"{API}/evidence/?number={spelling}"  # a plus arrives as a space
    made.lead(made.campaign(), number="+919820065116")
    assert api.get(path).status_code == 200
    unknown = api.get(f"{API}/evidence/?number=2125550116").json()["error"]["fields"][0]
    assert (unknown["field"], "+12125550116" in unknown["message"]) == ("number", True)
    assert "as at home in" in api.get(f"{API}/evidence/?number=nobody").json()["error"]["message"]
