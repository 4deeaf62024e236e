"""Agents at the provider: added once, switched, expiring, and ours in step with them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from dialer.accounts.staffing import UnableToStaff, add_agent, add_extension, expire_agent, switch_agent
from dialer.accounts.sync.reading import sync_account
from dialer.models import DID, Agent, ProviderAccount
from dialer.providers.parts.staff import NewExtension
from dialer.sandbox.client import SandboxClient
from tests.admin.conftest import owner, viewer
from tests.api.conftest import API, ClientFor, client_for
from tests.dialer.accounts.builders import account_at
from tests.dialer.scripted import scripted

__all__ = ["client_for", "owner", "viewer"]
pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
STAFF = {"agents": ["2101", "2102"], "caller_ids": ["+911143104567"]}
PERSON = {"name": "Asha", "email": "asha@company.example", "phone": "+919876543210", "password": "Secure@123"}
HIRE = ("dialer.view_provideraccount", "dialer.change_provideraccount", "dialer.add_agent")


def extension(account: ProviderAccount, address: str = "2101", **fields: Any) -> Agent:
    return Agent.objects.create(account=account, name=f"Agent {address}", kind="EXTENSION", address=address, **fields)


def asked(sandbox: SandboxClient, path: str) -> int:
    return int(sandbox.summary()["accounts"]["ivrsolutions/acme"]["changes"].get(path, 0))


def desk(**fields: Any) -> NewExtension:
    given = {"extension": "2109", "name": "Desk", "password": "Secure@123", "recording_id": "7", **fields}
    return NewExtension(did="+911143104567", **given)


def test_an_agent_is_added_there_and_here_once(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier=STAFF)
    agent = add_agent(account=account, **PERSON)
    assert (agent.name, agent.kind, agent.address, agent.is_disabled_there) == ("Asha", "EXTENSION", "2103", False)
    assert add_agent(account=account, **PERSON).pk == agent.pk
    assert asked(sandbox, "/ivrappv2/addagent") == 1


def test_an_agent_whose_answer_was_lost_is_found_by_the_phone(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier={**STAFF, "unclear_changes": "done"})
    assert add_agent(account=account, **PERSON).address == "2103"
    sandbox.change("ivrsolutions", "acme", unclear_changes="not_done")
    with pytest.raises(UnableToStaff, match="Adding again looks first") as unclear:
        add_agent(account=account, **{**PERSON, "phone": "+919876543211"})
    assert unclear.value.may_be_done
    assert Agent.objects.count() == 1


def test_what_the_provider_says_against_an_agent_is_told_at_its_input(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier=STAFF)
    with pytest.raises(UnableToStaff, match="capital letter") as weak:
        add_agent(account=account, **{**PERSON, "password": "secure"})
    assert (weak.value.field, asked(sandbox, "/ivrappv2/addagent")) == ("password", 0)
    with scripted(status=400, body=b'{"status": false, "message": "Phone number already exits."}') as url:
        account.base_url = url
        with pytest.raises(UnableToStaff, match="could not be read, so nothing was sent"):
            add_agent(account=account, **PERSON)
    with pytest.raises(UnableToStaff, match="no operations for agents"):
        add_agent(account=account_at(sandbox, "altur"), **PERSON)


def test_an_extension_is_added_with_its_last_day(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier=STAFF)
    made = add_extension(account=account, wanted=desk(expires_on=date(2026, 3, 31)))
    assert (made.name, made.address) == ("Desk", "2109")
    assert made.expires_there_at == datetime(2026, 3, 31, 18, 30, tzinfo=UTC), "midnight in Kolkata"
    again = add_extension(account=account, wanted=desk())
    assert (again.pk, asked(sandbox, "/api/add_group_user")) == (made.pk, 1)
    with pytest.raises(UnableToStaff, match="has this extension already") as taken:
        add_extension(account=account, wanted=desk(name="Another"))
    assert taken.value.field == "ext_no"


def test_an_agent_is_disabled_and_enabled_there_and_its_availability_here_stays(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier=STAFF)
    agent = extension(account, is_available=False)
    assert "disabled" in switch_agent(agent=agent, is_enabled=False, now=NOW)
    agent.refresh_from_db()
    assert (agent.is_disabled_there, agent.is_available) == (True, False)
    switch_agent(agent=agent, is_enabled=True, now=NOW)
    agent.refresh_from_db()
    assert (agent.is_disabled_there, agent.is_available) == (False, False)
    number = Agent.objects.create(account=account, name="Vikram", kind="NUMBER", address="+919812345678")
    with pytest.raises(UnableToStaff, match="known by a number"):
        switch_agent(agent=number, is_enabled=False, now=NOW)
    with pytest.raises(UnableToStaff, match="Agent Number not found"):
        switch_agent(agent=extension(account, "9999"), is_enabled=False, now=NOW)


def test_an_agent_that_may_have_been_disabled_is_given_no_calls_until_a_sync_tells(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier={**STAFF, "unclear_changes": "not_done"})
    agent = extension(account)
    with pytest.raises(UnableToStaff) as unclear:
        switch_agent(agent=agent, is_enabled=False, now=NOW)
    assert unclear.value.may_be_done
    assert not Agent.objects.usable(now=NOW).exists()
    sync_account(account=account, now=NOW)
    assert Agent.objects.usable(now=NOW).get() == agent


def test_an_agent_is_used_through_its_last_day_by_the_accounts_clock(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier=STAFF)
    agent = extension(account)
    expire_agent(agent=agent, expires_on=date(2026, 3, 2), now=NOW)
    over = datetime(2026, 3, 2, 18, 30, tzinfo=UTC)
    assert Agent.objects.usable(now=over - timedelta(seconds=1)).exists()
    assert not Agent.objects.usable(now=over).exists()
    assert "Expired at the provider" in agent.why_unused(now=over)
    with pytest.raises(UnableToStaff, match="This day is over"):
        expire_agent(agent=agent, expires_on=date(2026, 3, 1), now=NOW)
    expire_agent(agent=agent, expires_on=date.max, now=NOW)
    sync_account(account=account, now=NOW)
    assert Agent.objects.usable(now=over).exists(), "the day after which there is none is how one says never"


def test_a_sync_brings_our_agents_in_step_and_leaves_the_managers_words_alone(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier={**STAFF, "agents": ["2101", "2102", "2103"]})
    off, gone, fine = (extension(account, address) for address in ("2101", "2102", "2103"))
    number = Agent.objects.create(account=account, name="Vikram", kind="NUMBER", address="2101")
    sync_account(account=account, now=NOW)
    assert Agent.objects.usable(now=NOW).count() == 4
    switch_agent(agent=off, is_enabled=False, now=NOW)
    Agent.objects.filter(pk=off.pk).update(is_disabled_there=False)
    expire_agent(agent=fine, expires_on=timezone.now().date() + timedelta(days=9), now=NOW)
    Agent.objects.filter(pk=fine.pk).update(expires_there_at=None)
    sandbox.change("ivrsolutions", "acme", agents=["2101", "2103"])
    sync_account(account=account, now=NOW + timedelta(minutes=1))
    there = {agent.pk: agent for agent in Agent.objects.all()}
    assert [there[one.pk].is_disabled_there for one in (off, gone, fine, number)] == [True, True, False, False]
    assert there[fine.pk].expires_there_at is not None
    assert all(agent.is_available and agent.expires_at is None for agent in there.values())


def test_the_admin_adds_switches_and_says_errors_at_their_input(
    sandbox: SandboxClient, owner: Client, viewer: Client
) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier=STAFF)
    url = f"/admin/dialer/provideraccount/{account.pk}/add-agent/"
    assert viewer.get(url).status_code == 403
    weak = owner.post(url, {**PERSON, "password": "weak"}).content.decode()
    assert "capital letter" in weak.split('data-input="password"')[1]
    assert 'value="weak"' not in weak
    shown = owner.post(url, {**PERSON, "phone": "98765 43210"}, follow=True).content.decode()
    assert "Asha is there, with extension 2103" in shown
    agent = Agent.objects.get()
    for verb, words in (("disable", "Disabled at the provider"), ("enable", "is enabled at IVR Solutions")):
        assert viewer.post(f"/admin/dialer/agent/{agent.pk}/{verb}/").status_code == 403
        assert words in owner.post(f"/admin/dialer/agent/{agent.pk}/{verb}/", follow=True).content.decode()
    day = f"{timezone.now().date() + timedelta(days=3)}"
    assert (
        "takes calls until the end of"
        in owner.post(f"/admin/dialer/agent/{agent.pk}/expire/", {"expires_on": day}, follow=True).content.decode()
    )
    chosen = {"action": "disable_there", "_selected_action": [agent.pk]}
    assert "Asha is disabled" in owner.post("/admin/dialer/agent/", chosen, follow=True).content.decode()


def test_extensions_that_were_read_are_offered_for_an_agents_address(sandbox: SandboxClient, owner: Client) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier=STAFF)
    assert "<option" not in owner.get("/admin/dialer/agent/add/").content.decode().split('name="address"')[1][:200]
    sync_account(account=account, now=NOW)
    shown = owner.get("/admin/dialer/agent/add/").content.decode()
    assert f'<option value="2101">Agent 2101 (2101) · {account.name}</option>' in shown
    given = {"account": account.pk, "name": "Meera", "kind": "EXTENSION", "address": "2999", "max_live_calls": 1}
    owner.post("/admin/dialer/agent/add/", {**given, "wrap_up_seconds": 0, "is_available": "on"})
    assert Agent.objects.get().address == "2999", "one that was not read can be typed"


def test_the_admin_adds_an_extension(sandbox: SandboxClient, owner: Client) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier=STAFF)
    did = DID.objects.create(account=account, number="+911143104567")
    url = f"/admin/dialer/provideraccount/{account.pk}/add-extension/"
    given = {"ext_no": "2110", "name": "Desk", "did": did.pk, "password": "Secure@123", "recording_id": "7"}
    assert "with extension 2110" in owner.post(url, given, follow=True).content.decode()
    taken = owner.post(url, {**given, "name": "Other"}).content.decode()
    assert "has this extension already" in taken.split('data-input="ext_no"')[1].split('data-input="name"')[0]


def test_the_api_adds_and_switches_agents(sandbox: SandboxClient, client_for: ClientFor) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier=STAFF)
    assert client_for("dialer.add_agent").post(f"{API}/accounts/{account.pk}/add-agent/", PERSON).status_code == 403
    keeper = client_for(*HIRE, "dialer.change_agent", "dialer.view_agent")
    added = keeper.post(f"{API}/accounts/{account.pk}/add-agent/", PERSON)
    assert (added.status_code, added.json()["address"]) == (201, "2103")
    assert "Secure@123" not in added.content.decode()
    weak = keeper.post(f"{API}/accounts/{account.pk}/add-agent/", {**PERSON, "password": "weak"})
    assert (weak.status_code, weak.json()["error"]["fields"][0]["field"]) == (400, "password")
    desk = {"ext_no": "2110", "name": "Desk", "did": "+911143104567", "password": "Secure@123", "recording_id": "7"}
    assert keeper.post(f"{API}/accounts/{account.pk}/add-extension/", desk).status_code == 201
    url = f"{API}/agents/{added.json()['id']}"
    assert keeper.post(f"{url}/disable/").json()["is_disabled_there"] is True
    assert keeper.post(f"{url}/enable/").json()["is_disabled_there"] is False
    day = timezone.now().date() + timedelta(days=3)
    assert keeper.post(f"{url}/expire/", {"expires_on": f"{day}"}).json()["expires_there_at"] is not None
    past = keeper.post(f"{url}/expire/", {"expires_on": "2020-01-01"})
    assert past.json()["error"]["fields"][0]["field"] == "expires_on"
    sandbox.change("ivrsolutions", "acme", unclear_changes="not_done")
    unclear = keeper.post(f"{url}/disable/")
    assert (unclear.status_code, unclear.json()["error"]["code"]) == (409, "uncertain")
