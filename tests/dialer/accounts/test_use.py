"""What is used is switched off, never deleted; and live calls are counted where they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from campaigns.models import Attempt
from dialer.accounts.use import live_calls
from dialer.models import DID, Agent, DIDGroup, ProviderAccount
from tests.campaigns import world
from webhooks.models import ProviderEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("owner"))
    return client


def can_be_deleted(owner: Client, row: Any) -> bool:
    """Return whether the admin deletes the row when it is asked to; it says so where it does not."""
    address = reverse(f"admin:dialer_{row._meta.model_name}_delete", args=[row.pk])
    page = owner.post(address, {"post": "yes"}, follow=True).content.decode()
    gone = not type(row).objects.filter(pk=row.pk).exists()
    assert ("so it stays. Nothing was changed." in page) is not gone
    return gone


@pytest.mark.parametrize("kind", ["account", "did", "agent", "group"])
@pytest.mark.parametrize("is_used", [False, True])
def test_what_a_campaign_uses_cannot_be_deleted(owner: Client, kind: str, is_used: bool) -> None:
    account = world.account()
    group = DIDGroup.objects.create(name="Delhi", account=account) if kind == "group" else None
    lines: dict[str, Callable[[ProviderAccount], Any]] = {"did": world.did, "agent": world.agent}
    row = group or (lines[kind](account) if kind in lines else account)
    if is_used:
        made = world.campaign(account)
        made.did_groups.set([group] if group else [])
    assert can_be_deleted(owner, row) is not is_used


def test_an_account_that_a_push_came_for_cannot_be_deleted(owner: Client) -> None:
    account = world.account()
    ProviderEvent.objects.create(account=account, body=b"{}", source="PUSH")
    assert not can_be_deleted(owner, account)


def test_live_calls_are_counted_on_the_account_the_did_and_the_agent_that_carry_them() -> None:
    account, other = world.account(provider="intellicall"), world.account()
    did, agent, idle = world.did(account), world.agent(account, max_live_calls=9), world.did(account)
    made = world.campaign(account, leads=3, dids=[did], agents=[agent])
    for _ in range(3):
        world.place(made)
    ended = Attempt.objects.order_by("pk")[0]
    Attempt.objects.filter(pk=ended.pk).update(state="ENDED", outcome="NO_ANSWER", is_burned=True, ended_at=world.NOON)

    def counted(model: Any) -> dict[int, int]:
        return dict(model.objects.annotate(live=live_calls(model)).values_list("pk", "live"))

    assert counted(ProviderAccount) == {account.pk: 2, other.pk: 0}
    assert counted(DID) == {did.pk: 2, idle.pk: 0}
    assert counted(Agent) == {agent.pk: 2}
