"""A whole installation for one benchmark: embedded services, a fresh database, the carrier, web, worker and beat."""

from __future__ import annotations

import dataclasses
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from dialer.embedded.environment import embedded_environment
from dialer.embedded.sharing import Services
from dialer.embedded.stack import Stack, free_port
from dialer.sandbox.client import SandboxClient, running_carrier

DATA = Path(__file__).resolve().parents[2] / ".dialer" / "bench"


@dataclasses.dataclass(frozen=True)
class Arena:
    """What a benchmark runs on."""

    carrier: SandboxClient
    stack: Stack


@contextmanager
def arena(*, workers: int = 1, name: str = "bench") -> Iterator[Arena]:
    """Run everything for the time of a block, durable as in production, in a database that is dropped afterwards."""
    port = free_port()
    with project(name=name, PUBLIC_BASE_URL=f"http://127.0.0.1:{port}") as services:
        logs = Path(tempfile.mkdtemp(prefix="dialer-bench-"))
        with running_carrier() as carrier, Stack(services, port=port, log_dir=logs, workers=workers) as stack:
            yield Arena(carrier=carrier, stack=stack)
        shutil.rmtree(logs, ignore_errors=True)


@contextmanager
def project(*, name: str, **variables: str) -> Iterator[Services]:
    """Have the embedded services and Django on an empty database for the time of a block; no process of ours runs."""
    with embedded_environment(data_dir=DATA) as found, _database(found.database_url, name) as url:
        os.environ.update(variables, DATABASE_URL=url, DJANGO_SETTINGS_MODULE="dialer.settings")
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0, interactive=False)
        yield found._replace(database_url=url)
        from django.db import connections

        connections.close_all()


@contextmanager
def _database(server_url: str, name: str) -> Iterator[str]:
    database = f"{name}_{os.getpid()}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {database}")
        try:
            yield server_url.replace("/dialer?", f"/{database}?")
        finally:
            connection.execute(f"DROP DATABASE {database} WITH (FORCE)")


def cpu_seconds(root_pids: Iterable[int]) -> float:
    """Return the CPU time, user and system, of processes and all below them, ended children included."""
    ticks = os.sysconf("SC_CLK_TCK")
    stats = _stats()
    wanted = set(root_pids)
    # A process is below a wanted one when its parent is; parents come first often enough to settle in few rounds.
    while more := {pid for pid, fields in stats.items() if int(fields[1]) in wanted} - wanted:
        wanted |= more
    return sum(int(value) for pid in wanted if pid in stats for value in stats[pid][11:15]) / ticks


def _stats() -> dict[int, list[str]]:
    """Return the fields of every process's stat file from the state on, by process id."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            found[int(path.parent.name)] = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
    return found


def postgres_pid() -> int:
    """Return the process id of the benchmark's PostgreSQL."""
    (pid_file,) = DATA.glob("**/postmaster.pid")
    return int(pid_file.read_text().split()[0])
