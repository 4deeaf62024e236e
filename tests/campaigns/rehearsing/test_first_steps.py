"""The walk for newcomers: from an empty house to a finished campaign, each step ticked as it is done."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from campaigns.models import Attempt, Campaign, Contact, FirstSteps
from campaigns.rehearsing.carrying import follow
from campaigns.rehearsing.first_steps import STEPS
from campaigns.rows.names import snake_case
from dialer.models import ProviderAccount
from dialer.sandbox.client import SandboxClient
from dialer.sandbox.rehearsals import OWN_PHONE
from tests.admin.conftest import owner, viewer
from tests.admin.sent import inputs_of
from tests.campaigns.rehearsing.test_rehearsal import call_all, carrier, end
from tests.campaigns.world import account, set_fleet
from tests.sandbox.carrier import carrier_process, sandbox

__all__ = ["carrier", "carrier_process", "owner", "sandbox", "viewer"]
pytestmark = pytest.mark.django_db
HOME = "/admin/"


@pytest.fixture(autouse=True)
def known_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a carrier that a test does not run."""
    monkeypatch.setattr("campaigns.admin.first_steps.wait_for_carrier", lambda account: None)


def step(client: Client, name: str) -> Any:
    return client.post(reverse("admin:campaigns_campaign_walk", args=[name]), follow=True)


def ticked(client: Client) -> list[str]:
    page = client.get(HOME).content.decode()
    return [one.name for one in STEPS if f'data-step="{one.name}" data-done' in page]


def test_each_step_does_its_work_and_gets_its_tick(carrier: SandboxClient, owner: Client) -> None:
    done: list[str] = []
    for name in ("account", "list", "template", "campaign", "preflight"):
        assert ticked(owner) == done
        assert step(owner, name).status_code == 200
        done.append(name)
    walk = FirstSteps.objects.get()
    made = Campaign.objects.get(name="First campaign")
    assert made.in_sandbox
    assert made.contact_lists.get().contacts.count() == 30
    assert set(Contact.objects.first().variables) == {snake_case("Amount due")}  # type: ignore[union-attr]
    step(owner, "ring")
    walk.refresh_from_db()
    assert walk.phone is not None
    assert walk.phone.number == OWN_PHONE
    assert ticked(owner) == [*done, "ring"]
    page = owner.get(reverse("admin:campaigns_campaign_operate", args=[made.pk, "start"])).content.decode()
    assert 'data-verdict="GREEN"' in page
    assert "SANDBOX" in page
    owner.post(reverse("admin:campaigns_campaign_operate", args=[made.pk, "start"]), inputs_of(page, form="start"))
    assert ticked(owner) == [*done, "ring", "start"]
    assert "No call was answered yet" in step(owner, "call").content.decode()
    made.refresh_from_db()
    set_fleet(made.account, available=1000, at=datetime.now(UTC))
    follow(carrier, {})
    end(call_all(made))
    assert step(owner, "watch").redirect_chain[-1][0].endswith(f"/campaign/{made.pk}/live/")
    latest = Attempt.objects.filter(campaign=made, outcome="ANSWERED").latest("pk")
    assert step(owner, "call").redirect_chain[-1][0].endswith(f"/attempt/{latest.pk}/change/")
    assert "ANSWERED" in b"".join(step(owner, "export")).decode()
    assert ticked(owner) == [one.name for one in STEPS]
    step(owner, "dismiss")
    assert "first-steps" not in owner.get(HOME).content.decode()


def test_a_manager_can_walk(owner: Client) -> None:
    user, manager = User.objects.create_user("mina", is_staff=True), Client()
    user.groups.set(Group.objects.filter(name="manager"))
    manager.force_login(user)
    for name in ("account", "list", "template", "campaign"):
        step(manager, name)
    assert ticked(manager) == ["account", "list", "template", "campaign"]


def test_a_step_that_is_taken_twice_makes_one_thing(owner: Client, settings: Any) -> None:
    for name in ("account", "account", "list", "list", "template", "template", "campaign", "campaign"):
        step(owner, name)
    assert (ProviderAccount.objects.count(), Campaign.objects.count(), Contact.objects.count()) == (1, 1, 30)


def test_a_step_before_its_time_says_so(owner: Client) -> None:
    assert "Do the steps before it first" in step(owner, "campaign").content.decode()
    assert step(owner, "fly").status_code == 404


def test_who_has_begun_without_it_and_who_may_not_are_not_asked(owner: Client, viewer: Client) -> None:
    assert "first-steps" not in viewer.get(HOME).content.decode()
    assert step(viewer, "account").status_code == 403
    account()
    assert "first-steps" not in owner.get(HOME).content.decode()
