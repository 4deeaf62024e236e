"""What was read at the providers is offered by name, and what is not among it is warned of."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from dialer.accounts.pick_lists import NOTHING_READ, OR_TYPE, PickLists
from dialer.models import ItemKind, ProviderAccount, SyncedItem
from dialer.providers.base import Field
from tests.campaigns import world

pytestmark = pytest.mark.django_db

SLUG = "ivrsolutions"
FLOW = Field(name="flow_id", label="Call flow", picks="CALL_FLOW")


def read(account: ProviderAccount, external_id: str, name: str, **fields: Any) -> None:
    """Write down that the account's provider lists a thing."""
    values = {"kind": ItemKind.CALL_FLOW, "seen_at": timezone.now(), **fields}
    SyncedItem.objects.create(account=account, external_id=external_id, name=name, **values)


def test_choices_are_by_name_and_name_every_account_that_has_them() -> None:
    delhi, pune = world.account(provider=SLUG), world.account(provider=SLUG)
    read(delhi, "7", "welcome")
    read(delhi, "8", "Goodbye")
    read(pune, "7", "welcome")
    found = PickLists().of(SLUG, "CALL_FLOW")
    assert found.choices == [
        ("8", f"Goodbye (8) · {delhi.name}"),
        ("7", f"welcome (7) · {delhi.name}, {pune.name}"),
    ]
    assert found.hint == OR_TYPE


def test_what_is_gone_or_of_another_provider_is_not_offered() -> None:
    read(world.account(provider=SLUG), "7", "old", is_gone=True)
    read(world.account(provider="altur"), "9", "elsewhere")
    found = PickLists().of(SLUG, "CALL_FLOW")
    assert (found.choices, found.hint) == ([], NOTHING_READ)


def test_a_text_goes_by_its_name_and_shows_what_the_provider_decided() -> None:
    account = world.account(provider=SLUG)
    read(account, "3", "welcome_v2", kind=ItemKind.TEXT_TEMPLATE, status="Pending")
    assert PickLists().of(SLUG, "TEXT_TEMPLATE").choices == [("welcome_v2", f"welcome_v2, Pending · {account.name}")]


@pytest.mark.parametrize(("value", "is_warned"), [("7", False), (7, False), ("70", True), ("", False), (None, False)])
def test_a_value_that_was_not_read_is_warned_of(value: Any, is_warned: bool) -> None:
    read(world.account(provider=SLUG), "7", "welcome")
    said = PickLists().warnings(slug=SLUG, fields=[FLOW], values={"flow_id": value})
    assert bool(said) is is_warned
    assert all("Call flow 70 is not among what was read" in sentence for sentence in said)


def test_nothing_is_warned_of_where_nothing_was_read() -> None:
    assert PickLists().warnings(slug=SLUG, fields=[FLOW], values={"flow_id": "70"}) == []


def test_all_lists_of_a_page_are_one_question(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    read(world.account(provider=SLUG), "7", "welcome")
    lists = PickLists()
    with django_assert_num_queries(1):
        assert lists.of(SLUG, "CALL_FLOW").choices
        assert lists.every("CALL_FLOW")
        assert not lists.of("altur", "VOICE_BOT").choices
