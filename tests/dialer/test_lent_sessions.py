"""DATABASE_POOL_MODE=transaction, through a PgBouncer that lends one or two sessions: nothing is left in them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import OperationalError, connection, connections, transaction
from psycopg.conninfo import make_conninfo
from pytest_django.fixtures import Settings

from campaigns.models import ContactList
from dialer import held_locks
from dialer.advisory_locks import AdvisoryLock
from dialer.checks.pooler import role_has_our_limits
from dialer.database.lent import read_in_pieces, statements_within
from dialer.held_locks import StillHeld, held
from dialer.sql import hot_cursor, ran_out_of_time
from tests.pgbouncer import needs_pgbouncer, of_url, pgbouncer

pytestmark = [needs_pgbouncer, pytest.mark.django_db(transaction=True)]


@dataclass(frozen=True, slots=True)
class Lent:
    """Where the pooler is, and where PostgreSQL is."""

    url: str
    direct: str


@pytest.fixture(params=[1])
def lent(request: pytest.FixtureRequest, tmp_path: Path, settings: Settings) -> Iterator[Lent]:
    """Lead Django through a PgBouncer of so many sessions."""
    direct, known = connections["default"], connection.get_connection_params()
    direct.close()
    settings.DATABASE_POOL_MODE = "transaction"
    with pgbouncer(known, folder=tmp_path, mode="transaction", pool_size=request.param) as url:
        there, place = of_url(url), connections.settings["default"]
        before = dict(place)
        place.update(HOST=there["host"], PORT=there["port"], NAME=there["dbname"])
        del connections["default"]
        try:
            yield Lent(url=url, direct=make_conninfo(**{name: known[name] for name in PLACE if name in known}))
        finally:
            connections["default"].close()
            place.update(before)
            connections["default"] = direct
            with connection.cursor() as cursor:
                cursor.execute(f"ALTER ROLE CURRENT_USER IN DATABASE {known['dbname']} RESET ALL")


#: What of a connection's parameters says where PostgreSQL is.
PLACE = ("host", "port", "dbname", "user", "password")
two_sessions = pytest.mark.parametrize("lent", [2], indirect=True)


@contextmanager
def another(lent: Lent) -> Iterator[psycopg.Connection[Any]]:
    """Give the connection of somebody else who goes through the pooler."""
    with psycopg.connect(lent.url, autocommit=True, prepare_threshold=None) as other:
        yield other


def asked(name: str) -> str:
    """Return what a setting of our session is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [name])
        return str(cursor.fetchone()[0])


def test_the_limits_of_all_are_defaults_of_the_role_after_migrate(lent: Lent, settings: Settings) -> None:
    assert [found.id for found in role_has_our_limits()] == ["dialer.W014"]
    call_command("migrate", verbosity=0)
    assert role_has_our_limits() == []
    with psycopg.connect(lent.direct) as fresh:
        rows = fresh.execute(
            "SELECT name, source FROM pg_settings WHERE name = ANY(%s)", [list(settings.DIALER_SESSION)]
        )
        assert dict(rows) == dict.fromkeys(settings.DIALER_SESSION, "database user")


@pytest.mark.parametrize("way", ["alone", "in a transaction", "hot", "hot in a transaction"])
def test_a_statement_ends_in_time_and_nobody_else_is_limited(lent: Lent, way: str) -> None:
    def slow() -> None:
        with hot_cursor() if "hot" in way else connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(20 * %s)", [1])

    block = transaction.atomic() if "transaction" in way else nullcontext()
    with statements_within(seconds=1), pytest.raises(OperationalError) as raised, block:
        slow()
    assert ran_out_of_time(raised.value)
    # The pooler has one session: the next who comes has ours.
    with another(lent) as other:
        assert other.execute("SHOW statement_timeout").fetchone() == ("0",)
    assert asked("statement_timeout") == "0"


def test_a_limited_statement_answers_as_any_other(lent: Lent) -> None:
    with statements_within(seconds=30):
        assert asked("statement_timeout") == "30s"
        made = ContactList.objects.create(name="Made", default_region="IN")
        assert ContactList.objects.filter(pk=made.pk).update(name="Changed") == 1
        assert list(ContactList.objects.values_list("name", flat=True)) == ["Changed"]
        with hot_cursor() as cursor:
            cursor.execute("SELECT name FROM campaigns_contactlist WHERE id = %s", [made.pk])
            assert cursor.fetchone() == ("Changed",)
        assert made.delete()[0] == 1


@two_sessions
def test_hot_statements_find_their_way_from_session_to_session(lent: Lent) -> None:
    """Prepared statements would be asked for in a session that does not have them."""
    for number in range(20):
        with hot_cursor() as cursor:
            cursor.execute("SELECT %s::int + 1", [number])
            assert cursor.fetchone() == (number + 1,)
        if number % 2:
            with another(lent) as other, other.transaction():
                other.execute("SELECT 1")
                # It has the session that we had last, so we get the other one.
                with hot_cursor() as cursor:
                    cursor.execute("SELECT %s::int + 1", [number])
                    assert cursor.fetchone() == (number + 1,)


@two_sessions
@pytest.mark.parametrize("block", [transaction.atomic, nullcontext])
def test_rows_are_read_in_pieces_although_others_come_between(lent: Lent, block: Any) -> None:
    ContactList.objects.bulk_create(ContactList(name=f"List {n}", default_region="IN") for n in range(50))
    rows = ContactList.objects.order_by("-id").values_list("name", "id")
    for reading in (read_in_pieces(rows, size=7), rows.iterator(chunk_size=7)):
        read = []
        with another(lent) as other, block():
            for name, _ in reading:
                read.append(name)
                # In a transaction from here to the next row: where the session that we had last is free, it is theirs.
                for statement in ("ROLLBACK", "BEGIN", "SELECT 1"):
                    other.execute(statement)
        assert read == [f"List {n}" for n in reversed(range(50))]


@two_sessions
def test_a_lock_is_held_over_transactions_by_one_alone(lent: Lent, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = held_locks._keeper, held_locks._Keeper()
    with held(AdvisoryLock.ERASING, wait_seconds=0), held(AdvisoryLock.STAFF, which=7, wait_seconds=0):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        for keeper in (ours, theirs):  # another thread of ours, another process
            monkeypatch.setattr(held_locks, "_keeper", keeper)
            with pytest.raises(StillHeld), held(AdvisoryLock.STAFF, which=7, wait_seconds=0.1):
                pytest.fail("two have it")
        with held(AdvisoryLock.STAFF, which=8, wait_seconds=0):
            pass
        monkeypatch.setattr(held_locks, "_keeper", ours)
    monkeypatch.setattr(held_locks, "_keeper", theirs)
    with held(AdvisoryLock.STAFF, which=7, wait_seconds=0):
        assert locks_of_sessions() == 1
    # All are given back: both sessions are there for others at one time, and hold nothing.
    with another(lent) as one, another(lent) as other, one.transaction(), other.transaction():
        assert [each.execute("SELECT 1").fetchone() for each in (one, other)] == [(1,), (1,)]
    assert locks_of_sessions() == 0


@two_sessions
def test_a_lock_falls_with_a_process_that_dies(lent: Lent) -> None:
    dying = held_locks._Keeper()
    assert dying.try_hold(AdvisoryLock.RETENTION, 0)
    assert dying._session is not None
    dying._session.connection.close()  # as the kernel does with the sockets of one who was killed
    with held(AdvisoryLock.RETENTION, wait_seconds=5):
        pass
    dying.let_go(AdvisoryLock.RETENTION, 0)
    assert dying.try_hold(AdvisoryLock.RETENTION, 0)
    dying.let_go(AdvisoryLock.RETENTION, 0)
    assert locks_of_sessions() == 0


@two_sessions
def test_many_threads_that_hold_locks_need_one_session_between_them(lent: Lent) -> None:
    """With one for each, they would wait for ever for a session to do their work in."""
    done: list[int] = []
    together = threading.Barrier(6)

    def work(which: int) -> None:
        with held(AdvisoryLock.KEPT_ANSWER, which=which, wait_seconds=5):
            together.wait(timeout=20)
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            done.append(which)
        connections.close_all()

    threads = [threading.Thread(target=work, args=[which]) for which in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(done) == list(range(6))


def locks_of_sessions() -> int:
    """Return how many advisory locks are held in this database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        return int(cursor.fetchone()[0])
