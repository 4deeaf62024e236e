"""All promises behind a PgBouncer that lends sessions by transaction (DATABASE_POOL_MODE), over so many and no more."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psycopg
import pytest
from django.contrib.auth import get_user_model
from pytest_django.plugin import DjangoDbBlocker

from campaigns.models import Attempt, ContactImport, ContactList
from campaigns.promises.audit import audit
from tests.api.conftest import key_of
from tests.chaos.arena import Arena, now, report, running_arena
from tests.chaos.generated.run import CLOCKS_DIFFER
from tests.chaos.judging import judge
from tests.chaos.scenes import (
    Scene,
    add_campaign,
    open_leads,
    requests,
    set_scene,
    set_stage,
    start,
    wait_for_end,
    wait_for_requests,
)
from tests.pgbouncer import needs_pgbouncer

pytestmark = [pytest.mark.chaos, pytest.mark.alone, needs_pgbouncer]

#: The five threads of the engine alone, times three workers, are more; and there are web, batch, beat and ourselves.
SESSIONS = 12
UPLOADED = 150


@pytest.fixture
def pooled(django_db_blocker: DjangoDbBlocker, request: pytest.FixtureRequest) -> Iterator[Arena]:
    """Start an arena of its own behind the pooler."""
    failed_before = request.session.testsfailed
    with django_db_blocker.unblock(), running_arena(pool_size=SESSIONS) as arena:
        yield arena
        if request.session.testsfailed > failed_before:
            print(report(arena.folder))


@contextmanager
def sessions_counted(arena: Arena) -> Iterator[list[int]]:
    """Give how many sessions there are in the database, twenty times a second."""
    found: list[int] = []
    over = threading.Event()

    def look() -> None:
        with psycopg.connect(arena.postgres.url, autocommit=True) as direct:
            while not over.wait(0.05):
                row = direct.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                    "backend_type = 'client backend' AND pid <> pg_backend_pid()"
                ).fetchone()
                found.append(row[0] if row else 0)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield found
    finally:
        over.set()
        looking.join()


def client_of(arena: Arena) -> httpx.Client:
    """Return the client of a superuser."""
    user = get_user_model().objects.create_superuser("asha")
    headers = {"authorization": f"Bearer {key_of(user)}"}
    return httpx.Client(base_url=f"{arena.stack.base_url}/api/v1", headers=headers, timeout=30)


def uploaded(arena: Arena, client: httpx.Client) -> ContactList:
    """Upload a file by REST; a batch worker reads it over two connections, by way of a temporary table."""
    contact_list = ContactList.objects.create(name=arena.new_name("List"), default_region="IN")
    first = arena.new_numbers(UPLOADED)
    # So wide that it is not read while we wait.
    content = "phone,name,remark\n" + "".join(f"+91{first + n},Contact {n},{'x' * 4_000}\n" for n in range(UPLOADED))
    reply = client.post(f"/lists/{contact_list.pk}/upload/", content=content, headers={"content-type": "text/csv"})
    assert reply.status_code < 300, reply.text
    arena.in_time(lambda: ContactImport.objects.filter(contact_list=contact_list, state="DONE").exists())
    assert contact_list.contacts.count() == UPLOADED
    return contact_list


def held_by_rest(arena: Arena, client: httpx.Client, scene: Scene, act: str) -> None:
    """Pause or stop by REST under a key, and ask again: answered alike, and nothing starts until all is over."""
    url, headers = f"/campaigns/{scene.campaign.pk}/{act}/", {"Idempotency-Key": f"{act} {scene.campaign.pk}"}
    reply = client.post(url, json={}, headers=headers)
    returned_at = time.time()
    assert reply.status_code == 200, reply.text
    again = client.post(url, json={}, headers=headers)
    assert again.json()["state"] == reply.json()["state"]
    live = Attempt.objects.filter(campaign=scene.campaign, placing_at__isnull=False).exclude(state="ENDED")
    arena.in_time(lambda: not live.exists())
    until = time.time()
    late = [row["id"] for row in requests(arena, scene) if returned_at < row["requested_at"] < until]
    assert late == []


def test_campaigns_an_upload_and_stops_behind_a_pooler_that_lends_by_transaction(pooled: Arena) -> None:
    arena = pooled
    with sessions_counted(arena) as sessions, client_of(arena) as client:
        asked = add_campaign(
            arena, set_stage(arena, lines=[8], provider="intellicall", agents=8), contact_list=uploaded(arena, client)
        )
        pushed, stopped = set_scene(arena, contacts=300, lines=[10]), set_scene(arena, contacts=2_000, lines=[10])
        start(asked, pushed, stopped)
        wait_for_requests(arena, 60)
        held_by_rest(arena, client, pushed, "pause")
        assert client.post(f"/campaigns/{pushed.campaign.pk}/resume/", json={}).status_code == 200
        arena.kill("worker-1")
        arena.revive("worker-1")
        wait_for_requests(arena, arena.carrier.summary()["requests"] + 60)
        assert open_leads(stopped) > 0
        held_by_rest(arena, client, stopped, "stop")
        wait_for_end(arena, asked, pushed)

        # A worker was killed between a request and its reply.
        judge(arena, asked, pushed, untold=True)
        judge(arena, stopped, untold=True, campaign_states=["STOPPED"])
        found = audit(now=now(), clocks_differ=CLOCKS_DIFFER)
    assert [str(finding) for finding in found.findings] == []
    print(f"{found.calls} calls of three workers over at most {max(sessions)} sessions of PostgreSQL")
    assert 3 < max(sessions) <= SESSIONS
