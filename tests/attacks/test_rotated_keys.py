"""Attack 17: a key is taken away, and one row that needed it takes all accounts, pushes and calls with it."""

from __future__ import annotations

import asyncio
import gc
import io
import json
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from django.contrib.auth.models import User
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import connection
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from campaigns.models import Attempt, CampaignNotice
from campaigns.placing.engine import Engine
from campaigns.results.feed import place_entries
from dialer import key_rotation
from dialer.accounts.check.checkup import check_account
from dialer.checks import OPERATION
from dialer.encryption import encrypt, hash_of
from dialer.key_rotation import reencrypt
from dialer.models import ProviderAccount
from dialer.sandbox.client import wait_for
from tests.attacks.server import Server
from tests.campaigns.world import NOON, account, agent, campaign
from tests.webhooks.telling import posted
from webhooks.models import Delivery, ProviderEvent, Subscription
from webhooks.telling.turns import keep, take
from webhooks.telling.ways import UNREADABLE

KEYS = ("the first key", "the second key", "the third key", "a key that is lost")
LOST = KEYS[-1]


def lose_the_key(owner: ProviderAccount, *fields: str) -> ProviderAccount:
    """Leave the account as if its secrets had been written with a key that is gone."""
    with connection.cursor() as cursor:
        for field in fields or ("credentials", "push_token"):
            cursor.execute(
                f"UPDATE dialer_provideraccount SET {field} = %s WHERE id = %s",
                [f"gAAAAAB-{field}-of-another-key", owner.pk],
            )
    return ProviderAccount.objects.get(pk=owner.pk)


def run(*arguments: str) -> tuple[int, dict[str, Any]]:
    """Run the command; return its exit code and what it printed."""
    out = io.StringIO()
    try:
        call_command("reencrypt", "--json", *arguments, stdout=out)
    except SystemExit as ended:
        return int(str(ended.code)), json.loads(out.getvalue())
    return 0, json.loads(out.getvalue())


@pytest.mark.django_db
@settings(max_examples=8, deadline=None)
@given(written_with=st.lists(st.sampled_from(KEYS), max_size=6))
def test_attack_17_everything_is_encrypted_anew_and_what_is_left_is_counted(written_with: list[str]) -> None:
    from django.conf import settings as django_settings

    before = django_settings.DIALER_ENCRYPTION_KEYS
    ProviderAccount.objects.all().delete()
    Subscription.objects.all().delete()
    try:
        for key in written_with:
            django_settings.DIALER_ENCRYPTION_KEYS = [key]
            account()
            Subscription.objects.create(name=f"S{Subscription.objects.count()}", url="https://x.example/")
        django_settings.DIALER_ENCRYPTION_KEYS = list(KEYS[:-1])
        old = 6 * sum(key in KEYS[1:3] for key in written_with)
        gone = 6 * written_with.count(LOST)
        assert run("--dry-run")[1]["left"] == old, "of an account two values, of a subscription four"
        code, told = run()
        assert (told["done"], told["left"], len(told["unreadable"])) == (old, 0, gone)
        assert code == (1 if gone else 0)
        assert run()[1] == {**told, "done": 0, "up_to_date": 6 * len(written_with) - gone}
        django_settings.DIALER_ENCRYPTION_KEYS = [KEYS[0]]
        readable = [one for one in ProviderAccount.objects.all() if not one.unreadable]
        assert len(readable) == sum(key != LOST for key in written_with)
        assert all(one.credentials["push_token"] == "push-secret" for one in readable)
    finally:
        django_settings.DIALER_ENCRYPTION_KEYS = before


@pytest.mark.django_db
def test_attack_17_what_is_written_meanwhile_is_not_put_back(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    owner = account()
    settings.DIALER_ENCRYPTION_KEYS = [KEYS[0], *settings.DIALER_ENCRYPTION_KEYS]

    def somebody_is_faster(plain: bytes) -> str:
        one = ProviderAccount.objects.get(pk=owner.pk)
        one.credentials = {"api_key": "newer", "push_token": "newer"}
        one.save(update_fields=["credentials"])
        return encrypt(plain)

    monkeypatch.setattr(key_rotation, "encrypt", somebody_is_faster)
    assert reencrypt().left == 1
    assert ProviderAccount.objects.get(pk=owner.pk).credentials["api_key"] == "newer"


@pytest.mark.django_db
def test_attack_17_what_no_key_opens_is_named_and_not_shown() -> None:
    broken = lose_the_key(account(), "credentials")
    code, told = run()
    assert (code, told["unreadable"]) == (1, [f"provider account #{broken.pk} {broken.name} (credentials)"])
    (finding,) = [one for one in run_checks(tags=[OPERATION], databases=["default"]) if one.id == "dialer.W012"]
    assert broken.name in finding.msg
    assert "gAAAA" not in finding.msg + json.dumps(told)
    (problem,) = [one for one in check_account(account=broken, now=NOON).findings if "cannot be read" in one.text]
    assert "DIALER_ENCRYPTION_KEYS" in problem.text


@pytest.mark.django_db
def test_attack_17_the_lists_of_accounts_stay_and_the_broken_one_says_what_to_do() -> None:
    well, broken = account(), lose_the_key(account())
    olga = User.objects.create_superuser("olga")
    browser, api = Client(), APIClient()
    browser.force_login(olga)
    api.force_authenticate(olga)
    shown = browser.get("/admin/dialer/provideraccount/").content.decode()
    assert well.name in shown
    assert broken.name in shown
    by_id = {row["id"]: row for row in api.get("/api/v1/accounts/").json()["results"]}
    assert by_id[well.pk]["push_url"]
    assert not by_id[well.pk]["unreadable"]
    assert by_id[broken.pk]["push_url"] is None
    assert "DIALER_ENCRYPTION_KEYS" in by_id[broken.pk]["unreadable"]
    page = browser.get(f"/admin/dialer/provideraccount/{broken.pk}/change/").content.decode()
    assert "lacks the key of that time" in page
    assert "Make a new push address" in page
    assert api.patch(f"/api/v1/accounts/{broken.pk}/", {"is_active": False}, "json").status_code == 200


@pytest.mark.django_db
def test_attack_17_the_broken_account_is_mended_by_entering_its_secrets_again() -> None:
    broken = lose_the_key(account())
    api = APIClient()
    api.force_authenticate(User.objects.create_superuser("olga"))
    half = api.patch(f"/api/v1/accounts/{broken.pk}/", {"credentials": {"push_token": "p"}}, "json")
    assert half.status_code == 400, "a key that is required is missing"
    whole = {"credentials": {"api_key": "again", "push_token": "p"}}
    assert api.patch(f"/api/v1/accounts/{broken.pk}/", whole, "json").status_code == 200
    renewed = api.post(f"/api/v1/accounts/{broken.pk}/renew-push-address/").json()
    mended = ProviderAccount.objects.get(pk=broken.pk)
    assert mended.unreadable == ""
    assert mended.credentials == whole["credentials"]
    assert renewed["push_url"] == mended.push_url
    assert mended.push_token_hash != broken.push_token_hash


@pytest.mark.django_db
def test_attack_17_stored_secrets_that_cannot_be_read_do_not_move_to_another_host() -> None:
    broken = lose_the_key(account())
    api = APIClient()
    api.force_authenticate(User.objects.create_superuser("olga"))
    moved = api.patch(f"/api/v1/accounts/{broken.pk}/", {"base_url": "https://thief.example"}, "json")
    assert moved.status_code == 400
    assert "api_key" in json.dumps(moved.json())


@pytest.fixture
def engine() -> Iterator[Engine]:
    """Return an engine, which ends with the test."""
    made = Engine()
    yield made
    made.stop()
    gc.collect()


@pytest.mark.django_db(transaction=True)
def test_attack_17_others_go_on_calling_and_the_broken_ones_campaign_pauses(engine: Engine) -> None:
    owners = [account(provider="intellicall", fleet=None) for _ in range(2)]
    made = [campaign(owner, leads=1, agents=[agent(owner)]) for owner in owners]
    broken = lose_the_key(owners[0])
    for owner in owners:
        engine.ring(owner.pk)
    wait_for(lambda: Attempt.objects.exists() and CampaignNotice.objects.exists())
    assert [attempt.account_id for attempt in Attempt.objects.all()] == [owners[1].pk]
    notice = CampaignNotice.objects.get(kind="ACCOUNT_UNREADABLE")
    assert (notice.campaign_id, broken.name in notice.text) == (made[0].pk, True)
    assert "Put that key back" in notice.text
    made[0].refresh_from_db()
    assert (made[0].state, made[0].leads.get().attempts_made) == ("PAUSED", 0)


@pytest.mark.django_db(transaction=True)
def test_attack_17_pushes_to_others_are_taken_and_those_to_the_broken_one_are_sent_again(server: Server) -> None:
    well, broken = account(), lose_the_key(account())
    tokens = {broken.pk: "of-the-broken-one", well.pk: well.push_token}
    ProviderAccount.objects.filter(pk=broken.pk).update(push_token_hash=hash_of(tokens[broken.pk]))
    found = {}
    for owner in (broken, well, broken):
        path = f"/push/{owner.public_id}/{tokens[owner.pk]}/"
        body = orjson.dumps({"call_id": f"c-{owner.pk}"})
        found[owner.pk] = server.ask("POST", path, body, Authorization="Bearer push-secret")[0]
    assert found == {broken.pk: 503, well.pk: 200}
    assert [event.account_id for event in ProviderEvent.objects.all()] == [well.pk]
    guess = f"/push/{broken.public_id}/guessed/"
    assert server.ask("POST", guess, b"{}", Authorization="Bearer push-secret")[0] == 403


@pytest.mark.django_db
def test_attack_17_a_subscription_whose_secret_is_lost_holds_up_no_other(settings: Settings) -> None:
    settings.DIALER_ALLOW_PRIVATE_ADDRESSES = True
    broken = Subscription.objects.create(name="Broken", url="http://127.0.0.1:9/")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE webhooks_subscription SET secret = 'gAAAAAB-lost' WHERE id = %s", [broken.pk])
    place_entries()
    well = Subscription.objects.create(name="Well", url="http://127.0.0.1:9/", secret={"secret": "s"})
    Delivery.objects.bulk_create(
        Delivery(subscription=one, next_try_at=NOON, created_at=NOON) for one in (broken, well)
    )
    for one, problem in ((broken, UNREADABLE), (well, "No reply")):
        turn = take(subscription_id=one.pk, now=NOON)
        assert turn is not None
        keep(turn=turn, sent=asyncio.run(posted(turn)), now=NOON)
        assert Subscription.objects.get(pk=one.pk).problem.startswith(problem)
