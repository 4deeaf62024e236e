"""Starts the servers the tests run on, before Django reads its settings. Loaded with `-p` by pyproject.toml.

All runs share one PostgreSQL and one Valkey, and each worker of each run has a database of its own in both, so that
they may go on at once. The process that was started keeps the servers running; its workers only use them. DATABASE_URL
and REDIS_URL are used where they are set: workers then have the databases of Redis after the one that is named there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
import redis
from psycopg import sql

from dialer.embedded.environment import embedded_environment

DATA = Path(__file__).resolve().parent.parent / ".dialer" / "test"
#: Of runs at another moment (tests/elsewhen): servers have the clock of the process that started them.
DATA_ELSEWHEN = DATA.with_name("test-elsewhen")
RUN_DATABASE = re.compile(r"(?:test_)?run_(\d+)(?:_gw\d+)?")
#: How many databases Valkey has, and how many of them are for one run: its process and its workers.
REDIS_DATABASES, BLOCK = 1024, 32
_running = ExitStack()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests() -> Generator[None, None, None]:
    """Complete the environment; a wrapper runs before pytest-django's hook of this name, which loads the settings."""
    os.environ.setdefault("SECRET_KEY", "a key for tests only, long enough for every check of Django's")
    os.environ.setdefault("DIALER_ENCRYPTION_KEYS", "an encryption key for tests only and long enough for every check")
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        os.environ["REDIS_URL"] = _redis_of(worker)
        return (yield)
    given = {"postgres": os.environ.get("DATABASE_URL"), "valkey": os.environ.get("REDIS_URL")}
    data_dir = DATA_ELSEWHEN if "CLOCK_AHEAD_FILE" in os.environ else DATA
    found = _running.enter_context(embedded_environment(data_dir=data_dir, durable=False))
    if not given["postgres"]:
        _drop_what_killed_runs_left(found.database_url)
        os.environ["DATABASE_URL"] = found.database_url.replace("/dialer?", f"/run_{os.getpid()}?")
    if not given["valkey"]:
        os.environ["REDIS_URL"] = f"{found.redis_url.removesuffix('/0')}/{_first_of_a_block(found.redis_url)}"
    return (yield)


def is_ours(database: str) -> bool:
    """Return whether a database is that of a run on the embedded server."""
    return RUN_DATABASE.fullmatch(database) is not None


def pytest_unconfigure() -> None:
    """Let the servers go: they stop when no other run uses them."""
    _running.close()


def _redis_of(worker: str) -> str:
    server, _, number = os.environ["REDIS_URL"].rpartition("/")
    return f"{server}/{int(number) + 1 + int(worker.removeprefix('gw'))}"


def _first_of_a_block(redis_url: str) -> int:
    """Return the number of a Redis database that begins a block which no other run of today's server has."""
    with redis.Redis.from_url(redis_url) as client:
        runs: int = client.incr("runs")
    return (runs % (REDIS_DATABASES // BLOCK - 1) + 1) * BLOCK


def _drop_what_killed_runs_left(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        for (name,) in connection.execute("SELECT datname FROM pg_database").fetchall():
            match = RUN_DATABASE.fullmatch(name)
            if match and not _alive(int(match[1])):
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
