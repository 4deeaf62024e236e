"""What was chosen in a list is what happens: 1,200 rows over all pages, and not one more."""

from __future__ import annotations

import re
from datetime import time
from html import unescape

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import reverse

from campaigns.models import (
    Campaign,
    CampaignState,
    ImportSource,
    Lead,
    NumberException,
    SuppressedNumber,
    SuppressionList,
)
from dialer.admin.choosing import MOST, ActsOnAllChosen
from dialer.models import Agent, ProviderAccount
from tests.admin import builders
from webhooks.models import Subscription

pytestmark = pytest.mark.django_db
MANY = 1_200
#: More than a page of campaigns; each is stopped by itself, which takes a while.
CAMPAIGNS = 120


@pytest.fixture
def client() -> Client:
    """A superuser's client."""
    client = Client()
    client.force_login(User.objects.create_superuser("olga"))
    return client


def address(model: type[Model]) -> str:
    """Return the address of a list."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def choose_all(client: Client, model: type[Model], action: str, *, query: str = "") -> str:
    """Tick the boxes of the first page, then all that the list has, and ask for an action; return what is answered."""
    first_page = [str(pk) for pk in model._default_manager.order_by("-pk").values_list("pk", flat=True)[:50]]
    sent = {"action": action, "_selected_action": first_page, "select_across": "1", "index": "0"}
    return client.post(address(model) + query, sent, follow=True).content.decode()


def confirm(client: Client, model: type[Model], page: str, *, query: str = "", **typed: str) -> list[str]:
    """Send the form of a page that asks first, as a browser does; return the messages."""
    form = re.search(r"<form[^>]*method=\"post\"[^>]*>(?:(?!</form>).)*name=\"action\".*?</form>", page, re.S)
    assert form is not None
    inputs = re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", form[0])
    fields = {unescape(_of(one, "name")): unescape(_of(one, "value")) for one in inputs}
    reply = client.post(address(model) + query, {**fields, **typed})
    assert reply.status_code == 302, reply.content[:500]
    return [str(message) for message in get_messages(reply.wsgi_request)]


def _of(element: str, attribute: str) -> str:
    found = re.search(rf'{attribute}="([^"]*)"', element)
    return found[1] if found else ""


def running(owner: ProviderAccount, quantity: int, prefix: str = "Run") -> list[Campaign]:
    """Return campaigns under way."""
    template = builders.campaign(owner, name=f"Kept {prefix}", number=len(prefix)).template
    return Campaign.objects.bulk_create(
        Campaign(
            name=f"{prefix} {number}",
            account=owner,
            template=template,
            time_zone="UTC",
            window_opens=time(0, 0),
            window_closes=time.max,
            state=CampaignState.RUNNING,
        )
        for number in range(quantity)
    )


def test_all_campaigns_that_the_page_names_are_stopped_and_no_later_one(client: Client) -> None:
    owner = builders.account()
    named = running(owner, CAMPAIGNS)
    query = f"?state__exact={CampaignState.RUNNING}"
    page = choose_all(client, Campaign, "stop_selected", query=query)
    assert f"Stop {CAMPAIGNS} campaigns?" in page
    assert all(f"<b>{one.name}</b>" in page for one in named)
    [later] = running(ProviderAccount.objects.create(name="Other", provider="voxcore"), 1, prefix="Later")
    said = confirm(client, Campaign, page, query=query, reason="a fire drill")

    assert not Campaign.objects.filter(pk__in=[one.pk for one in named]).exclude(state=CampaignState.STOPPED).exists()
    assert Campaign.objects.get(pk=later.pk).state == CampaignState.RUNNING
    assert len(said) == 11, "ten sentences, and how many more"
    assert said[-1] == f"And {CAMPAIGNS - 10:,} more, alike."


def test_one_that_has_left_the_filter_meanwhile_is_stopped_all_the_same(client: Client) -> None:
    owner = builders.account()
    named = running(owner, 3)
    query = f"?state__exact={CampaignState.RUNNING}"
    page = choose_all(client, Campaign, "stop_selected", query=query)
    Campaign.objects.filter(pk=named[0].pk).update(state=CampaignState.PAUSED)
    confirm(client, Campaign, page, query=query)
    assert {one.state for one in Campaign.objects.filter(pk__in=[one.pk for one in named])} == {CampaignState.STOPPED}


def test_all_suppressed_numbers_that_were_chosen_are_lifted_and_no_later_one(client: Client) -> None:
    suppression = SuppressionList.objects.create(name="Do not call")
    rows = [SuppressedNumber(suppression_list=suppression, number=f"+9198110{number:05d}") for number in range(MANY)]
    SuppressedNumber.objects.bulk_create(rows)
    page = choose_all(client, SuppressedNumber, "delete_selected")
    later = SuppressedNumber.objects.create(suppression_list=suppression, number="+919812000001")
    confirm(client, SuppressedNumber, page)
    assert list(SuppressedNumber.objects.values_list("pk", flat=True)) == [later.pk]


@pytest.mark.parametrize("quantity", [MOST + 1])
def test_more_than_a_request_can_do_are_refused_before_anything_is_done(client: Client, quantity: int) -> None:
    NumberException.objects.bulk_create(
        NumberException(prefix=f"+9199{number:06d}", reason="new range") for number in range(quantity)
    )
    page = choose_all(client, NumberException, "delete_selected")
    assert "more than 5,000" in page
    assert "Nothing was done" in page
    assert NumberException.objects.count() == quantity


LIMITED = [
    (Agent, "disable_there", 20),
    (ProviderAccount, "check_selected", 10),
    (ImportSource, "import_selected", 10),
    (Subscription, "test_selected", 20),
    (Subscription, "renew_selected", 20),
]


@pytest.mark.parametrize(("model", "action", "most"), LIMITED, ids=lambda value: str(value).rsplit(".", 1)[-1])
def test_an_action_that_asks_a_provider_for_each_refuses_too_many_and_does_no_part(
    client: Client, model: type[Model], action: str, most: int
) -> None:
    owner = builders.account()
    suppression = builders.campaign(owner).contact_lists.get()
    made: dict[type[Model], dict[str, object]] = {
        Agent: {"account": owner, "address": "100"},
        ProviderAccount: {"provider": "voxcore"},
        ImportSource: {"contact_list": suppression, "location": "file:x.csv"},
        Subscription: {"url": "https://hooks.example/"},
    }
    for number in range(most + 1):
        values = {**made[model], "name": f"n {number}"}
        if model is Agent:
            values["address"] = f"1{number:03d}"
        model._default_manager.create(**values)
    before = list(model._default_manager.order_by("pk").values())
    page = choose_all(client, model, action)
    assert f"and this takes {most} at once. Nothing was done: choose fewer." in page
    assert list(model._default_manager.order_by("pk").values()) == before


def test_every_list_with_actions_acts_on_all_that_was_chosen() -> None:
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_staff=True, is_active=True)
    lists = [each for each in admin.site._registry.values() if each.get_actions(request)]
    assert len(lists) > 8
    assert [str(each) for each in lists if not isinstance(each, ActsOnAllChosen)] == []


def test_a_list_that_nobody_counted_offers_all_of_it_without_a_number(client: Client) -> None:
    made = builders.campaign(builders.account())
    for nth in range(2):
        builders.lead(made, f"+9199{nth:08}")
    page = client.get(address(Lead)).content.decode()
    assert "Select all leads found" in page
    assert "9999999999" not in page
