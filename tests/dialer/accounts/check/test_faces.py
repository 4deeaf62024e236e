"""The check of an account as the command, REST and the admin show it."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from dialer.sandbox.client import SandboxClient
from tests.admin.conftest import owner, viewer
from tests.api.conftest import API, ClientFor, api, client_for
from tests.dialer.accounts.builders import account_at

__all__ = ["api", "client_for", "owner", "viewer"]
pytestmark = pytest.mark.django_db


def test_the_command_says_it_and_exits_by_it(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "altur")
    out = StringIO()
    call_command("check_account", str(account.pk), "--json", stdout=out)
    assert json.loads(out.getvalue())["is_fine"] is True
    sandbox.change("altur", "acme", api_key="another")
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("check_account", account.name, stdout=out)
    assert ended.value.code == 1
    assert "PROBLEM  key       Altur refuses the key" in out.getvalue()


def test_the_api_says_it_to_those_who_may_change_the_account(sandbox: SandboxClient, client_for: ClientFor) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier={"caller_ids": ["+911143104567"]})
    url = f"{API}/accounts/{account.pk}/check/"
    assert client_for("dialer.view_provideraccount").post(url).status_code == 403
    reply = client_for("dialer.view_provideraccount", "dialer.change_provideraccount").post(url)
    assert reply.status_code == 200
    assert reply.json()["is_fine"] is True
    assert reply.json()["numbers_added"] == ["+911143104567"]
    assert {finding["subject"] for finding in reply.json()["findings"]} >= {
        "reach",
        "key",
        "clock",
        "numbers",
        "pushes",
    }


def test_the_admin_shows_it(sandbox: SandboxClient, owner: Client, viewer: Client) -> None:
    account = account_at(sandbox, "altur")
    sandbox.change("altur", "acme", api_key="another")
    page = owner.get(f"/admin/dialer/provideraccount/{account.pk}/change/").content.decode()
    url = f"/admin/dialer/provideraccount/{account.pk}/check/"
    assert f'action="{url}"' in page
    assert viewer.post(url).status_code == 403
    shown = owner.post(url).content.decode()
    assert 'data-subject="key" data-verdict="PROBLEM"' in shown
    listed = owner.post(
        "/admin/dialer/provideraccount/", {"action": "check_selected", "_selected_action": [account.pk]}
    )
    assert "Altur refuses the key" in listed.content.decode()
