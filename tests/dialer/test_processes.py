"""PostgreSQL is told which process a connection belongs to, and how many that process may open."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from campaigns import worker_chores
from campaigns.hosting.switching import SWITCHED_AT_ONCE
from campaigns.placing.engine import CHORE_THREADS, DATABASE_THREADS
from dialer.embedded.sharing import Services
from dialer.embedded.stack import Stack
from dialer.processes import (
    PUSH_THREADS,
    SWITCHING_THREADS,
    WEB_THREADS,
    WORKER_THREADS,
    Process,
    application_name,
    describe,
    of_application_name,
)
from webhooks import tasks as inbox_tasks

PROJECT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())


@pytest.mark.parametrize(
    ("name", "kind", "most"),
    [
        ("web", "web", 4 + PUSH_THREADS + SWITCHING_THREADS),
        ("inbox", "inbox", PUSH_THREADS),
        ("worker-1", "worker", 4 + WORKER_THREADS),
        ("batch", "batch", 3),
        ("beat", "beat", 1),
    ],
)
def test_the_processes_of_this_machine_know_themselves(tmp_path: Path, name: str, kind: str, most: int) -> None:
    services = Services(database_url="postgresql:///x", redis_url="redis://x", data_dir=tmp_path)
    stack = Stack(services, port=1, inbox_port=2, log_dir=tmp_path, threads=4)
    module, *arguments = stack.program(name)
    words = [f"/venv/lib/{module}/__main__.py", *arguments]  # what `python -m` makes of it
    assert describe(words, stack._env) == Process(kind=kind, most_connections=most)


@pytest.mark.parametrize(
    ("name", "kind", "most"),
    [
        ("inbox", "inbox", PUSH_THREADS),
        ("worker", "worker", 8 + WORKER_THREADS),
        ("batch", "batch", 5),
        ("beat", "beat", 1),
    ],
)
def test_the_containers_know_themselves(name: str, kind: str, most: int) -> None:
    command = COMPOSE["services"][name]["command"]
    assert describe([f"/usr/local/bin/{command[0]}", *command[1:]]) == Process(kind=kind, most_connections=most)


def test_the_image_knows_itself() -> None:
    words = re.search(r"^CMD (\[.*?\])$", (PROJECT / "Dockerfile").read_text().replace("\\\n", ""), re.M | re.S)
    assert words is not None
    assert describe(yaml.safe_load(words[1])) == Process(
        kind="web", most_connections=WEB_THREADS + PUSH_THREADS + SWITCHING_THREADS
    )


@pytest.mark.parametrize("arguments", [["manage.py", "migrate"], [""], ["/venv/bin/pytest"], ["celery", "inspect"]])
def test_anything_else_is_a_command(arguments: list[str]) -> None:
    assert describe(arguments) == Process(kind="command", most_connections=1)


def test_threads_of_a_worker_are_counted_as_they_are() -> None:
    pools = (
        worker_chores._dialers._pool,
        worker_chores._writers._pool,
        inbox_tasks._readers,
        inbox_tasks.teller().pool,
    )
    enrolling = main = 1
    own = DATABASE_THREADS + CHORE_THREADS
    assert own + sum(pool._max_workers for pool in pools) + enrolling + main == WORKER_THREADS
    assert SWITCHED_AT_ONCE == SWITCHING_THREADS


@given(st.sampled_from(("web", "worker")), st.integers(1, 9999), st.text(max_size=100), st.integers(1, 2**22))
def test_what_postgresql_is_told_can_be_read_back(kind: str, most: int, host: str, pid: int) -> None:
    name = application_name(Process(kind=kind, most_connections=most), host=host.replace("\n", ""), pid=pid)
    assert len(name.encode()) <= 63
    assert name.endswith(f":{pid}")
    assert of_application_name(name) == Process(kind=kind, most_connections=most)
    assert of_application_name("psql") is None
