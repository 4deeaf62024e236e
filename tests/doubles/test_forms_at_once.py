"""The admin: one form many times at once, and the same thing entered in many forms at once."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.models import Campaign, ContactList, Lead, SuppressedNumber, SuppressionList
from dialer.models import DID, KeptAnswer, ProviderAccount
from tests.admin import builders
from tests.admin.conftest import owner
from tests.admin.posted import ACCOUNT
from tests.doubles.asked import House
from tests.doubles.test_rest import house
from tests.doubles.test_rest_at_once import AT_ONCE, at_once
from tests.sandbox.carrier import carrier_process, receiver, sandbox

__all__ = ["carrier_process", "house", "owner", "receiver", "sandbox"]
pytestmark = pytest.mark.django_db(transaction=True)
ACCOUNTS = reverse("admin:dialer_provideraccount_add")


def sent(owner: Client, url: str, form: dict[str, Any], *, keys: int = 1) -> list[Any]:
    """Send a form AT_ONCE times at once, each as a browser of its own, under so many keys."""

    def one(number: int) -> Any:
        browser = Client(raise_request_exception=False)
        browser.cookies = owner.cookies
        return browser.post(url, {**form, "form_key": f"k-{number % keys}"})

    return at_once(one)


def test_one_form_many_times_at_once_rings_one_phone(owner: Client) -> None:
    url = reverse("admin:campaigns_campaign_ring", args=[builders.campaign(builders.account()).pk])
    answers = sent(owner, url, {"number": "+919812345678"})
    (lead,) = Lead.objects.filter(number="+919812345678")
    assert {(one.status_code, one["Location"]) for one in answers} == {
        (302, reverse("admin:campaigns_lead_change", args=[lead.pk]))
    }
    assert Campaign.objects.filter(is_standing=True).count() == 1


def test_one_new_form_many_times_at_once_makes_one_row(owner: Client) -> None:
    answers = sent(owner, ACCOUNTS, ACCOUNT)
    assert {one.status_code for one in answers} == {302}
    assert ProviderAccount.objects.count() == 1
    assert len({one["Location"] for one in answers}) == 1


def test_the_same_name_in_many_forms_at_once_is_taken_once_and_said_at_the_input(owner: Client) -> None:
    answers = sent(owner, reverse("admin:campaigns_contactlist_add"), {"name": "November"}, keys=AT_ONCE)
    refused = [one for one in answers if one.status_code == 200]
    assert sorted(one.status_code for one in answers) == [200] * (AT_ONCE - 1) + [302]
    assert {str(one.context["adminform"].form.errors["name"][0]) for one in refused} == {
        "Contact list with this Name already exists."
    }
    assert ContactList.objects.count() == 1


def test_a_number_is_bought_once_however_often_the_button_is_pressed(owner: Client, house: House) -> None:
    pk, body = house.quote()
    answers = sent(owner, reverse("admin:dialer_buy_numbers", args=[pk]), {"step": "buy", **body})
    assert {one.status_code for one in answers} == {302}
    assert DID.objects.count() == 1


def test_pauses_and_suppressions_at_once_are_done_once(owner: Client) -> None:
    made = builders.campaign(builders.account(), state="RUNNING")
    url = reverse("admin:campaigns_campaign_operate", args=[made.pk, "pause"])
    assert {one.status_code for one in sent(owner, url, {"reason": "lunch", "sure": "yes"})} == {302}
    assert Campaign.objects.get().state == "PAUSED"
    KeptAnswer.objects.all().delete()
    never = SuppressionList.objects.create(name="Never")
    url = reverse("admin:campaigns_suppressionlist_suppress", args=[never.pk])
    assert {one.status_code for one in sent(owner, url, {"numbers": "+919812345678"}, keys=AT_ONCE)} == {302}
    assert SuppressedNumber.objects.count() == 1
