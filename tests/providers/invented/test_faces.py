"""The provider is where the others are: in the admin, over REST, in the commands, and offers only what it can do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import time
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from rest_framework.test import APIClient

from campaigns.lifecycle.brakes import watch_campaigns
from campaigns.models import CallTemplate, Campaign, CampaignNotice
from dialer import providers
from dialer.models import DID, ProviderAccount
from tests.admin.conftest import owner
from tests.api.conftest import API
from tests.campaigns import world
from tests.providers.invented import carrier as at
from tests.providers.invented.carrier import Ringwell
from webhooks.models import ProviderEvent
from webhooks.receiving import senders

__all__ = ["owner"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("registered")]
CREDENTIALS = {"api_key": at.KEY, "callback_secret": at.SECRET}


def account(**fields: Any) -> ProviderAccount:
    values = {"name": "Ringwell Pune", "provider": "ringwell", "base_url": "http://127.0.0.1:9", **fields}
    return ProviderAccount.objects.create(credentials=CREDENTIALS, **values)


def test_rest_lists_it_with_its_fields_actions_and_capabilities(api: APIClient) -> None:
    shown = {one["slug"]: one for one in api.get(f"{API}/providers/").json()}
    assert set(shown) == {*providers.bundled_slugs(), "ringwell"}
    mine = shown["ringwell"]
    assert [field["name"] for field in mine["credential_fields"]] == ["api_key", "callback_secret"]
    assert mine["actions"] == [{"action": "PLAY_FLOW", "options": [mine["actions"][0]["options"][0]]}]
    can = mine["capabilities"]
    assert {name for name, value in can.items() if value is True} == {
        "pushes", "polls_call", "caller_id", "signs_pushes", "lists",
    }  # fmt: skip
    assert can["requests_per_second"] == 20


def test_the_admin_offers_it_for_accounts_and_templates(owner: Client) -> None:
    page = owner.get("/admin/dialer/provideraccount/add/").content.decode()
    assert '<option value="ringwell">Ringwell</option>' in page
    assert 'name="ringwell__credentials__callback_secret"' in page
    form = {
        "name": "Ringwell Pune",
        "provider": "ringwell",
        "is_active": "on",
        "time_zone": "Asia/Kolkata",
        "ringwell__credentials__api_key": at.KEY,
        "ringwell__credentials__callback_secret": at.SECRET,
        "max_call_seconds": 3600,
        "poll_after_seconds": 60,
        "reply_timeout_seconds": 20,
        "fleet_lag_seconds": 5,
        "fleet_poll_seconds": 0.5,
    }
    assert owner.post("/admin/dialer/provideraccount/add/", form).status_code == 302
    made = ProviderAccount.objects.get()
    assert (made.base_url, made.credentials) == ("https://api.ringwell.example", CREDENTIALS)
    page = owner.get("/admin/campaigns/calltemplate/add/").content.decode()
    assert 'name="ringwell__PLAY_FLOW__script"' in page


def test_the_admin_offers_for_an_account_only_what_the_provider_can_do(owner: Client) -> None:
    made = account()
    page = owner.get(f"/admin/dialer/provideraccount/{made.pk}/change/").content.decode()
    assert "Sync now" in page
    for offer in ("Register the push address", "Buy a number", "Add an agent", "New text template", "Key map"):
        assert offer not in page, offer
    for page in ("add-agent", "add-extension", "numbers"):
        assert owner.get(f"/admin/dialer/provideraccount/{made.pk}/{page}/").status_code == 404
    other = account(name="IVR", provider="ivrsolutions")
    page = owner.get(f"/admin/dialer/provideraccount/{other.pk}/change/").content.decode()
    for offer in ("Sync now", "Register the push address", "Buy a number", "Add an agent", "New text template"):
        assert offer in page, offer


def test_the_commands_know_it(carrier: Ringwell, capsys: pytest.CaptureFixture[str]) -> None:
    made = account(base_url=carrier.url)
    call_command("check_account", made.name, json=True)
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert {"subject": "reach", "verdict": "OK"}.items() <= findings[0].items()
    call_command("sync_account", made.name)
    assert "2 listed, 2 new" in capsys.readouterr().out
    with pytest.raises(CommandError, match="Ringwell needs no key map"):
        call_command("key_map", made.name)


@pytest.fixture
def orphan() -> Iterator[ProviderAccount]:
    """An account whose provider is no longer installed, with a campaign that runs."""
    made = account()
    DID.objects.create(account=made, number="+912233445566", max_live_calls=5)
    template = CallTemplate.objects.create(name="T", provider="ringwell", action="PLAY_FLOW", options={"script": "s"})
    campaign = Campaign.objects.create(
        name="C",
        account=made,
        template=template,
        time_zone="UTC",
        state="RUNNING",
        window_opens=time(0),
        window_closes=time.max,
    )
    campaign.contact_lists.add(world.contact_list(["+919812345670"]))
    campaign.dids.set(made.dids.all())
    world.enrol_campaign(campaign_id=campaign.pk, now=world.NOON)
    provider = providers.get("ringwell")
    providers.unregister("ringwell")
    senders._known.clear()
    yield made
    providers.register(provider)
    senders._known.clear()


def test_an_account_whose_provider_is_gone_stays_and_is_shown(
    owner: Client, api: APIClient, orphan: ProviderAccount
) -> None:
    for page in ("", f"{orphan.pk}/change/"):
        assert owner.get(f"/admin/dialer/provideraccount/{page}").status_code == 200
    assert owner.get("/admin/campaigns/calltemplate/").status_code == 200
    shown = api.get(f"{API}/accounts/{orphan.pk}/").json()
    assert (shown["provider"], shown["credentials_set"]) == ("ringwell", ["api_key", "callback_secret"])
    found = api.post(f"{API}/accounts/{orphan.pk}/check/").json()
    assert not found["is_fine"]
    assert "There is no provider 'ringwell'" in found["findings"][0]["text"]


def test_nothing_is_claimed_for_it_and_its_campaign_pauses_with_the_reason(orphan: ProviderAccount) -> None:
    campaign = Campaign.objects.get()
    assert not world.claimed(orphan).reserved
    assert watch_campaigns(now=world.NOON) == [campaign.pk]
    campaign.refresh_from_db()
    assert campaign.state == "PAUSED"
    assert "There is no provider 'ringwell'" in CampaignNotice.objects.get().text
    assert campaign.leads.filter(state="PENDING").count() == 1


def test_a_push_for_it_is_neither_believed_nor_turned_away_for_good(orphan: ProviderAccount) -> None:
    path = f"/push/{orphan.public_id}/{orphan.push_token}/"
    reply = Client(raise_request_exception=False).post(path, {"id": "rw-1"}, content_type="application/json")
    assert reply.status_code == 503
    assert not ProviderEvent.objects.exists()
