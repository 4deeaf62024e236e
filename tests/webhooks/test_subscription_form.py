"""The rows of a subscription's form: headers whose values are on no page, and its own names for what it is told."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from tests.admin.conftest import owner
from tests.admin.sent import Inputs, inputs_of
from tests.api.conftest import API, api
from webhooks.models import Subscription

__all__ = ["api", "owner"]
SECRET, OTHER = "a-key-of-the-crm", "another-key-of-it"
KEY_MAP = {
    "phone": "{{lead.number}}",
    "customer": {"plan": "{{crm.plan}}", "tags": ["dialer", "{{result.outcome}}", ["{{call.id}}"]]},
    "version": 2,
    "share": 0.5,
    "is_test": False,
    "nothing": None,
    "empty": "",
    "none": [],
    "with.dot": "{{call.id}}",
    "spaced": " {{call.id}} ",
}


@pytest.fixture
def made(api: APIClient) -> Subscription:
    wanted = {"name": "CRM", "url": "https://crm.example/", "headers": {"X-Api-Key": SECRET}, "key_map": KEY_MAP}
    assert api.post(f"{API}/subscriptions/", wanted, format="json").status_code == 201
    return Subscription.objects.get()


def address(made: Subscription) -> str:
    return reverse("admin:webhooks_subscription_change", args=[made.pk])


def opened(owner: Client, made: Subscription) -> Inputs:
    """Return what a browser sends of its page, untouched."""
    return inputs_of(owner.get(address(made)).content.decode(), form="subscription_form")


def refused(reply: Any) -> dict[str, list[str]]:
    assert reply.status_code == 200, reply.content
    return dict(reply.context["adminform"].form.errors)


def row_of(inputs: Inputs, field: str, name: str) -> str:
    """Return the place of the row whose name this is, with the field before it."""
    found = (key for key, value in inputs.items() if value == [name] and re.fullmatch(rf"{field}-\d+-name", key))
    return next(found).removesuffix("-name")


def test_what_rest_wrote_the_form_shows_in_rows_and_saves_as_it_was(
    owner: Client, api: APIClient, made: Subscription
) -> None:
    page = owner.get(address(made)).content.decode()
    inputs = inputs_of(page, form="subscription_form")
    assert SECRET not in page
    assert "<textarea" not in page.split('id="subscription_form"')[1].split("</form>")[0]
    said = {key: value[0] for key, value in inputs.items() if re.fullmatch(r"key_map-\d+-(name|value|kind)", key)}
    assert {"customer.tags[2][0]", "{{result.outcome}}", "0.5", "truth", "nothing"} <= set(said.values())
    assert "none: an empty list" in page
    assert owner.post(address(made), {**inputs, "name": "Renamed"}).status_code == 302
    told = api.get(f"{API}/subscriptions/{made.pk}/").json()
    assert (told["name"], told["key_map"], told["header_names"]) == ("Renamed", KEY_MAP, ["X-Api-Key"])
    assert Subscription.objects.get().headers == {"X-Api-Key": SECRET}


def test_rows_are_changed_added_and_taken_away(owner: Client, api: APIClient, made: Subscription) -> None:
    inputs = opened(owner, made)
    inputs[f"{row_of(inputs, 'key_map', 'version')}-value"] = ["3"]
    inputs[f"{row_of(inputs, 'key_map', 'phone')}-value"] = ["tel:{{lead.number}}"]
    gone = row_of(inputs, "key_map", "customer.tags[0]")
    inputs = {key: value for key, value in inputs.items() if not key.startswith(gone)}
    inputs |= {"key_map-90-name": ["customer.name"], "key_map-90-value": ["{{crm.name}}"], "key_map-90-kind": [""]}
    inputs |= {"headers-90-name": ["X-Tenant"], "headers-90-value": [OTHER]}
    assert owner.post(address(made), inputs).status_code == 302
    told = api.get(f"{API}/subscriptions/{made.pk}/").json()["key_map"]
    customer = {"plan": "{{crm.plan}}", "tags": ["{{result.outcome}}", ["{{call.id}}"]], "name": "{{crm.name}}"}
    assert told == {**KEY_MAP, "version": 3, "phone": "tel:{{lead.number}}", "customer": customer}
    assert Subscription.objects.get().headers == {"X-Api-Key": SECRET, "X-Tenant": OTHER}
    inputs = {key: value for key, value in opened(owner, made).items() if not key.startswith(("key_map", "headers"))}
    assert owner.post(address(made), inputs).status_code == 302
    assert (Subscription.objects.get().key_map, Subscription.objects.get().headers) == (None, {})


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"name": "a", "value": "{{lead.nubmer}}"}, "Did you mean {{lead.number}}"),
        ({"name": "a", "value": ""}, "Enter what it holds"),
        ({"name": "", "value": "{{lead.id}}"}, "Enter the name that you want"),
        ({"name": "a..b", "value": "x"}, "Write phone"),
        ({"name": "a", "value": "x", "kind": "number"}, "Enter a number"),
        ({"name": "a", "value": "x", "kind": "truth"}, "Enter true or false"),
        ({"name": "phone", "value": "x"}, "“phone” is there twice"),
        ({"name": "phone.mobile", "value": "x"}, "“phone” is a value in another row"),
        ({"name": "customer", "value": "x"}, "“customer” is an object in another row"),
        ({"name": "customer.tags.first", "value": "x"}, "“customer.tags” is a list in another row"),
    ],
)
def test_what_is_wrong_with_a_name_is_said_at_its_row(
    owner: Client, made: Subscription, row: dict[str, str], problem: str
) -> None:
    inputs = opened(owner, made) | {f"key_map-90-{part}": [text] for part, text in row.items()}
    reply = owner.post(address(made), inputs)
    assert problem in str(refused(reply)["key_map"])
    shown = reply.content.decode().replace("&quot;", '"')
    (said,) = re.findall(r'<ul class="d-row-problems".*?</ul>', shown)
    assert problem in said
    assert Subscription.objects.get().key_map == KEY_MAP


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"name": "X-Tenant", "value": ""}, "Enter it"),
        ({"name": "", "value": "7"}, "Enter its name"),
        ({"name": "X A", "value": "7"}, "no name of a header"),
        ({"name": "Host", "value": "7"}, "is set by us"),
        ({"name": "X-Tenant", "value": "7é"}, "plain characters"),
        ({"name": "x-api-key", "value": "7"}, "is there twice"),
    ],
)
def test_what_is_wrong_with_a_header_is_said_at_its_row(
    owner: Client, made: Subscription, row: dict[str, str], problem: str
) -> None:
    reply = owner.post(
        address(made), opened(owner, made) | {f"headers-90-{part}": [text] for part, text in row.items()}
    )
    assert problem in str(refused(reply)["headers"])
    (said,) = re.findall(r'<ul class="d-row-problems".*?</ul>', reply.content.decode())
    assert problem in said
    assert Subscription.objects.get().headers == {"X-Api-Key": SECRET}


def test_a_header_of_another_name_asks_for_its_value_again(owner: Client, made: Subscription) -> None:
    reply = owner.post(address(made), opened(owner, made) | {"headers-0-name": ["X-Other"]})
    assert "the stored one is that of X-Api-Key" in str(refused(reply)["headers"])


def test_secrets_that_were_typed_are_kept_while_another_input_is_mended_and_are_on_no_page(
    owner: Client, made: Subscription
) -> None:
    typed = {"headers-0-value": [OTHER], "token": ["a-token"], "name": [""]}
    reply = owner.post(address(made), opened(owner, made) | typed)
    page = reply.content.decode()
    assert list(refused(reply)) == ["name"]
    assert OTHER not in page
    assert "a-token" not in page
    assert owner.post(address(made), inputs_of(page, form="subscription_form") | {"name": ["CRM"]}).status_code == 302
    saved = Subscription.objects.get()
    assert (saved.headers, saved.token) == ({"X-Api-Key": OTHER}, "a-token")


def test_headers_that_no_key_opens_stay_until_their_row_is_removed(
    owner: Client, made: Subscription, settings: Settings
) -> None:
    ours, other = settings.DIALER_ENCRYPTION_KEYS, "a key of another time"
    settings.DIALER_ENCRYPTION_KEYS = [other]
    Subscription.objects.update(headers={"X-Api-Key": SECRET})
    settings.DIALER_ENCRYPTION_KEYS = ours
    assert owner.post(address(made), opened(owner, made) | {"batch_size": ["5"]}).status_code == 302
    more = {"headers-90-name": ["X-Tenant"], "headers-90-value": ["7"]}
    reply = owner.post(address(made), opened(owner, made) | more)
    assert "Remove the row that cannot be read" in str(refused(reply)["headers"])
    settings.DIALER_ENCRYPTION_KEYS = [*ours, other]
    kept = Subscription.objects.get()
    assert (kept.batch_size, kept.headers) == (5, {"X-Api-Key": SECRET})
    settings.DIALER_ENCRYPTION_KEYS = ours
    anew = {key: value for key, value in opened(owner, made).items() if not key.startswith("headers")} | more
    assert owner.post(address(made), anew).status_code == 302
    assert Subscription.objects.get().headers == {"X-Tenant": "7"}


def test_a_map_of_more_rows_than_a_page_takes_is_kept_whole(owner: Client, made: Subscription) -> None:
    large = {f"n{place}": "{{lead.id}}" for place in range(300)}
    Subscription.objects.update(key_map=large)
    inputs = opened(owner, made)
    assert len([key for key in inputs if key.startswith("key_map")]) == 1
    assert owner.post(address(made), inputs | {"name": ["Renamed"]}).status_code == 302
    saved = Subscription.objects.get()
    assert (saved.name, saved.key_map) == ("Renamed", large)
