"""No whole number and no secret in any log, at DEBUG level, of a house in which everything goes wrong."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import psycopg
import pytest
import redis
from celery import Celery
from django.contrib.auth import get_user_model
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from campaigns.lifecycle.operations import start_campaign
from campaigns.management.commands.demo import TIME_FACTOR
from campaigns.models import Contact, Lead
from campaigns.rehearsing.demo import Show, prepare
from dialer.models import ProviderAccount
from dialer.sandbox.client import SandboxError
from tests.api.conftest import key_of
from tests.chaos.arena import Arena, running_arena
from tests.chaos.leaks import all_numbers, all_secrets, leaks, leaks_in, password_of
from webhooks.models import ProviderEvent

pytestmark = [pytest.mark.chaos, pytest.mark.alone]

PASSWORD = "correct-horse-battery"
STRANGER = "+919811122233"


@pytest.fixture(scope="module")
def talkative(django_db_blocker: DjangoDbBlocker) -> Iterator[Arena]:
    """An installation whose processes log all they can."""
    with django_db_blocker.unblock(), running_arena(time_factor=TIME_FACTOR, LOG_LEVEL="DEBUG") as running:
        yield running


def test_no_log_shows_a_number_or_a_secret(talkative: Arena, capfd: pytest.CaptureFixture[str]) -> None:
    arena = talkative
    show = prepare(arena.carrier, rows=300, seed=7)
    numbers, client = all_numbers() | {STRANGER[-10:]}, _client(arena)
    known = all_secrets() | {
        client.headers["authorization"].split()[1],
        PASSWORD,
        arena.valkey.password,
        password_of(arena.valkey.url),
    }
    _knock(arena, client, show)
    for campaign in show.campaigns:
        start_campaign(campaign_id=campaign.pk, now=datetime.now(UTC), by="chaos")
    arena.in_time(lambda: len(arena.carrier.ledger()) > 150)
    _upset(arena)
    _break_services(arena, client, show)
    _until_most_have_ended(arena)
    known |= all_secrets()

    files = list((arena.folder / "logs").glob("*.log"))
    written = {file.stem: file.read_text("utf-8", "replace") for file in files}
    assert leaks(files, numbers=numbers, secrets=known) == []
    assert list(leaks_in("what this process and the carrier wrote", "".join(capfd.readouterr()), numbers, known)) == []
    assert written.keys() >= {"web", "worker-1", "batch", "beat", "postgres", "valkey"}
    # That is no merit of silent logs: each of these told of a number or a secret.
    assert re.search(r"Service Unavailable: /push/[0-9a-f-]{36}/\*\*\*/", written["web"])
    assert "…2233" in written["worker-1"] + written["worker-2"] + written["worker-3"]
    assert "duplicate key value violates unique constraint" in written["postgres"]


def _client(arena: Arena) -> httpx.Client:
    user = get_user_model().objects.create_superuser("asha", password=PASSWORD)
    headers = {"authorization": f"Bearer {key_of(user)}"}
    return httpx.Client(base_url=arena.stack.base_url, headers=headers, timeout=15)


def _knock(arena: Arena, client: httpx.Client, show: Show) -> None:
    """Ask the web server for what it refuses, with numbers and secrets wherever they can stand."""
    account, token = show.stages[0].account, client.headers["authorization"].split()[1]
    number, list_id = Contact.objects.values_list("number", "contact_list_id")[0]
    push = f"/push/{account.public_id}/{account.push_token}"
    for path in (f"/api/v1/contacts/?number={number}&token={token}", f"/nowhere/{number}/?api_key={token}"):
        client.get(path)
    client.get(f"{push}/no/")
    for path, body in (
        ("/api/v1/calls/", {"account": account.pk, "number": number, "token": token}),
        ("/api/v1/accounts/", {"name": number, "credentials": {"api_key": token}}),
        (f"/api/v1/lists/{list_id}/contacts/", {"contacts": [{"number": number}, {"number": "x"}]}),
        (f"{push}/", {"to": number, "token": token}),
        (f"{push[:-3]}abc/", {"to": number}),
    ):
        client.post(path, json=body)
    client.post(f"{push}/", content=b"\xff" + number.encode(), headers={"authorization": f"Bearer {token}"})
    client.get("/api/v1/leads/", headers={"authorization": f"Token {token[:-1]}x"})
    with httpx.Client(base_url=arena.stack.base_url) as browser:
        browser.get("/admin/login/")
        form = {"username": "asha", "csrfmiddlewaretoken": browser.cookies.get("csrftoken", "")}
        browser.post("/admin/login/", data={**form, "password": f"{PASSWORD}x"})
        browser.post("/admin/login/", data={**form, "password": PASSWORD})
        browser.post("/admin/login/", data={"username": number, "password": PASSWORD})


def _upset(arena: Arena) -> None:
    """Give the workers what they cannot do: tasks that fail, events that break, credentials that do not decrypt."""
    with Celery(broker=arena.valkey.url, set_as_current=False) as client:
        client.send_task("webhooks.pull_logs", kwargs={"account": f"of {STRANGER}"}, queue="dialer")
        client.send_task("nobody.knows", kwargs={"number": STRANGER, "token": PASSWORD}, queue="dialer")
    account = ProviderAccount.objects.order_by("id")[0]
    ProviderEvent.objects.create(account=account, body=b"{" + STRANGER.encode() + b"\x00", headers={})
    with connection.cursor() as cursor:
        cursor.execute("SELECT credentials FROM dialer_provideraccount WHERE id = %s", [account.pk])
        (before,) = cursor.fetchone() or ("",)
        for stored in ("gAAAAABbroken", before):
            cursor.execute("UPDATE dialer_provideraccount SET credentials = %s WHERE id = %s", [stored, account.pk])
            time.sleep(3)  # longer than what the workers believe
    contact = Contact.objects.all()[0]
    with psycopg.connect(arena.postgres.url, autocommit=True) as raw, pytest.raises(psycopg.errors.UniqueViolation):
        raw.execute(
            "INSERT INTO campaigns_contact SELECT (jsonb_populate_record(c, '{\"id\": 99999999}')).*"
            f" FROM campaigns_contact c WHERE number = '{contact.number}' LIMIT 1"
        )


def _break_services(arena: Arena, client: httpx.Client, show: Show) -> None:
    """Kill a worker, Redis and PostgreSQL, with pushes and requests meanwhile."""
    arena.kill("worker-3")
    with redis.Redis.from_url(arena.valkey.url) as broker:
        broker.flushall()
    arena.valkey.kill()
    arena.postgres.kill()
    for stage in show.stages:
        path = f"/push/{stage.account.public_id}/{stage.account.push_token}/"
        proof = {"authorization": f"Bearer {stage.account.credentials.get('push_token')}"}
        assert client.post(path, json={"to": STRANGER}, headers=proof).status_code >= 500
    client.get(f"/api/v1/contacts/?number={STRANGER}")
    time.sleep(1)  # the workers' chores fail meanwhile
    arena.postgres.start()
    arena.valkey.start()
    arena.revive("worker-3")


def _until_most_have_ended(arena: Arena) -> None:
    """Wait a while for the rest; that every lead ends is the concern of other scenarios."""
    with contextlib.suppress(SandboxError):
        arena.in_time(lambda: not Lead.objects.filter(state__in=("PENDING", "DIALING")).exists(), seconds=10)
