"""The audit: with its act or not at all, what changed and no secret, and by whom."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command, get_commands, load_command_class
from django.db import connection, transaction
from django.test import Client
from rest_framework.test import APIClient

from campaigns.acts import OPERATE
from campaigns.jobs.runs import run_once
from campaigns.lifecycle.operations import pause_campaign
from campaigns.models import Campaign, CampaignState, Contact, ContactList, NoticeKind
from campaigns.placing.campaign_pauses import pause_with_notice
from campaigns.states.campaigns import UnableToOperate, move
from dialer.management.acting import ActingCommand
from dialer.models import AuditEntry, ProviderAccount
from tests.admin import builders
from tests.admin.conftest import owner
from tests.api import made
from tests.api.conftest import API, api
from tests.campaigns import world
from tests.doubles.test_forms import main_form, page

__all__ = ["api", "owner"]
pytestmark = pytest.mark.django_db


def latest() -> AuditEntry:
    return AuditEntry.objects.latest("id")


def test_an_act_that_is_taken_back_leaves_nothing_and_one_that_stays_says_from_what_to_what() -> None:
    campaign = world.campaign(world.account(), leads=1)
    with transaction.atomic():
        move(campaign, to=CampaignState.PAUSED, reason="Paused by olga: lunch", now=world.NOON)
        assert AuditEntry.objects.exists()
        transaction.set_rollback(True)
    assert not AuditEntry.objects.exists()
    campaign.refresh_from_db()
    pause_campaign(campaign_id=campaign.pk, now=world.NOON, by="olga", reason="lunch")
    entry = latest()
    assert (entry.act, entry.what, entry.at) == (OPERATE.name, "Paused", world.NOON)
    assert (entry.subject, entry.subject_id, entry.subject_name) == ("campaigns.campaign", campaign.pk, campaign.name)
    assert entry.changes == {"state": ["RUNNING", "PAUSED"]}
    assert "lunch" in entry.reason
    with pytest.raises(UnableToOperate):
        move(campaign, to=CampaignState.STOPPED, reason="late", now=world.NOON)
    assert AuditEntry.objects.count() == 1


def test_what_the_dialer_does_by_itself_is_named_so() -> None:
    campaign = world.campaign(world.account(), leads=1)
    with connection.cursor() as cursor:
        paused: dict[str, Any] = {"kind": NoticeKind.TOO_MANY_FAILURES, "reason": "33 of 40 failed", "now": world.NOON}
        assert pause_with_notice(cursor, campaign_id=campaign.pk, **paused)
        assert not pause_with_notice(cursor, campaign_id=campaign.pk, **paused)
    (entry,) = AuditEntry.objects.all()
    assert (entry.kind, entry.by, entry.face, entry.what) == ("ITSELF", "", "DIALER", "Paused")
    assert (entry.subject_name, entry.reason) == (campaign.name, "33 of 40 failed")


def test_a_form_leaves_the_fields_that_changed_and_one_that_changed_nothing_leaves_nothing(owner: Client) -> None:
    campaign = builders.campaign(builders.account())
    url = page(Campaign, "change", campaign.pk)
    form = main_form(owner.get(url))
    before = AuditEntry.objects.count()
    assert owner.post(url, form.filled(_save="Save")).status_code == 302
    assert AuditEntry.objects.count() == before
    other = ContactList.objects.create(name="December")
    Contact.objects.create(contact_list=other, number="+919812345678")
    both = [campaign.contact_lists.get().pk, other.pk]
    changed = main_form(owner.get(url)).filled(weight="7", contact_lists=both, _save="Save")
    reply = owner.post(url, changed)
    assert reply.status_code == 302, reply.context["errors"]
    entry = latest()
    lists = [["List of Renewals"], ["December", "List of Renewals"]]
    assert (entry.what, entry.by, entry.face) == ("Changed", "olga", "ADMIN")
    assert entry.changes == {"weight": [1, 7], "contact_lists": lists}


def test_rest_leaves_the_same_and_the_key_that_did_it(api: APIClient) -> None:
    campaign = made.campaign()
    url = f"{API}/campaigns/{campaign.pk}/"
    before = AuditEntry.objects.count()
    assert api.patch(url, {"weight": campaign.weight}).status_code == 200
    assert AuditEntry.objects.count() == before
    windows = [{"days": "12", "opens": "09:00:00", "closes": "11:00:00"}]
    assert api.patch(url, {"weight": 7, "windows": windows}).status_code == 200
    weight, hours = AuditEntry.objects.order_by("id")[before:]
    assert (weight.changes, weight.by, weight.face) == ({"weight": [1, 7]}, "root", "REST")
    assert weight.key.startswith("tests (dlr_")
    assert list(hours.changes) == ["windows"]
    assert hours.changes["windows"][0] == []
    asked = f"act=campaigns.campaign.change&subject_id={campaign.pk}"
    found = api.get(f"{API}/audit/?{asked}").json()["results"]
    assert [one["id"] for one in found] == [hours.pk, weight.pk]
    assert api.delete(f"{API}/audit/{hours.pk}/").status_code == 405
    assert api.delete(url).status_code == 204
    assert (latest().what, latest().subject_name) == ("Deleted", campaign.name)


def test_no_secret_gets_into_it(owner: Client, api: APIClient) -> None:
    secret = "s3cret-of-a-provider"
    credentials = {"api_key": secret, "push_token": secret}
    account = api.post(f"{API}/accounts/", {**made.ACCOUNT, "credentials": credentials}).json()["id"]
    assert api.patch(f"{API}/accounts/{account}/", {"credentials": {"api_key": f"{secret}-2"}}).status_code == 200
    assert latest().changes["credentials"] == ["•••", "•••"]
    form = main_form(owner.get(page(ProviderAccount, "change", account)))
    sent = form.filled(voxcore__credentials__api_key=f"{secret}-3", max_live_calls="9", _save="Save")
    assert owner.post(page(ProviderAccount, "change", account), sent).status_code == 302
    assert latest().changes.items() >= {"credentials": ["•••", "•••"], "max_live_calls": [5, 9]}.items()
    who = {"username": "vikram", "password1": secret, "password2": secret}
    assert owner.post(page(User, "add"), main_form(owner.get(page(User, "add"))).filled(**who)).status_code == 302
    source = {"name": "Nightly", "contact_list": made.campaign().contact_lists.get().pk}
    location = f"https://files.example/list.csv?token={secret}"
    assert api.post(f"{API}/import-sources/", {**source, "location": location}).status_code == 201
    key = api.post(f"{API}/keys/", {"name": "Nightly", "scopes": ["read"]}).json()["key"]
    kept = json.dumps(list(AuditEntry.objects.values()), default=str)
    assert "files.example" in kept
    assert secret not in kept
    assert key not in kept
    for row in ProviderAccount.objects.all():
        assert row.push_token not in kept


def test_commands_and_jobs_are_named() -> None:
    campaign = world.campaign(world.account(), leads=1)

    def work() -> str:
        pause_campaign(campaign_id=campaign.pk, now=world.NOON, by="the job")
        return "done"

    run_once(job="nightly pause", edge_at=world.NOON, work=work, now=world.NOON)
    assert (latest().by, latest().face) == ("nightly pause", "JOB")
    User.objects.create_user("vera")
    call_command("api_key", "--user", "vera", "--name", "Nightly", "--scope", "read")
    entry = latest()
    assert (entry.face, entry.act, entry.kind) == ("COMMAND", "dialer.apikey.add", "ACT")
    assert entry.by
    pause: dict[str, Any] = {
        "kind": NoticeKind.FLEET_GONE,
        "reason": "x",
        "now": world.NOON,
    }
    Campaign.objects.filter(pk=campaign.pk).update(state="RUNNING")
    with connection.cursor() as cursor:
        pause_with_notice(cursor, campaign_id=campaign.pk, **pause)
    assert latest().face == "DIALER", "the command is over"


#: Commands that look, or start what acts by itself.
LOOK = {"audit", "demo", "key_map", "prepare", "sandbox", "sandbox_carrier"}


def test_every_command_that_does_something_says_who_runs_it() -> None:
    ours = [name for name, app in get_commands().items() if app in ("dialer", "campaigns", "webhooks")]
    plain = {name for name in ours if not isinstance(load_command_class(get_commands()[name], name), ActingCommand)}
    assert plain == LOOK


def test_log_ins_and_those_that_failed_are_in_it(db: None) -> None:
    User.objects.create_user("vera", password="right-horse-7", is_staff=True)
    for password in ("wrong-horse", "right-horse-7"):
        Client().post("/admin/login/", {"username": "vera", "password": password})
    client = Client()
    client.post("/admin/login/", {"username": "nobody@x", "password": "my-password"})
    found = AuditEntry.objects.order_by("id").values_list("act", "by", "subject")
    assert list(found) == [
        ("log_in_failed", "vera", "auth.user"),
        ("log_in", "vera", "auth.user"),
        ("log_in_failed", "unknown", "auth.user"),
    ]
