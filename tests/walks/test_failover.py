"""A campaign with a second account, set up from nothing by REST and by the admin's forms: docs/failover.md."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from campaigns.models import Attempt, CallTemplate, Campaign, ContactList, Lead
from dialer.models import DID, ProviderAccount
from dialer.sandbox.client import SandboxClient, wait_for
from tests.admin.posted import ACCOUNT as ACCOUNT_FORM
from tests.admin.sent import inputs_of
from tests.admin.starting import start
from tests.api.conftest import API
from tests.campaigns.claiming.test_failover import rung, turn
from tests.campaigns.lifecycle.relied_on import shown_by
from tests.campaigns.world import numbers, set_fleet

WHOLE_DAY = {"time_zone": "UTC", "window_opens": "00:00", "window_closes": "23:59:59.999999"}
HOURS = {"time_zone": "Asia/Kolkata", "windows-0-opens": "00:00", "windows-0-closes": "23:59:59.999999"}
NAMES = ("first", "second")


def post(api: APIClient, path: str, body: Any, status: int = 201) -> dict[str, Any]:
    reply = api.post(API + path, body, format="json")
    assert reply.status_code == status, reply.content
    answer: dict[str, Any] = reply.json()
    return answer


def set_up(api: APIClient, sandbox: SandboxClient, phones: list[str]) -> int:
    """Return the id of a campaign with two accounts at the carrier, made by REST alone and started."""
    accounts, dids, templates = [], [], []
    for number, name in enumerate(NAMES):
        sandbox.configure("voxcore", name, api_key="key", suffixes=False, talk_seconds=[9000, 9000])
        given = {"name": name, "provider": "voxcore", "base_url": sandbox.base_url("voxcore", name)}
        accounts.append(post(api, "/accounts/", {**given, "credentials": {"api_key": "key", "push_token": "p" * 20}}))
        line = {"account": accounts[-1]["id"], "number": f"+9122345678{number:02}", "max_live_calls": 20}
        dids.append(post(api, "/dids/", line)["id"])
        bot = {"name": f"Bot {name}", "provider": "voxcore", "action": "VOICE_BOT", "options": {"bot_id": name}}
        templates.append(post(api, "/templates/", {**bot, "variables": {"who": "name"}})["id"])
    listed = post(api, "/lists/", {"name": "People", "default_region": "IN"})["id"]
    rows = [{"phone": phone, "name": "Asha"} for phone in phones]
    assert post(api, f"/lists/{listed}/upload/", {"rows": rows})["rows_accepted"] == len(phones)
    body: dict[str, Any] = {
        "name": "Renewals",
        "account": accounts[0]["id"],
        "template": templates[0],
        "contact_lists": [listed],
    }
    body |= {"fallback_account": accounts[1]["id"], "fallback_template": templates[1], "dids": dids}
    made = post(api, "/campaigns/", {**body, **WHOLE_DAY, "max_live_calls": 2})
    assert made["warnings"] == []
    assert post(api, f"/campaigns/{made['id']}/start/", None, 200)["state"] == "RUNNING"
    return int(made["id"])


@pytest.mark.django_db(transaction=True)
def test_by_rest_the_second_account_takes_over_nobody_rings_twice_and_what_is_uncertain_is_kept(
    api: APIClient, sandbox: SandboxClient
) -> None:
    phones = numbers(8)
    campaign_id = set_up(api, sandbox, phones)
    first, second = (ProviderAccount.objects.get(name=name) for name in NAMES)
    at = datetime.now(UTC) - timedelta(hours=1)
    Lead.objects.update(next_attempt_at=at)  # an hour ago: each turn below has its own instant

    def take_turn(account: ProviderAccount) -> None:
        nonlocal at
        set_fleet(account, available=1000, at=at)
        turn(account, now=at)
        at += timedelta(minutes=2)

    # The carrier rings two people and says nothing, then it has no room at all.
    sandbox.change("voxcore", "first", faults={"timeout_rang": 1})
    take_turn(first)
    uncertain = set(Attempt.objects.filter(state="UNCERTAIN").values_list("number", flat=True))
    assert len(uncertain) == 2
    sandbox.change("voxcore", "first", faults={}, fleet_max=0)
    assert api.patch(f"{API}/campaigns/{campaign_id}/", {"max_live_calls": 8}).status_code == 200
    for _ in range(3):
        take_turn(first)
        take_turn(second)

    rang = wait_for(lambda: found if len(found := rung(sandbox)) >= len(phones) else None)
    by_account = {name: {row["to_number"] for row in rang if row["account"] == name} for name in NAMES}
    assert sorted(row["to_number"] for row in rang) == sorted(phones)
    assert by_account == {"first": uncertain, "second": set(phones) - uncertain}
    kept = api.get(f"{API}/attempts/?campaign={campaign_id}&state=UNCERTAIN").json()["results"]
    assert {one["account"] for one in kept} == {first.pk}
    assert {one["number"] for one in kept} == uncertain
    placed = api.get(f"{API}/attempts/?campaign={campaign_id}&account={second.pk}").json()["results"]
    assert len(placed) == len(phones) - len(uncertain)


def sent(client: Client, model: str, **entered: Any) -> Any:
    """Send the form that adds a row as it is shown, with what was entered."""
    address = reverse(f"admin:{model}_add")
    shown = {name: value for name, value in shown_by(client.get(address)).items() if "-__prefix__-" not in name}
    return client.post(address, {**shown, **entered})


def made_by_form(client: Client, model: str, **entered: Any) -> None:
    reply = sent(client, model, **entered)
    assert reply.status_code == 302, reply.context["adminform"].form.errors


@pytest.mark.django_db
def test_by_the_admins_forms_alone_it_is_set_up_and_started(owner: Client) -> None:
    for number, name in enumerate(NAMES):
        made_by_form(owner, "dialer_provideraccount", **{**ACCOUNT_FORM, "name": name})
        account = ProviderAccount.objects.get(name=name)
        made_by_form(owner, "dialer_did", account=account.pk, number=f"+9122345678{number:02}")
        bot = {"provider": "voxcore", "action": "VOICE_BOT", "voxcore__VOICE_BOT__bot_id": name}
        made_by_form(owner, "campaigns_calltemplate", name=name, **bot)
    made_by_form(owner, "campaigns_contactlist", name="People", default_region="IN")
    people = ContactList.objects.get()
    file = SimpleUploadedFile("people.csv", b"phone,name\n+919812345678,Asha\n")
    looked = owner.post(reverse("admin:campaigns_contactlist_upload", args=[people.pk]), {"file": file, "key": "k"})
    owner.post(looked["Location"], {"if_duplicate": "skip", "take": "yes"})
    accounts = [ProviderAccount.objects.get(name=name).pk for name in NAMES]
    templates = [CallTemplate.objects.get(name=name).pk for name in NAMES]
    dids = [DID.objects.get(account=pk).pk for pk in accounts]
    first = reverse("admin:campaigns_campaign_add")
    begun = inputs_of(owner.get(first).content.decode(), form="steps_form")
    owner.post(first, {**begun, "name": "Renewals", "account": accounts[0], "template": templates[0]})
    campaign = Campaign.objects.get()
    page = reverse("admin:campaigns_campaign_change", args=[campaign.pk])
    chosen: dict[str, Any] = {
        **inputs_of(owner.get(page).content.decode(), form="campaign_form"),
        "contact_lists": [people.pk],
        "fallback_account": accounts[1],
        "fallback_template": templates[1],
        **HOURS,
    }
    refused = owner.post(page, {**chosen, "dids": dids[:1]})
    assert "no DID of account second" in str(refused.context["adminform"].form.errors["dids"])
    assert owner.post(page, {**chosen, "dids": dids}).status_code == 302
    campaign.refresh_from_db()
    assert campaign.account_ids == accounts
    preflight = owner.get(reverse("admin:campaigns_campaign_preflight", args=[campaign.pk])).content.decode()
    assert "second (stands by)" in preflight
    start(owner, campaign)
    assert campaign.state == "RUNNING"
