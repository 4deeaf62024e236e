"""Reading what an account has at its provider, and registering our push address there."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django.fixtures import Settings

from dialer.accounts.push_address import UnableToRegister, register_webhook
from dialer.accounts.sync.reading import Synced, sync_account, without_secrets
from dialer.accounts.sync.runs import run_waiting_sync
from dialer.models import DID, Agent, ProviderAccount
from dialer.models.synced import ItemKind, SyncedItem
from dialer.sandbox.client import SandboxClient
from tests.admin.conftest import owner, viewer
from tests.api.conftest import API, ClientFor, client_for
from tests.campaigns import world
from tests.dialer.accounts.builders import account_at
from tests.dialer.scripted import scripted

__all__ = ["client_for", "owner", "viewer"]
pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LISTED = {
    "flows": ["1001", "1002"],
    "bots": ["4821"],
    "templates": ["api_order_confirm"],
    "agents": ["2101", "2102"],
    "caller_ids": ["+911143104567"],
}


def sync(account: ProviderAccount, *, minutes: int = 0) -> Synced:
    return sync_account(account=account, now=NOW + timedelta(minutes=minutes))


def ids(kind: ItemKind, **fields: Any) -> list[str]:
    found = SyncedItem.objects.filter(kind=kind, **{"is_gone": False, **fields})
    return list(found.order_by("external_id").values_list("external_id", flat=True))


def test_everything_that_the_provider_lists_is_read(sandbox: SandboxClient) -> None:
    done = sync(account_at(sandbox, "ivrsolutions", carrier=LISTED))
    assert done.is_whole, [kind.problem for kind in done.kinds]
    assert {kind.kind for kind in done.kinds} == set(ItemKind)
    assert ids(ItemKind.CALL_FLOW) == ["1001", "1002"]
    assert ids(ItemKind.VOICE_BOT) == ["4821"]
    assert ids(ItemKind.AGENT) == ids(ItemKind.EXTENSION) == ["2101", "2102"]
    assert ids(ItemKind.DID) == ids(ItemKind.LIVE_DID) == ["+911143104567"]
    assert len(ids(ItemKind.VARIABLE)) == 4
    assert ids(ItemKind.DISPOSITION)
    template = SyncedItem.objects.get(kind=ItemKind.TEXT_TEMPLATE)
    assert (template.name, template.status) == ("api_order_confirm", "approved")
    assert done.numbers_added == ("+911143104567",)
    assert DID.objects.get().max_live_calls == 1


def test_a_second_sync_adds_nothing_and_marks_what_is_gone(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier=LISTED)
    sync(account)
    again = sync(account, minutes=1)
    assert {(kind.new, kind.gone) for kind in again.kinds} == {(0, 0)}
    assert again.numbers_added == ()
    sandbox.change("ivrsolutions", "acme", flows=["1002", "1003"])
    flows = next(kind for kind in sync(account, minutes=2).kinds if kind.kind is ItemKind.CALL_FLOW)
    assert (flows.listed, flows.new, flows.gone) == (2, 1, 1)
    assert ids(ItemKind.CALL_FLOW) == ["1002", "1003"]
    assert ids(ItemKind.CALL_FLOW, is_gone=True) == ["1001"]
    sandbox.change("ivrsolutions", "acme", flows=["1001"])
    sync(account, minutes=3)
    assert ids(ItemKind.CALL_FLOW) == ["1001"], "what comes back is there again"


@pytest.mark.parametrize("form", ["object", "by_id"])
def test_lists_are_read_as_an_object_as_well(sandbox: SandboxClient, form: str) -> None:
    """The document types ``data`` of these lists as an object."""
    done = sync(account_at(sandbox, "ivrsolutions", carrier={**LISTED, "list_form": form}))
    assert done.is_whole, done.problem
    assert ids(ItemKind.VOICE_BOT) == ["4821"]
    assert ids(ItemKind.AGENT) == ids(ItemKind.EXTENSION) == ["2101", "2102"]
    assert ids(ItemKind.LIVE_DID) == ["+911143104567"]
    assert len(ids(ItemKind.VARIABLE)) == 4
    assert SyncedItem.objects.get(kind=ItemKind.TEXT_TEMPLATE).name == "api_order_confirm"


def test_what_is_no_number_is_no_did_and_is_counted_and_hides_nothing(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier=LISTED)
    sync(account)
    name = account.base_url.rsplit("/", 1)[1]
    sandbox.change("ivrsolutions", name, caller_ids=[], odd_dids=["+911onal60123", "+9112"])
    done = sync(account, minutes=1)
    dids = next(kind for kind in done.kinds if kind.kind == ItemKind.DID)
    assert (dids.listed, dids.gone) == (0, 0)
    assert "none of its 2 rows can be read" in dids.problem
    sandbox.change("ivrsolutions", name, caller_ids=["+911143104568"])
    done = sync(account, minutes=2)
    dids = next(kind for kind in done.kinds if kind.kind == ItemKind.DID)
    assert (dids.listed, dids.new, dids.unread, dids.gone) == (1, 1, 2, 0), "the one that is missed may be unreadable"
    assert "DID: 2 rows cannot be read." in done.problem.replace("DIDs", "DID")
    assert sorted(DID.objects.values_list("number", flat=True)) == ["+911143104567", "+911143104568"]


@pytest.mark.parametrize("with_200", [False, True])
def test_what_cannot_be_read_is_said_and_stays(sandbox: SandboxClient, with_200: bool) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier={**LISTED, "errors_with_200": with_200})
    sync(account)
    account.credentials["api_key"] = "wrong"
    done = sync(account, minutes=1)
    assert not done.is_whole
    assert all("token" in kind.problem for kind in done.kinds)
    assert ids(ItemKind.CALL_FLOW) == ["1001", "1002"]


def test_a_reply_that_is_no_list_makes_nothing_gone(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier=LISTED)
    sync(account)
    with scripted(status=200, body=b"<html>maintenance</html>") as url:
        account.base_url = url
        assert not any(kind.gone for kind in sync(account, minutes=1).kinds)
    assert ids(ItemKind.CALL_FLOW) == ["1001", "1002"]


@pytest.mark.parametrize(
    ("body", "gone"),
    [
        (b'{"status": true}', False),
        (b'{"status": true, "data": {}}', False),
        (b'{"status": 200, "data": [{"ident": 7}]}', False),
        (b'{"status": 200, "data": []}', True),
        (b'{"status": false, "message": "No records found"}', True),
    ],
)
def test_only_an_empty_list_makes_everything_gone(sandbox: SandboxClient, body: bytes, gone: bool) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier=LISTED)
    agent = Agent.objects.create(account=account, name="Asha", kind="EXTENSION", address="2101")
    sync(account)
    with scripted(status=404 if b"false" in body else 200, body=body) as url:
        account.base_url = url
        done = sync(account, minutes=1)
    agent.refresh_from_db()
    assert (done.is_whole, agent.is_disabled_there) == (gone, gone)
    assert bool(ids(ItemKind.TEXT_TEMPLATE, is_gone=True)) is gone


def test_what_was_read_is_offered_by_name(sandbox: SandboxClient, owner: Client, client_for: ClientFor) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier=LISTED)
    page = f"/admin/dialer/provideraccount/{account.pk}/change/"
    assert "Sync the account to see its labels here" in owner.get(page).content.decode()
    assert "Nothing was read yet" in owner.get("/admin/campaigns/calltemplate/add/").content.decode()
    sync(account)
    assert "Interested = 1" in owner.get(page).content.decode()
    campaign = world.campaign(account)
    assert 'value="interested"' in owner.get(f"/admin/campaigns/campaign/{campaign.pk}/change/").content.decode()
    assert "Nothing was read yet" not in owner.get("/admin/campaigns/calltemplate/add/").content.decode()
    looker = client_for("dialer.view_provideraccount", "dialer.view_synceditem")
    wanted = {"provider": "ivrsolutions", "kind": "TEXT_TEMPLATE", "name": "order"}
    (text,) = looker.get(f"{API}/synced-items/", wanted).json()["results"]
    assert (text["value"], text["external_id"]) == ("api_order_confirm", "101")
    (ivr,) = [one for one in looker.get(f"{API}/providers/").json() if one["slug"] == "ivrsolutions"]
    picks = {option["name"]: option["picks"] for one in ivr["actions"] for option in one["options"]}
    assert (picks["flow_id"], picks["template_name"]) == ("CALL_FLOW", "TEXT_TEMPLATE")


def test_secrets_in_lists_are_not_kept() -> None:
    listed = {"name": "Asha", "login_token": "x", "sip": [{"Password": "y", "ext_no": "2101"}], "api_key": "z"}
    assert without_secrets(listed) == {"name": "Asha", "sip": [{"ext_no": "2101"}]}


def test_the_push_address_is_registered_and_its_pushes_are_signed(sandbox: SandboxClient, settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = "https://dialer.example"
    account = account_at(sandbox, "ivrsolutions", credentials={"api_key": "sandbox-key"})
    register_webhook(account=account)
    secret = ProviderAccount.objects.get().credentials["webhook_secret"]
    assert len(secret) > 30
    told = sandbox.settings("ivrsolutions", "acme")
    assert (told["push_url"], told["push_secret"]) == (account.push_url, secret)
    register_webhook(account=account)
    assert ProviderAccount.objects.get().credentials["webhook_secret"] == secret


def test_an_address_that_cannot_be_registered_is_said(sandbox: SandboxClient, settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = "http://dialer.example"
    account = account_at(sandbox, "ivrsolutions", credentials={"api_key": "sandbox-key"})
    with pytest.raises(UnableToRegister, match="https"):
        register_webhook(account=account)
    assert "webhook_secret" not in ProviderAccount.objects.get().credentials
    with pytest.raises(UnableToRegister, match="by hand"):
        register_webhook(account=account_at(sandbox, "altur"))


def test_the_command_syncs_and_exits_by_what_came_of_it(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier=LISTED)
    out = StringIO()
    call_command("sync_account", account.name, "--json", stdout=out)
    assert json.loads(out.getvalue())["is_whole"] is True
    sandbox.change("ivrsolutions", "acme", api_key="another")
    with pytest.raises(SystemExit):
        call_command("sync_account", account.name, stdout=StringIO())
    with pytest.raises(CommandError, match="no lists"):
        call_command("sync_account", account_at(sandbox, "altur").name)


def test_the_api_syncs_and_lists_items(sandbox: SandboxClient, client_for: ClientFor) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier=LISTED)
    assert client_for("dialer.view_provideraccount").post(f"{API}/accounts/{account.pk}/sync/").status_code == 403
    keeper = client_for("dialer.view_provideraccount", "dialer.change_provideraccount", "dialer.view_synceditem")
    assert keeper.post(f"{API}/accounts/{account.pk}/sync/").json()["is_whole"] is True
    items = keeper.get(f"{API}/synced-items/", {"account": account.pk, "kind": "CALL_FLOW"}).json()["results"]
    assert {item["external_id"] for item in items} == {"1001", "1002"}
    assert keeper.post(f"{API}/synced-items/", {}).status_code in (403, 405)
    other = account_at(sandbox, "altur")
    assert keeper.post(f"{API}/accounts/{other.pk}/sync/").status_code == 409
    assert keeper.post(f"{API}/accounts/{other.pk}/register-webhook/").status_code == 409


def test_the_admin_syncs_and_lists_items(sandbox: SandboxClient, owner: Client, viewer: Client) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier=LISTED)
    page = owner.get(f"/admin/dialer/provideraccount/{account.pk}/change/").content.decode()
    url = f"/admin/dialer/provideraccount/{account.pk}/sync/"
    assert f'action="{url}"' in page
    assert viewer.post(url).status_code == 403
    owner.post(url)
    run_waiting_sync(account_id=account.pk, now=NOW)
    shown = owner.get(f"/admin/dialer/synceditem/?account__id__exact={account.pk}").content.decode()
    assert "api_order_confirm" in shown
    assert viewer.get("/admin/dialer/synceditem/").status_code == 200
