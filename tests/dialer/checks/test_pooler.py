"""Behind PgBouncer: by sessions all is well, by transactions we refuse, unless DATABASE_POOL_MODE says so."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from pytest_django.fixtures import Settings

from dialer.checks.pooler import are_lent_unsaid, shares_sessions
from dialer.embedded.stack import HOST, free_port
from tests.pgbouncer import needs_pgbouncer, of_url, pgbouncer

pytestmark = pytest.mark.django_db


@contextlib.contextmanager
def pooled(mode: str, folder: Path) -> Iterator[BaseDatabaseWrapper]:
    """Give a connection through PgBouncer."""
    with pgbouncer(connection.get_connection_params(), folder=folder, mode=mode) as url:
        there = of_url(url)
        one = connection.copy()
        place = {"HOST": there["host"], "PORT": there["port"], "NAME": there["dbname"]}
        one.settings_dict = {**connection.settings_dict, **place}
        try:
            yield one
        finally:
            one.close()


@needs_pgbouncer
@pytest.mark.parametrize(("mode", "is_refused"), [("session", False), ("transaction", True)])
def test_a_pooler_is_refused_where_it_shares_sessions(
    mode: str, is_refused: bool, tmp_path: Path, settings: Settings
) -> None:
    with pooled(mode, tmp_path) as one:
        assert shares_sessions(one) is are_lent_unsaid(one) is is_refused
        settings.DATABASE_POOL_MODE = "transaction"
        assert not are_lent_unsaid(one)
        if not is_refused:
            with one.cursor() as cursor:
                cursor.execute("SHOW lock_timeout")
                assert cursor.fetchone() == ("20s",)


def test_a_worker_that_starts_before_postgresql_is_not_kept_from_it() -> None:
    away = connection.copy()
    away.settings_dict = {**connection.settings_dict, "HOST": HOST, "PORT": str(free_port())}
    assert shares_sessions(away) is False


def test_without_a_pooler_nothing_is_said() -> None:
    assert shares_sessions(connection) is False


def test_each_session_has_its_limits() -> None:
    fresh = connection.copy()
    try:
        with fresh.cursor() as cursor:
            for name, value in (("lock_timeout", "20s"), ("idle_in_transaction_session_timeout", "1min")):
                cursor.execute("SELECT current_setting(%s)", [name])
                assert cursor.fetchone() == (value,)
        assert isinstance(fresh.connection, psycopg.Connection)
    finally:
        fresh.close()
