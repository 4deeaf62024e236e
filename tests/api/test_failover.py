"""A second account by REST: what is refused with its field, what is warned of, and when it may be taken away."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from campaigns.models import Attempt, CallTemplate, Campaign, Contact
from dialer.models import DID, AccountGate, Agent
from tests.api import made
from tests.api.conftest import API
from tests.campaigns.world import NOON, account, claimed, set_fleet
from tests.campaigns.world import agent as agent_of
from tests.campaigns.world import campaign as running
from tests.campaigns.world import did as did_of

pytestmark = pytest.mark.django_db


def fields(reply: Any) -> dict[str, str]:
    """Return the sentences of a refusal by field."""
    assert reply.status_code == 400, reply.content
    return {one["field"]: one["message"] for one in reply.json()["error"]["fields"]}


def test_a_second_account_is_chosen_with_lines_of_both_and_each_refusal_names_its_field(api: APIClient) -> None:
    draft = made.campaign()
    path = f"{API}/campaigns/{draft.pk}/"
    spare, people = made.account(name="Spare"), made.account(name="People", provider="intellicall", settings={})
    own = draft.dids.get()
    theirs = DID.objects.create(account=spare, number="+912234560001")
    stranger = DID.objects.create(account=people, number="+912234560002")
    bot = CallTemplate.objects.create(**{**made.TEMPLATE, "name": "Spare bot", "variables": {"who": "plan"}})
    humans = CallTemplate.objects.create(name="Humans", provider="intellicall", action="CONNECT_AGENT")

    def refused(**body: Any) -> dict[str, str]:
        return fields(api.patch(path, body))

    assert "first account already" in refused(fallback_account=draft.account_id)["fallback_account"]
    assert "second account with it" in refused(fallback_template=bot.pk)["fallback_template"]
    assert "choose a template" in refused(fallback_account=people.pk)["fallback_template"]
    assert "It is for voxcore" in refused(fallback_account=people.pk, fallback_template=bot.pk)["fallback_template"]
    assert "no DID of account Spare" in refused(fallback_account=spare.pk)["dids"]
    assert "no DID of account Account 1" in refused(fallback_account=spare.pk, dids=[theirs.pk])["dids"]
    lines = [own.pk, theirs.pk, stranger.pk]
    assert f"(id {stranger.pk})" in refused(fallback_account=spare.pk, dids=lines)["dids"]
    chosen = {"fallback_account": people.pk, "fallback_template": humans.pk}
    assert refused(**chosen).keys() == {"dids", "agents"}
    someone = Agent.objects.create(account=people, name="Asha", kind="USERNAME", address="asha")
    assert api.patch(path, {**chosen, "dids": [own.pk, stranger.pk], "agents": [someone.pk]}).status_code == 200

    body = {"fallback_account": spare.pk, "fallback_template": bot.pk, "dids": [own.pk, theirs.pk], "agents": []}
    CallTemplate.objects.filter(pk=draft.template_id).update(variables={"who": "name"})
    said = api.patch(path, body).json()
    assert (said["fallback_account"], said["fallback_template"]) == (spare.pk, bot.pk)
    assert "Calls of account Spare also need plan" in " ".join(said["warnings"])
    contact_list = draft.contact_lists.get()
    Contact.objects.create(contact_list=contact_list, number="+919810000001", name="Asha")
    preflight = api.get(f"{path}preflight/").json()
    assert preflight["problems"] == []
    assert [(one["name"], one["stands_by"]) for one in preflight["accounts"]] == [("Account 1", False), ("Spare", True)]
    assert [(one["name"], one["contacts"]) for one in preflight["missing_variables"]] == [("plan", 1)]
    assert "second account" in preflight["missing_variables"][0]["needed_by"]
    assert [row["id"] for row in api.get(f"{API}/campaigns/?fallback_account={spare.pk}").json()["results"]] == [
        draft.pk
    ]

    # What was chosen may have gone since: the start says so, and so does the next saving.
    DID.objects.filter(pk=theirs.pk).update(is_active=False)
    refusal = api.post(f"{path}start/").json()["error"]
    assert "no DID of account Spare" in str(refusal)
    assert "no DID of account Spare" in " ".join(api.patch(path, {"weight": 2}).json()["warnings"])


def test_a_started_campaign_is_given_a_second_account_and_loses_it_only_when_none_of_its_calls_is_live(
    api: APIClient,
) -> None:
    first, second = account(), account()
    campaign = running(first, dids=[did_of(first), did_of(second)][:1], leads=4, max_live_calls=3)
    path = f"{API}/campaigns/{campaign.pk}/"
    both = [campaign.dids.get().pk, did_of(second).pk]
    assert api.patch(path, {"fallback_account": second.pk, "dids": both}).json()["warnings"] == []
    AccountGate.objects.filter(account=first).update(refusals_in_row=5)
    assert len(claimed(second).reserved) == 3

    taken = {"fallback_account": None, "dids": both[:1]}
    assert "pause the campaign" in fields(api.patch(path, taken))["fallback_account"]
    Campaign.objects.filter(pk=campaign.pk).update(state="PAUSED")
    assert "still under way" in fields(api.patch(path, taken))["fallback_account"]
    with pytest.raises(IntegrityError, match="under way"), transaction.atomic():
        Campaign.objects.filter(pk=campaign.pk).update(fallback_account=None)
    Attempt.objects.update(state="ENDED", ended_at=NOON, outcome="BUSY", is_burned=True)
    assert api.patch(path, taken).json()["fallback_account"] is None


def test_it_is_explained_which_of_two_accounts_takes_the_calls(api: APIClient) -> None:
    first, second = account(), account(provider="intellicall", fleet=None)
    humans = CallTemplate.objects.create(name="Humans", provider="intellicall", action="CONNECT_AGENT")
    campaign = running(
        first,
        dids=[did_of(first), did_of(second)],
        agents=[agent_of(second)],
        fallback_account=second,
        fallback_template=humans,
    )

    def said() -> str:
        checks = api.get(f"{API}/campaigns/{campaign.pk}/explanation/").json()["checks"]
        (found,) = [check["said"] for check in checks if check["limit"] == "STANDING_IN"]
        return str(found)

    set_fleet(first, available=9, at=timezone.now())
    assert said() == f"{first.name} takes its calls, {second.name} stands by."
    AccountGate.objects.filter(account=first).update(refusals_in_row=5)
    assert said() == f"{first.name} turns calls away: {second.name} takes its calls."
    type(second).objects.filter(pk=second.pk).update(is_active=False)
    assert said() == f"{first.name} turns calls away, and {second.name} cannot take over: it is switched off."
