"""What the system checks that ask PostgreSQL say: accounts with real providers, clocks, connections."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import time_machine
from django.core.checks import run_checks
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql
from pytest_django.fixtures import Settings

from dialer.checks import OPERATION, findings
from dialer.checks.services import USUAL_CONNECTIONS, clock_difference, judge_clock, judge_connections
from dialer.models import ProviderAccount
from dialer.processes import Process, application_name

PROJECT = Path(__file__).resolve().parents[3]
REAL, SANDBOX = "https://api.clouddialer.in", "http://sandbox:8765/voxcore/sales"
pytestmark = pytest.mark.django_db


def found(*, leaving_out: str = "dialer.W011") -> dict[str, str]:
    """Return what is found, by id; how many sessions there are is the other tests' doing."""
    every = run_checks(tags=[OPERATION], databases=["default"])
    return {str(each.id): each.msg for each in every if each.id != leaving_out}


def account(name: str, base_url: str, *, is_active: bool = True) -> ProviderAccount:
    return ProviderAccount.objects.create(name=name, provider="intellicall", base_url=base_url, is_active=is_active)


def test_they_ask_nothing_unless_a_database_is_named(settings: Settings) -> None:
    account("Sales", REAL)
    settings.PUBLIC_BASE_URL, settings.DEBUG = "http://127.0.0.1:8000", True
    assert [each.id for each in run_checks(tags=[OPERATION])] == []
    assert found().keys() == {"dialer.W002", "dialer.W004"}


@pytest.mark.parametrize(
    ("address", "finding"),
    [
        ("http://127.0.0.1:8000", "dialer.W002"),
        ("https://dialer:8000", "dialer.W002"),
        ("http://dialer.example.com", "dialer.W003"),
        ("https://dialer.example.com/prefix", None),
    ],
)
def test_real_providers_must_reach_us_and_encrypted(settings: Settings, address: str, finding: str | None) -> None:
    settings.PUBLIC_BASE_URL = address
    account("Rehearsal", SANDBOX)
    account("Old", REAL, is_active=False)
    assert found() == {}
    account("Sales", REAL)
    assert list(found()) == ([finding] if finding else [])
    assert not finding or "Sales" in found()[finding]


def test_debug_is_no_matter_before_there_are_real_accounts(settings: Settings) -> None:
    settings.PUBLIC_BASE_URL, settings.DEBUG = "https://dialer.example.com", True
    account("Rehearsal", SANDBOX)
    assert found() == {}
    for number in range(5):
        account(f"Sales {number}", REAL)
    assert found()["dialer.W004"].endswith("(Sales 0, Sales 1, Sales 2 and 2 more).")


def test_the_clock_of_this_machine_is_that_of_postgresql() -> None:
    assert abs(clock_difference()) < timedelta(seconds=1)


@pytest.mark.parametrize(
    ("seconds", "finding"),
    [(-60, "dialer.E010"), (-3, "dialer.W010"), (0, None), (3, "dialer.W010"), (60, "dialer.E010")],
)
def test_a_clock_that_goes_wrong_is_found(seconds: int, finding: str | None) -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=seconds)):
        clock = {name: said for name, said in found().items() if name.endswith("010")}
        assert list(clock) == ([finding] if finding else [])
        assert not finding or ("behind" if seconds > 0 else "ahead of") in clock[finding]


@given(st.timedeltas(min_value=timedelta(minutes=-5), max_value=timedelta(minutes=5)))
def test_a_clock_is_judged_by_how_far_it_is_off(ahead: timedelta) -> None:
    ids = [each.id for each in judge_clock(ahead)]
    far = abs(ahead).total_seconds()
    assert ids == (["dialer.E010"] if far > 5 else ["dialer.W010"] if far > 2 else [])


@given(
    st.lists(st.builds(Process, st.sampled_from(("web", "worker", "batch", "beat")), st.integers(1, 60)), max_size=12),
    st.integers(0, 20),
    st.integers(1, 500),
)
def test_there_is_room_for_all_that_runs_and_for_the_usual(processes: list[Process], others: int, room: int) -> None:
    names = [application_name(each, host="host", pid=pid) for pid, each in enumerate(processes)]
    sessions = [*names, *names[:3], *["psql"] * others]
    needed = max(sum(each.most_connections for each in processes), USUAL_CONNECTIONS) + others
    ids = [each.id for each in judge_connections(room=room, sessions=sessions)]
    assert ids == ([] if needed <= room else ["dialer.W011"])


def place() -> dict[str, Any]:
    """Return where the tests' database is."""
    params = connection.get_connection_params()
    return {key: params[key] for key in ("host", "port", "user", "password", "dbname") if params.get(key)}


@pytest.fixture
def crowd() -> Iterator[None]:
    """Hold sessions of a worker that may open as many as there are."""
    with ExitStack() as held:
        for pid in (1, 2):
            name = application_name(Process(kind="worker", most_connections=150), host="elsewhere", pid=pid)
            held.enter_context(psycopg.connect(**place(), application_name=name))
        yield


def test_processes_that_run_are_counted_in_postgresql_itself(crowd: None) -> None:
    assert "2 worker" in found(leaving_out="")["dialer.W011"]


def test_the_worst_comes_first(crowd: None) -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=1)):
        assert [each.id for each in findings()] == ["dialer.E010", "dialer.W011"]


def test_before_the_first_migration_nothing_is_said_and_nothing_fails() -> None:
    name = f"run_{os.getpid()}_empty"
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    with psycopg.connect(**place(), autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            done = subprocess.run(
                [sys.executable, "manage.py", "check", "--database", "default"],
                cwd=PROJECT,
                env={**os.environ, "DATABASE_URL": url},
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
    assert (done.returncode, "no issues" in done.stdout) == (0, True), done.stdout + done.stderr
