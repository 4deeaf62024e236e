"""Behind PgBouncer: by sessions all is well, by transactions we refuse. Needs PgBouncer, which Debian has."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from dialer.checks.pooler import shares_sessions
from dialer.embedded.identity import unprivileged_identity
from dialer.embedded.spawning import TIE
from dialer.embedded.stack import HOST, free_port

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
pytestmark = pytest.mark.django_db


@contextlib.contextmanager
def pooled(mode: str, folder: Path) -> Iterator[BaseDatabaseWrapper]:
    """Give a connection through PgBouncer."""
    port, known = free_port(), connection.get_connection_params()
    upstream = " ".join(
        f"{name}={known[name]}" for name in ("host", "port", "dbname", "user", "password") if known.get(name)
    )
    settings = {
        "listen_addr": HOST,
        "listen_port": port,
        "auth_type": "any",
        "pool_mode": mode,
        "unix_socket_dir": "",
        "ignore_startup_parameters": "extra_float_digits",
    }
    lines = [f"{name} = {value}" for name, value in settings.items()]
    configuration = folder / "pgbouncer.ini"
    configuration.write_text("\n".join(["[databases]", f"pooled = {upstream}", "[pgbouncer]", *lines, ""]))
    # Like PostgreSQL it refuses to run as root, and is tied to us in the same way.
    tie = [sys.executable, str(TIE), str(os.getpid()), str(int(signal.SIGTERM)), unprivileged_identity().tie]
    process = subprocess.Popen([*tie, str(PGBOUNCER), "-q", str(configuration)])
    one = connection.copy()
    one.settings_dict = {**connection.settings_dict, "HOST": HOST, "PORT": str(port), "NAME": "pooled"}
    try:
        until = time.monotonic() + 10
        while True:
            try:
                one.ensure_connection()
                break
            except Exception:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)  # it is starting
        yield one
    finally:
        one.close()
        process.terminate()
        process.wait(timeout=10)


@pytest.mark.skipif(PGBOUNCER is None, reason="PgBouncer is not installed")
@pytest.mark.parametrize(("mode", "is_refused"), [("session", False), ("transaction", True)])
def test_a_pooler_is_refused_where_it_shares_sessions(mode: str, is_refused: bool, tmp_path: Path) -> None:
    with pooled(mode, tmp_path) as one:
        assert shares_sessions(one) is is_refused
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
