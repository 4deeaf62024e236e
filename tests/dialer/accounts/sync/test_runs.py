"""Syncs in the background: seen as they go, once however often the bell rings, and their failure is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from campaigns.jobs.nightly import SYNC, add_nightly_entries
from campaigns.jobs.tasks import sync_accounts
from campaigns.models import JobRun
from dialer.accounts.sync.reading import NothingToSync
from dialer.accounts.sync.runs import SyncUnderWay, ask_for_sync, run_sync, run_waiting_sync, unheard_syncs
from dialer.celery import app
from dialer.models import AccountSync, ItemKind, ProviderAccount, SyncedItem
from dialer.sandbox.client import SandboxClient
from dialer.tasks import run_waiting_syncs
from dialer.tasks import sync_account as bell
from tests.admin.conftest import owner, viewer
from tests.api.conftest import API, ClientFor, client_for
from tests.dialer.accounts.builders import account_at

__all__ = ["client_for", "owner", "viewer"]
pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LISTED = {"flows": ["1001"], "bots": ["4821"], "templates": ["hello"], "agents": ["2101"], "caller_ids": []}


def page(client: Client, account: ProviderAccount) -> str:
    return client.get(f"/admin/dialer/provideraccount/{account.pk}/change/").content.decode()


def test_a_sync_that_was_asked_for_runs_once_however_often_its_bell_rings(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier=LISTED)
    asked = ask_for_sync(account=account, now=NOW, by="olga")
    assert (asked.state, asked.asked_by, asked.kinds) == ("WAITING", "olga", [])
    with pytest.raises(SyncUnderWay):
        ask_for_sync(account=account, now=NOW, by="vera")
    done = run_waiting_sync(account_id=account.pk, now=NOW)
    assert done is not None
    assert done.is_whole
    assert run_waiting_sync(account_id=account.pk, now=NOW + MINUTE) is None
    kept = AccountSync.objects.get()
    assert (kept.state, kept.problem, kept.whole_at, len(kept.kinds)) == ("ENDED", "", NOW, len(ItemKind))
    assert ask_for_sync(account=account, now=NOW + MINUTE, by="vera").state == "WAITING"
    assert unheard_syncs(now=NOW + MINUTE) == []
    assert unheard_syncs(now=NOW + 2 * MINUTE) == [account.pk]


@pytest.mark.django_db(transaction=True)
def test_a_lost_bell_is_made_up_for_by_the_beats(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier=LISTED)
    ask_for_sync(account=account, now=datetime.now(UTC) - MINUTE, by="olga")
    run_waiting_syncs.apply(throw=True)
    ended = AccountSync.objects.get()
    assert (ended.state, ended.problem) == ("ENDED", "")
    bell.apply(kwargs={"account_id": account.pk}, throw=True)
    assert AccountSync.objects.get().begun_at == ended.begun_at, "the late bell finds nothing to do"


@pytest.mark.django_db(transaction=True)
def test_how_far_a_sync_is_can_be_seen_while_it_runs(sandbox: SandboxClient, viewer: Client) -> None:
    account = account_at(sandbox, "ivrsolutions")
    url = f"/admin/dialer/provideraccount/{account.pk}/sync-progress/"
    assert viewer.get(url).json() == {}
    seen: list[tuple[str, int]] = []

    def look() -> None:
        told = viewer.get(url).json()
        seen.append((told["state"], told["done"]))

    with provider_that_looks(look) as address:
        ProviderAccount.objects.filter(pk=account.pk).update(base_url=address)
        ask_for_sync(account=account, now=NOW, by="olga")
        run_waiting_sync(account_id=account.pk, now=NOW)
    assert seen == [("RUNNING", number) for number in range(len(ItemKind))]
    assert viewer.get(url).json()["is_over"] is True


@contextmanager
def provider_that_looks(look: Callable[[], None]) -> Iterator[str]:
    """Serve empty lists, and call ``look`` at each question; give the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            try:
                look()
            finally:
                connections.close_all()
            body = b'{"status": 200, "data": []}'
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_a_sync_whose_process_died_is_taken_over_and_cannot_write_later(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier=LISTED)
    AccountSync.objects.create(account=account, state="RUNNING", asked_at=NOW, begun_at=NOW)
    with pytest.raises(SyncUnderWay):
        run_sync(account=account, now=NOW + MINUTE, by="")
    run_sync(account=account, now=NOW + 20 * MINUTE, by="")
    assert AccountSync.objects.get().whole_at == NOW + 20 * MINUTE


def test_what_failed_stands_on_the_accounts_page_until_a_sync_succeeds(sandbox: SandboxClient, owner: Client) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier=LISTED)
    assert "Nothing was read yet" in page(owner, account)
    run_sync(account=account, now=NOW, by="olga")
    sandbox.change("ivrsolutions", "acme", api_key="another")
    run_sync(account=account, now=NOW + MINUTE, by="")
    shown = page(owner, account)
    assert "Nothing could be read: HTTP 401" in shown
    assert "with this error" in shown
    assert "Everything was last read 02 Mar 2026 12:00 UTC" in shown
    assert "with an error" in owner.get("/admin/dialer/provideraccount/").content.decode()
    sandbox.change("ivrsolutions", "acme", api_key="sandbox-key")
    run_sync(account=account, now=NOW + 2 * MINUTE, by="")
    assert "with this error" not in page(owner, account)


def test_an_account_whose_provider_lists_nothing_is_not_synced(sandbox: SandboxClient) -> None:
    with pytest.raises(NothingToSync):
        ask_for_sync(account=account_at(sandbox, "altur"), now=NOW, by="")
    assert not AccountSync.objects.exists()


def nightly(**kwargs: str) -> None:
    sync_accounts.apply(kwargs=kwargs, headers={"periodic_task_name": SYNC.name}, throw=True)


@pytest.mark.django_db(transaction=True)
def test_every_account_is_synced_once_a_night_and_ones_failure_stops_no_other(sandbox: SandboxClient) -> None:
    assert add_nightly_entries() or PeriodicTask.objects.filter(name=SYNC.name).exists()
    broken = account_at(sandbox, "ivrsolutions", carrier=LISTED, name="Broken")
    ProviderAccount.objects.filter(pk=broken.pk).update(base_url="http://127.0.0.1:1")
    good = ProviderAccount.objects.create(
        name="Good",
        provider="ivrsolutions",
        base_url=sandbox.base_url("ivrsolutions", "acme"),
        credentials=broken.credentials,
    )
    account_at(sandbox, "altur")
    for _ in range(2):
        nightly()
    runs = {run.job: run for run in JobRun.objects.all()}
    assert set(runs) == {f"sync of account #{broken.pk}", f"sync of account #{good.pk}"}
    assert "Nothing could be read" in runs[f"sync of account #{broken.pk}"].problem
    assert "items" in runs[f"sync of account #{good.pk}"].result
    assert SyncedItem.objects.filter(account=good).exists()
    assert {"campaigns.sync_accounts", "dialer.sync_account", "dialer.run_waiting_syncs"} <= set(app.tasks)


def test_the_nightly_entry_is_the_managers(sandbox: SandboxClient) -> None:
    PeriodicTask.objects.filter(name=SYNC.name).delete()
    assert add_nightly_entries() == [SYNC.name]
    late = CrontabSchedule.objects.create(minute="0", hour="5")
    PeriodicTask.objects.filter(name=SYNC.name).update(crontab=late, enabled=False)
    assert not add_nightly_entries()
    kept = PeriodicTask.objects.get(name=SYNC.name)
    assert (kept.crontab_id, kept.enabled) == (late.pk, False)


def test_the_api_syncs_in_the_background_and_tells_how_it_went(sandbox: SandboxClient, client_for: ClientFor) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier=LISTED)
    url = f"{API}/accounts/{account.pk}/sync/"
    keeper = client_for("dialer.view_provideraccount", "dialer.change_provideraccount")
    assert keeper.get(url).status_code == 404
    asked = keeper.post(url, {"background": True})
    assert (asked.status_code, asked.json()["state"]) == (202, "WAITING")
    again = keeper.post(url, {"background": True})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "under_way")
    run_waiting_sync(account_id=account.pk, now=NOW)
    told = keeper.get(url).json()
    assert (told["state"], told["problem"], len(told["kinds"])) == ("ENDED", "", len(ItemKind))
    assert client_for("dialer.view_provideraccount").post(url).status_code == 403


def test_the_command_says_that_another_sync_is_under_way(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier=LISTED)
    AccountSync.objects.create(account=account, state="RUNNING", asked_at=NOW, begun_at=datetime.now(UTC))
    with pytest.raises(CommandError, match="under way"):
        call_command("sync_account", account.name)


def test_the_action_of_the_list_asks_for_a_sync_of_each(sandbox: SandboxClient, owner: Client) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier=LISTED)
    other = account_at(sandbox, "altur")
    chosen = {"action": "sync_selected", "_selected_action": [account.pk, other.pk]}
    shown = owner.post("/admin/dialer/provideraccount/", chosen, follow=True).content.decode()
    assert "no lists that can be read" in shown
    assert AccountSync.objects.get().account_id == account.pk
