"""Faults of Redis and PostgreSQL: gone, frozen, emptied, full, read-only, or rid of their connections."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
import redis
from django.db import connections

from dialer.sandbox.client import wait_for
from tests.chaos.arena import PATIENCE_SECONDS, Arena, family
from tests.chaos.generated.hurt import Hurt, Kind
from tests.chaos.generated.plan import Fault


@contextmanager
def redis_emptied(hurt: Hurt, fault: Fault) -> Iterator[None]:
    until = time.monotonic() + fault.seconds
    with redis.Redis.from_url(hurt.arena.valkey.url) as client:
        while time.monotonic() < until:
            client.flushall()
            time.sleep(0.05)
    yield


@contextmanager
def redis_restarted(hurt: Hurt, fault: Fault) -> Iterator[None]:
    hurt.arena.valkey.kill()
    yield
    hurt.arena.valkey.start()


@contextmanager
def frozen(pids: Sequence[int]) -> Iterator[None]:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


@contextmanager
def redis_frozen(hurt: Hurt, fault: Fault) -> Iterator[None]:
    pid = hurt.arena.valkey.pid
    with frozen(family(pid) if pid else ()):
        yield


@contextmanager
def postgres_killed(hurt: Hurt, fault: Fault) -> Iterator[None]:
    hurt.arena.postgres.kill()
    yield
    hurt.arena.postgres.start()


@contextmanager
def postgres_restarted(hurt: Hurt, fault: Fault) -> Iterator[None]:
    hurt.arena.postgres.stop()
    yield
    hurt.arena.postgres.start()


@contextmanager
def postgres_frozen(hurt: Hurt, fault: Fault) -> Iterator[None]:
    pid = hurt.arena.postgres.pid
    with frozen(family(pid) if pid else ()):
        yield


@contextmanager
def connections_cut(hurt: Hurt, fault: Fault) -> Iterator[None]:
    until = time.monotonic() + fault.seconds
    with _administrator(hurt.arena) as connection:
        while time.monotonic() < until:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
            time.sleep(0.3)
    yield


@contextmanager
def read_only(hurt: Hurt, fault: Fault) -> Iterator[None]:
    with _administrator(hurt.arena) as connection:
        connection.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        connection.execute("SELECT pg_reload_conf()")
        try:
            yield
        finally:
            connection.execute("ALTER SYSTEM RESET default_transaction_read_only")
            connection.execute("SELECT pg_reload_conf()")


@contextmanager
def redis_full(hurt: Hurt, fault: Fault) -> Iterator[None]:
    """It refuses every write, as it does where its memory is full of somebody else's."""
    with redis.Redis.from_url(hurt.arena.valkey.url) as client:
        usual = client.config_get("maxmemory")["maxmemory"]
        client.config_set("maxmemory", 1)
        yield
        client.config_set("maxmemory", usual)


@contextmanager
def disk_full(hurt: Hurt, fault: Fault) -> Iterator[None]:
    """PostgreSQL can write no more; where it gives up by that, a supervisor starts it again."""
    disk = hurt.arena.disk
    assert disk is not None, "asked for only where there is one"
    disk.fill()
    try:
        yield
    finally:
        disk.free()
    wait_for(lambda: _is_up(hurt.arena), within_seconds=PATIENCE_SECONDS)


def _is_up(arena: Arena) -> bool:
    """Start the server where it has ended, and return whether it answers."""
    arena.postgres.start()
    with contextlib.suppress(psycopg.OperationalError), psycopg.connect(arena.postgres.url, connect_timeout=2):
        return True
    return False


def _administrator(arena: Arena) -> psycopg.Connection[Any]:
    """Return a connection that may write while the server is set read-only."""
    connections["default"].close()
    return psycopg.connect(arena.postgres.url, autocommit=True, options="-c default_transaction_read_only=off")


KINDS: Mapping[str, Kind] = {
    "redis_emptied": redis_emptied,
    "redis_restarted": redis_restarted,
    "redis_frozen": redis_frozen,
    "redis_full": redis_full,
    "postgres_killed": postgres_killed,
    "postgres_restarted": postgres_restarted,
    "postgres_frozen": postgres_frozen,
    "connections_cut": connections_cut,
    "read_only": read_only,
    "disk_full": disk_full,
}
