"""A contact is corrected while a campaign runs over its list: the wrong number is rung no more, one costs one."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from campaigns.leads import enrolling
from campaigns.models import Attempt, Campaign, Contact, Lead
from dialer.advisory_locks import AdvisoryLock, take
from tests.api.conftest import API
from tests.campaigns import world
from tests.campaigns.states.racing import beside_a_transaction

pytestmark = pytest.mark.django_db

WRONG, RIGHT, OTHER = "+919812345678", "+919812345679", "+919812345670"


def running(*numbers: str, **fields: Any) -> tuple[Campaign, Contact]:
    """Return a campaign that runs over these numbers, and the contact of the first."""
    made = world.campaign(world.account(), leads=numbers, **fields)
    return made, Contact.objects.earliest("id")


def correct(api: APIClient, contact: Contact, **given: Any) -> Any:
    return api.patch(f"{API}/contacts/{contact.pk}/", given or {"number": RIGHT}, format="json")


def rung(made: Campaign) -> list[str]:
    return world.taken_numbers(world.claimed(made.account))


def refusal(reply: Any) -> str:
    assert reply.status_code == 409, reply.content
    assert reply.json()["error"]["code"] == "in_use"
    return str(reply.json()["error"]["message"])


@pytest.mark.parametrize("change", ["number", "contact_list"])
def test_one_old_contact_costs_one_contact(api: APIClient, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    monkeypatch.setattr(enrolling, "PIECE", 2)
    old = Contact.objects.create(contact_list=world.contact_list([]), number=WRONG)
    made, _ = running(*world.numbers(7))
    to: dict[str, Any] = {"contact_list": made.contact_lists.get().pk}
    if change == "number":
        Contact.objects.filter(pk=old.pk).update(contact_list_id=to["contact_list"])
        to = {"number": RIGHT}
    assert correct(api, old, **to).status_code == 200
    made.refresh_from_db()
    assert made.enrolling_after_id is None
    assert made.leads.count() == 8


def test_a_waiting_lead_follows_the_correction(api: APIClient) -> None:
    made, contact = running(WRONG)
    assert correct(api, contact).status_code == 200
    assert rung(made) == [RIGHT]
    assert made.leads.count() == 1


def test_what_was_put_off_for_the_wrong_number_is_judged_anew(api: APIClient) -> None:
    made, contact = running("+88213312345", hours_follow="CONTACT")
    made.leads.update(next_attempt_at="2100-01-01T00:00Z", state_reason="Its hours are not open")
    assert correct(api, contact).status_code == 200
    lead = made.leads.get()
    assert (lead.number, lead.state_reason, lead.next_attempt_at.year < 2100) == (RIGHT, "", True)


def test_a_callback_keeps_its_instant_and_is_made_to_the_right_number(api: APIClient) -> None:
    made, contact = running(WRONG)
    at = "2100-01-01T00:00Z"
    made.leads.update(next_attempt_at=at, callback_at=at, state_reason="Callback set by Asha")
    assert correct(api, contact).status_code == 200
    lead = made.leads.get()
    assert (lead.number, lead.state_reason, lead.callback_at) == (RIGHT, "Callback set by Asha", lead.next_attempt_at)


def test_nobody_is_rung_twice_where_the_campaign_has_the_right_number_already(api: APIClient) -> None:
    made, contact = running(WRONG)
    made.contact_lists.add(world.contact_list([RIGHT]))
    world.enrol_campaign(campaign_id=made.pk, now=world.NOON)
    assert correct(api, contact).status_code == 200
    assert rung(made) == [RIGHT]
    ended = Lead.objects.get(number=WRONG)
    assert (ended.state, "has already" in ended.state_reason) == ("CANCELED", True)


def test_nobody_is_corrected_while_on_the_line(api: APIClient) -> None:
    made, contact = running(WRONG)
    world.place(made)
    assert "calling the contact at this moment" in refusal(correct(api, contact))
    assert Contact.objects.get(pk=contact.pk).number == WRONG


def test_who_was_called_is_not_called_again_for_a_new_number(api: APIClient) -> None:
    made, contact = running(WRONG, OTHER)
    made.leads.filter(number=WRONG).update(state="COMPLETED", ended_at=world.NOON)
    assert "is done with this contact" in refusal(correct(api, contact))
    Campaign.objects.filter(pk=made.pk).update(state="STOPPED")
    assert correct(api, contact).status_code == 200
    # What was called stays as it was: it is history.
    assert made.leads.filter(number=WRONG, state="COMPLETED").exists()
    assert not made.leads.filter(number=RIGHT).exists()


def test_a_single_call_is_not_led_elsewhere(api: APIClient) -> None:
    _, contact = running(WRONG, is_standing=True)
    assert "single call" in refusal(correct(api, contact))


def test_a_further_number_that_was_wrong_is_not_rung_either(api: APIClient) -> None:
    made, contact = running(WRONG)
    Contact.objects.update(further_numbers=[OTHER], variables={"mobile_2": "98123 45671"})
    for was, change in ((OTHER, {"further_numbers": []}), ("+919812345671", {"variables": {}})):
        made.leads.update(other_number=was)
        assert correct(api, contact, name="Asha").status_code == 200
        assert made.leads.get().other_number == was
        assert correct(api, contact, **change).status_code == 200
        assert made.leads.get().other_number is None


def in_the_admin(client: Client, contact: Contact, **given: str) -> Any:
    page = reverse("admin:campaigns_contact_change", args=[contact.pk])
    # As the page was when it was opened.
    shown = {"number": contact.number, "initial-number": contact.number}
    return client.post(page, {**shown, "name": "", "external_reference": "", "time_zone": "", **given})


def test_nor_when_the_admin_takes_it_away(admin_client: Client) -> None:
    made, contact = running(WRONG)
    Contact.objects.update(variables={"mobile_2": "98123 45671"})
    made.leads.update(other_number="+919812345671")
    assert in_the_admin(admin_client, contact, name="Asha").status_code == 302
    assert Contact.objects.get().variables == {}
    assert made.leads.get().other_number is None


def test_a_number_that_is_corrected_in_the_admin_is_rung_instead_of_the_wrong_one(admin_client: Client) -> None:
    made, contact = running(WRONG)
    assert in_the_admin(admin_client, contact, number="98123 45679").status_code == 302
    assert Contact.objects.get().number == RIGHT
    assert rung(made) == [RIGHT]


def test_a_page_that_is_older_than_a_correction_does_not_undo_it(admin_client: Client, api: APIClient) -> None:
    made, contact = running(WRONG)
    opened = admin_client.get(reverse("admin:campaigns_contact_change", args=[contact.pk])).content.decode()
    assert f'name="initial-number" value="{WRONG}"' in opened
    assert correct(api, contact).status_code == 200
    assert in_the_admin(admin_client, contact, name="Asha").status_code == 302
    assert Contact.objects.values_list("number", "name").get() == (RIGHT, "Asha")
    assert rung(made) == [RIGHT]


def test_a_number_that_would_be_refused_today_keeps_nobody_from_mending_the_name(admin_client: Client) -> None:
    _, contact = running(WRONG)
    Contact.objects.update(number="+99912345678")
    contact.refresh_from_db()
    assert in_the_admin(admin_client, contact, name="Asha").status_code == 302
    assert Contact.objects.values_list("number", "name").get() == ("+99912345678", "Asha")


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("12", "too few digits"), (OTHER, "has a contact with this number already"),
        (RIGHT, "is calling the contact at this moment"),
    ],
)  # fmt: skip
def test_the_admin_says_at_the_field_why_a_number_cannot_be_corrected(
    admin_client: Client, number: str, said: str
) -> None:
    made, contact = running(WRONG, OTHER)
    world.place(made)
    page = in_the_admin(admin_client, contact, number=number)
    assert page.status_code == 200
    assert said in " ".join(page.context["adminform"].form.errors["number"])
    assert Contact.objects.get(pk=contact.pk).number == WRONG


def test_who_does_not_see_whole_numbers_corrects_none(client: Client) -> None:
    user = User.objects.create_user("ravi", is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(codename__in=["view_contact", "change_contact"]))
    client.force_login(user)
    made, contact = running(WRONG)
    page = reverse("admin:campaigns_contact_change", args=[contact.pk])
    assert WRONG not in client.get(page).content.decode()
    in_the_admin(client, contact, number=RIGHT)
    assert Contact.objects.get().number == WRONG
    assert made.leads.get().number == WRONG


@pytest.mark.django_db(transaction=True)
def test_a_correction_waits_for_a_piece_and_never_in_a_circle(api: APIClient) -> None:
    """A piece holds the enrolling, and writes the campaign last."""
    made, contact = running(WRONG)
    Campaign.objects.filter(pk=made.pk).update(enrolling_after_id=0)
    replies: list[Any] = []

    with beside_a_transaction() as race, connection.cursor() as cursor:
        take(cursor, AdvisoryLock.ENROL, which=made.pk)
        race.start(lambda: replies.append(correct(api, contact)))
        Campaign.objects.filter(pk=made.pk).update(enrolling_after_id=None)
    assert [reply.status_code for reply in replies] == [200]
    assert rung(made) == [RIGHT]
    assert not Attempt.objects.filter(number=WRONG).exists()
