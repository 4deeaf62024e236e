"""A campaign from nothing to calls, by REST alone, and its leads dripped one by one."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from campaigns.models import Campaign, Contact, Lead
from tests.api import made
from tests.api.conftest import API

pytestmark = pytest.mark.django_db

CSV = "phone,name,due\n98123 45678,Asha,1200\n+919812345679,Vikram,300\n12,Nobody,0\n9812345678,Asha again,1\n"


def post(api: APIClient, path: str, body: Any, status: int = 201, **headers: str) -> dict[str, Any]:
    reply = api.post(API + path, body, headers=headers or None)
    assert reply.status_code == status, reply.content
    answer: dict[str, Any] = reply.json()
    return answer


@pytest.fixture
def campaign(api: APIClient) -> dict[str, Any]:
    """Return a campaign that was set up through the API, not started yet."""
    account = post(api, "/accounts/", made.ACCOUNT)
    dids = [
        post(api, "/dids/", {"account": account["id"], "number": f"+91223456789{n}", "max_live_calls": 2})["id"]
        for n in range(2)
    ]
    contact_list = post(api, "/lists/", {"name": "November", "default_region": "IN"})
    template = post(api, "/templates/", {**made.TEMPLATE, "variables": {"customer_name": "name", "amount": "due"}})
    body = {
        "name": "Renewals",
        "account": account["id"],
        "template": template["id"],
        "contact_lists": [contact_list["id"]],
        "dids": dids,
        "retry_rules": {"BUSY": 900},
        **made.WHOLE_DAY,
    }
    return post(api, "/campaigns/", body)


def upload(api: APIClient, campaign: dict[str, Any]) -> dict[str, Any]:
    path = f"{API}/lists/{campaign['contact_lists'][0]}/upload/"
    reply = api.generic("POST", path, CSV, content_type="text/csv")
    assert reply.status_code == 201, reply.content
    answer: dict[str, Any] = reply.json()
    return answer


def test_a_campaign_is_set_up_and_started_by_rest_alone(api: APIClient, campaign: dict[str, Any]) -> None:
    assert campaign["state"] == "DRAFT"
    sums = upload(api, campaign)
    assert [sums[f"rows_{what}"] for what in ("total", "accepted", "duplicate", "refused")] == [4, 2, 1, 1]
    assert [row["row_number"] for row in sums["first_refusals"]] == [4, 5]

    path = f"/campaigns/{campaign['id']}"
    assert post(api, f"{path}/start/", None, 200)["state"] == "RUNNING"
    progress = api.get(f"{API}{path}/progress/").json()
    assert progress["leads_by_state"] == {"PENDING": 2}
    assert progress["due_now"] == 2
    assert post(api, f"{path}/pause/", {"reason": "lunch"}, 200)["in_flight"] == []
    assert post(api, f"{path}/resume/", None, 200)["state"] == "RUNNING"
    assert post(api, f"{path}/stop/", None, 200)["state"] == "STOPPED"
    leads = api.get(f"{API}/leads/?campaign={campaign['id']}").json()["results"]
    assert {lead["state"] for lead in leads} == {"CANCELED"}
    assert post(api, f"{path}/start/", None, 409)["error"]["code"] == "wrong_state"


def test_one_contact_is_dripped_into_a_running_campaign_once(api: APIClient, campaign: dict[str, Any]) -> None:
    upload(api, campaign)
    path = f"/campaigns/{campaign['id']}"
    post(api, f"{path}/start/", None, 200)
    body = {"contact": {"phone": "98123 45670", "name": "Meera", "due": "77"}}
    first = post(api, f"{path}/leads/", body, 201, **{"Idempotency-Key": "order-1"})
    again = post(api, f"{path}/leads/", body, 200, **{"Idempotency-Key": "order-1"})
    assert first["leads_added"] == 1
    assert again["leads_added"] == 0
    assert again["leads"] == first["leads"]
    assert first["leads"][0]["number"] == "+919812345670"
    assert Contact.objects.get(number="+919812345670").variables["due"] == "77"
    assert Lead.objects.filter(number="+919812345670").count() == 1


def test_a_contact_that_the_list_has_already_becomes_a_lead_all_the_same(
    api: APIClient, campaign: dict[str, Any]
) -> None:
    path = f"/campaigns/{campaign['id']}"
    post(api, f"{path}/leads/", {"contact": {"phone": "9812345670"}})
    post(api, f"{path}/start/", None, 200)
    Contact.objects.create(contact_list_id=campaign["contact_lists"][0], number="+919812345671")
    rows = [{"phone": "9812345671"}, {"phone": "9812345672"}, {"phone": "9812345670"}, {"phone": "7"}]
    answer = post(api, f"{path}/leads/", {"rows": rows})
    assert answer["leads_added"] == 2
    assert {lead["number"][-1] for lead in answer["leads"]} == {"0", "1", "2"}
    assert [row["row_number"] for row in answer["contact_import"]["first_refusals"] if row["field"] == "phone"][-1] == 4


def test_a_lead_can_be_due_later(api: APIClient, campaign: dict[str, Any]) -> None:
    body = {"contact": {"phone": "9812345670"}, "due_at": "2031-05-06T10:00:00+05:30"}
    answer = post(api, f"/campaigns/{campaign['id']}/leads/", body)
    assert answer["leads"][0]["next_attempt_at"] == "2031-05-06T04:30:00Z"


def test_a_lead_of_a_running_campaign_can_be_due_later(api: APIClient, campaign: dict[str, Any]) -> None:
    upload(api, campaign)
    post(api, f"/campaigns/{campaign['id']}/start/", None, 200)
    body = {"contact": {"phone": "9812345670"}, "due_at": "2031-05-06T10:00:00+05:30"}
    answer = post(api, f"/campaigns/{campaign['id']}/leads/", body)
    assert answer["leads"][0]["next_attempt_at"] == "2031-05-06T04:30:00Z"


def test_a_campaign_that_is_over_takes_no_leads(api: APIClient, campaign: dict[str, Any]) -> None:
    path = f"/campaigns/{campaign['id']}"
    post(api, f"{path}/stop/", None, 200)
    error = post(api, f"{path}/leads/", {"contact": {"phone": "9812345670"}}, 409)["error"]
    assert error["code"] == "wrong_state"
    assert not Contact.objects.exists()


def test_one_contact_and_many_rows_are_not_mixed(api: APIClient, campaign: dict[str, Any]) -> None:
    path = f"/campaigns/{campaign['id']}/leads/"
    for body in ({}, {"contact": {"phone": "1"}, "rows": [{"phone": "2"}]}):
        assert "either" in post(api, path, body, 400)["error"]["message"]


def test_dids_of_another_account_are_refused(api: APIClient, campaign: dict[str, Any]) -> None:
    foreign = made.campaign().dids.get()
    reply = api.patch(f"{API}/campaigns/{campaign['id']}/", {"dids": [foreign.pk]})
    assert reply.status_code == 400
    assert [field["field"] for field in reply.json()["error"]["fields"]] == ["dids"]


def test_lists_cannot_be_exchanged_after_the_start(api: APIClient, campaign: dict[str, Any]) -> None:
    upload(api, campaign)
    path = f"/campaigns/{campaign['id']}"
    post(api, f"{path}/start/", None, 200)
    other = post(api, "/lists/", {"name": "Other"})
    error = api.patch(f"{API}{path}/", {"contact_lists": [other["id"]], "max_live_calls": 1}).json()["error"]
    assert [field["field"] for field in error["fields"]] == ["contact_lists"]
    assert api.patch(f"{API}{path}/", {"max_live_calls": 1}).json()["max_live_calls"] == 1


def test_a_draft_is_deleted_with_its_leads(api: APIClient, campaign: dict[str, Any]) -> None:
    path = f"/campaigns/{campaign['id']}"
    post(api, f"{path}/leads/", {"contact": {"phone": "9812345670"}})
    assert api.delete(f"{API}{path}/").status_code == 204
    assert not Lead.objects.exists()
    assert Contact.objects.count() == 1


def test_contacts_added_with_a_key_are_answered_again_when_the_campaign_is_over(
    api: APIClient, campaign: dict[str, Any]
) -> None:
    path, body = f"/campaigns/{campaign['id']}/leads/", {"contact": {"phone": "98123 45677", "name": "Meera"}}
    first = post(api, path, body, 201, **{"Idempotency-Key": "meera"})
    Campaign.objects.filter(pk=campaign["id"]).update(state="COMPLETED")
    again = post(api, path, body, 200, **{"Idempotency-Key": "meera"})
    assert ([one["id"] for one in again["leads"]], again["leads_added"]) == ([first["leads"][0]["id"]], 0)
    post(api, path, body, 409, **{"Idempotency-Key": "another"})
