"""A copy never dials: dumps, clones, copied folders and old states, tried with real workers; the ledger judges.

Each copy has a running campaign, due leads and free lines, and a worker process. Nobody is asked for until a person has
confirmed it; then it dials.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker

from campaigns.lifecycle.home import confirm
from campaigns.models import CampaignNotice, Lead
from dialer.embedded.postgres import PostgresServer
from dialer.embedded.sharing import Services
from dialer.embedded.stack import Stack, free_port
from dialer.models import Installation, Switchboard
from dialer.sandbox.client import running_carrier
from tests.chaos.arena import Arena, django_on, now
from tests.chaos.scenes import Scene, requests, set_scene, start

pytestmark = [pytest.mark.chaos, pytest.mark.alone]

#: A worker that would dial does so within a second of its start; none may for as long as this.
WATCHED_SECONDS = 4.0
LEADS = 40
URL = "http://127.0.0.1:8000"


class Yard(Arena):
    """One server with a home, and a worker that can be started on any database."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._started: list[Stack] = []

    def worker(self, database_url: str, **environment: str) -> Stack:
        """Start a worker on a database; its heartbeat, or the doubt, tells when it is ready."""
        services = Services(database_url=database_url, redis_url=self.valkey.url, data_dir=self.folder)
        env = {"PUBLIC_BASE_URL": URL, "LOG_LEVEL": "WARNING", **environment}
        stack = Stack(services, port=free_port(), log_dir=self.folder / "logs", workers=1, threads=4, extra_env=env)
        self._started.append(stack)
        stack.start_one("worker-1")
        return stack

    def rest(self) -> None:
        """Kill all workers: how they end makes no difference to a copy."""
        for stack in self._started:
            stack.supervisor.kill("worker-1")
            stack.stop()
        self._started.clear()

    def tool(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs."""
        subprocess.run([str(self.postgres.programs / program), *arguments], check=True, capture_output=True)

    def url(self, database: str) -> str:
        """Return the URL of another database of the server."""
        return self.postgres.url.replace("/dialer?", f"/{database}?")


@pytest.fixture(scope="module")
def servers(django_db_blocker: DjangoDbBlocker) -> Iterator[Yard]:
    """Start PostgreSQL, Valkey and the carrier once."""
    folder = Path(tempfile.mkdtemp(prefix="dialer-copies-"))
    folder.chmod(0o711)
    with ExitStack() as ending, django_db_blocker.unblock():
        ending.callback(shutil.rmtree, folder, ignore_errors=True)
        made = Yard(folder=folder, carrier=ending.enter_context(running_carrier()))
        ending.callback(made.valkey.stop)
        ending.callback(made.postgres.stop)
        made.start_servers()
        ending.enter_context(override_settings(PUBLIC_BASE_URL=URL))
        with django_on(made.postgres.url):
            call_command("migrate", verbosity=0)
            yield made


@pytest.fixture
def yard(servers: Yard) -> Iterator[Yard]:
    """Return the yard; its workers end with the test."""
    try:
        yield servers
    finally:
        servers.rest()


def at_rest(yard: Yard) -> Scene:
    """Return a running campaign with due leads and free lines, of a database that has its home; no worker runs."""
    scene = set_scene(yard, contacts=LEADS, lines=[LEADS])
    with django_on(yard.postgres.url):
        Installation.objects.all().delete()
        Installation.objects.create(pk=1)
        Switchboard.objects.all().delete()
        yard.worker(yard.postgres.url)
        yard.in_time(lambda: Installation.objects.filter(seen_at__isnull=False).exists())
        yard.rest()
        start(scene)
        yard.in_time(lambda: Lead.objects.filter(campaign=scene.campaign, state="PENDING").count() == LEADS)
    return scene


def dials_only_when_confirmed(yard: Yard, scene: Scene, database_url: str, *, differs: str, **environment: str) -> None:
    """Run a worker on a copy, and see that it asks for nobody before the command confirms it, and for somebody then."""
    known = len(requests(yard, scene))
    with django_on(database_url):
        before = Lead.objects.filter(campaign=scene.campaign, state="PENDING").count()
        assert before > 0, "nobody is due: this would hold for anything"
        yard.worker(database_url, **environment)
        yard.in_time(lambda: Installation.objects.filter(doubt_since__isnull=False).exists())
        time.sleep(WATCHED_SECONDS)
        assert len(requests(yard, scene)) == known
        assert Lead.objects.filter(campaign=scene.campaign, state="PENDING").count() == before
        row = Installation.objects.get()
        assert differs in " ".join(one["what"] for one in row.doubt["differences"])
        board = Switchboard.objects.get()
        assert (board.dialing_allowed, board.changed_by) == (False, "Dialer")
        assert "may be a copy" in board.reason
        assert CampaignNotice.objects.filter(kind="MAY_BE_A_COPY", campaign=None).exists()

        confirm(since=row.doubt_since or now(), by="Asha", now=now())
        yard.in_time(lambda: len(requests(yard, scene)) > known)
        assert Installation.objects.get().confirmed_by == "Asha"
    yard.rest()


@pytest.mark.short
def test_a_dump_restored_into_another_server(yard: Yard) -> None:
    scene = at_rest(yard)
    dump = yard.folder / "backup.dump"
    yard.tool("pg_dump", "-Fc", "-f", str(dump), yard.postgres.url)
    # The original calls people whom the backup still has as due.
    yard.worker(yard.postgres.url)
    yard.in_time(lambda: len(requests(yard, scene)) > 0)
    yard.rest()
    other = PostgresServer(data_dir=yard.folder / "other", durable=False)
    other.start()
    try:
        yard.tool("pg_restore", "-d", other.url, str(dump))
        dials_only_when_confirmed(yard, scene, other.url, differs="system identifier")
    finally:
        other.stop()


def test_a_copied_data_folder(yard: Yard) -> None:
    scene = at_rest(yard)
    yard.postgres.stop()
    copied = yard.folder / "copied"
    shutil.copytree(yard.postgres.cluster.parent, copied / "postgres", ignore=shutil.ignore_patterns("socket"))
    yard.postgres.start()
    copy = PostgresServer(data_dir=copied, durable=False)
    copy.start()
    try:
        dials_only_when_confirmed(yard, scene, copy.url, differs="data folder")
    finally:
        copy.stop()


def test_a_backup_of_the_data_folder_put_back_in_its_place(yard: Yard) -> None:
    scene = at_rest(yard)
    yard.postgres.stop()
    backup = yard.folder / "backup"
    shutil.copytree(yard.postgres.cluster, backup)
    shutil.rmtree(yard.postgres.cluster)
    shutil.copytree(backup, yard.postgres.cluster)
    yard.postgres.start()
    dials_only_when_confirmed(yard, scene, yard.postgres.url, differs="files of the data folder")


def test_a_clone_beside_it_in_the_same_server(yard: Yard) -> None:
    scene = at_rest(yard)
    with psycopg.connect(yard.url("postgres"), autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'dialer'")
        connection.execute("DROP DATABASE IF EXISTS staging")
        connection.execute("CREATE DATABASE staging TEMPLATE dialer")
    dials_only_when_confirmed(yard, scene, yard.url("staging"), differs="database")


def test_an_older_dump_put_back_under_a_worker_that_goes_on_running(yard: Yard) -> None:
    scene = at_rest(yard)
    dump = yard.folder / "older.dump"
    yard.tool("pg_dump", "-Fc", "-f", str(dump), yard.postgres.url)
    yard.worker(yard.postgres.url)
    yard.in_time(lambda: len(requests(yard, scene)) == LEADS)
    yard.tool("pg_restore", "--clean", "--if-exists", "-d", yard.postgres.url, str(dump))
    # Everybody is due again, and the worker has never stopped.
    dials_only_when_confirmed(yard, scene, yard.postgres.url, differs="tables, as after a restored dump")


def test_a_gap_as_after_a_snapshot_of_the_whole_machine(yard: Yard) -> None:
    scene = at_rest(yard)
    pause = {"DIALER_LONGEST_PAUSE_SECONDS": "2"}
    yard.in_time(lambda: _is_older_than(2.5))
    dials_only_when_confirmed(yard, scene, yard.postgres.url, differs="last at work", **pause)


def test_another_public_address(yard: Yard) -> None:
    scene = at_rest(yard)
    staging = {"PUBLIC_BASE_URL": "https://staging.example.com"}
    dials_only_when_confirmed(yard, scene, yard.postgres.url, differs="PUBLIC_BASE_URL", **staging)


def test_the_original_goes_on_by_itself_after_a_restart_of_everything(yard: Yard) -> None:
    scene = at_rest(yard)
    yard.postgres.stop()
    yard.postgres.start()
    yard.worker(yard.postgres.url)
    yard.in_time(lambda: len(requests(yard, scene)) > 0)
    with django_on(yard.postgres.url):
        assert Installation.objects.get().doubt_since is None


def _is_older_than(seconds: float) -> bool:
    row = Installation.objects.get()
    assert row.seen_at is not None
    return time.time() - row.seen_at.timestamp() > seconds
