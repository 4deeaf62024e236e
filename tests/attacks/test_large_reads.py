"""Large reads: what takes minutes to read is asked for by a viewer, eight times at once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from campaigns.explaining import preflight_runs
from campaigns.explaining.preflight_runs import LARGE_CONTACTS, run_waiting, unheard
from campaigns.models import Campaign, Lead, PreflightRun
from tests.api.conftest import key_of
from tests.attacks.server import STATEMENT_SECONDS, Server
from tests.campaigns.world import account, campaign

pytestmark = pytest.mark.django_db(transaction=True)

_MANY = """
INSERT INTO campaigns_contact (contact_list_id, number, name, external_reference, variables, time_zone)
SELECT %s, '+9198' || lpad(n::text, 8, '0'), '', '', '{}', '' FROM generate_series(1, %s) AS n
"""


@pytest.fixture
def viewer() -> User:
    """Somebody who may look at campaigns and contacts."""
    made = User.objects.create_user("vik", is_staff=True)
    made.user_permissions.set(Permission.objects.filter(codename__in=["view_campaign", "view_contact"]))
    return made


def draft(contacts: int) -> Campaign:
    """Return a campaign that was not started, with so many contacts."""
    made = campaign(account(), leads=1, state="DRAFT")
    Lead.objects.filter(campaign=made).delete()
    contact_list = made.contact_lists.get()
    contact_list.contacts.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(_MANY, [contact_list.pk, contacts])
    return made


def ask(server: Server, path: str, user: User) -> tuple[int, dict[str, Any]]:
    status, reply = server.ask("GET", path, Authorization=f"Token {key_of(user)}")
    return status, orjson.loads(reply.partition("\r\n\r\n")[2])


def test_attack_7_a_large_preflight_is_made_by_a_worker_one_for_a_user(server: Server, viewer: User) -> None:
    made, other = draft(LARGE_CONTACTS + 1), draft(1)
    path = f"/api/v1/campaigns/{made.pk}/preflight/"
    ask(server, "/api/v1/campaigns/", viewer)
    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: ask(server, path, viewer), range(8)))
    assert server.ask("GET", "/admin/login/")[0] == 200
    assert time.monotonic() - began < 3
    assert {status for status, _ in replies} <= {202, 409}
    run = PreflightRun.objects.get()
    assert {reply["run"] for status, reply in replies if status == 202} == {run.pk}
    # Another campaign has to wait, too; another user has not.
    status, reply = ask(server, f"/api/v1/campaigns/{other.pk}/preflight/", viewer)
    assert (status, reply["error"]["code"]) == (409, "under_way")
    assert ask(server, f"/api/v1/campaigns/{other.pk}/preflight/", User.objects.create_superuser("olga"))[0] == 200

    assert ask(server, f"{path}?run={run.pk}", viewer)[0] == 202
    assert run_waiting(run_id=run.pk, now=timezone.now()) is True
    assert run_waiting(run_id=run.pk, now=timezone.now()) is False
    status, found = ask(server, f"{path}?run={run.pk}", viewer)
    assert (status, found["campaign"], found["people"]) == (200, made.pk, LARGE_CONTACTS + 1)
    assert ask(server, f"{path}?run={run.pk + 1}", viewer)[0] == 404
    assert ask(server, f"/api/v1/campaigns/{other.pk}/preflight/", viewer)[0] == 200


def test_attack_7_the_admin_shows_how_far_a_large_preflight_is_and_what_it_found(
    viewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight_runs, "LARGE_CONTACTS", 3)
    made, client = draft(4), Client()
    client.force_login(viewer)
    path = f"/admin/campaigns/campaign/{made.pk}/preflight/"
    sent = client.get(path, {"talk_seconds": "90"})
    assert sent.status_code == 302
    waiting = client.get(sent["Location"]).content.decode()
    assert "It waits for its turn" in waiting
    assert 'hx-trigger="every 2s' in waiting
    run = PreflightRun.objects.get()
    assert unheard(now=timezone.now() + preflight_runs.HEARD_WITHIN * 2) == [run.pk]
    run_waiting(run_id=run.pk, now=timezone.now())
    assert client.get(sent["Location"], headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    page = client.get(sent["Location"]).content.decode()
    assert "<b>4</b><span>people</span>" in page
    assert "talk time 90 s" in page
    # A worker that died keeps nobody waiting for ever, and the reason is shown.
    client.get(path)
    dead = PreflightRun.objects.get(state="WAITING")
    PreflightRun.objects.filter(pk=dead.pk).update(asked_at=timezone.now() - preflight_runs.GIVEN_UP_AFTER)
    assert client.get(path).status_code == 302
    assert "No worker has made it" in client.get(f"{path}?run={dead.pk}").content.decode()


def test_attack_7_a_preflight_that_fails_says_why(viewer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight_runs, "LARGE_CONTACTS", 3)
    monkeypatch.setattr(preflight_runs, "WORKER_PATIENCE_SECONDS", 1)
    made, client = draft(4), Client()
    client.force_login(viewer)
    path = f"/api/v1/campaigns/{made.pk}/preflight/"
    run = client.get(path).json()
    with ThreadPoolExecutor(1) as pool, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE campaigns_contact")
        pool.submit(_run_elsewhere, run["run"]).result()
    reply = client.get(run["url"])
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "failed")
    assert "more than 1 s" in reply.json()["error"]["message"]


def _run_elsewhere(run_id: int) -> None:
    try:
        run_waiting(run_id=run_id, now=timezone.now())
    finally:
        connection.close()


@pytest.mark.parametrize("face", ["rest", "admin"])
def test_attack_7_a_statement_has_a_deadline_and_its_error_says_what_to_do(server: Server, face: str) -> None:
    made, user = draft(1), User.objects.create_superuser("olga")
    client = Client()
    client.force_login(user)
    session = f"sessionid={client.cookies['sessionid'].value}"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE campaigns_campaign IN ACCESS EXCLUSIVE MODE")
        began = time.monotonic()
        path = "/api/v1/campaigns/" if face == "rest" else f"/admin/campaigns/campaign/{made.pk}/change/"
        status, reply = server.ask("GET", path, Cookie=session)
        seconds = time.monotonic() - began
    assert status == 503
    assert seconds < STATEMENT_SECONDS + 2
    assert "Ask for less" in reply
