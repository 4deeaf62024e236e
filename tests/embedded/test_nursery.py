"""The nursery: what it forks is a program like any other, and nothing of it outlives who started it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dialer.embedded.nurslings import Nursery, Nursling
from dialer.embedded.running import _run
from dialer.embedded.sharing import Services
from dialer.embedded.spawning import wait_until
from dialer.embedded.stack import Stack, free_port
from dialer.embedded.stopping import Stopping
from tests.embedded.conftest import ENVIRONMENT, PROJECT
from tests.embedded.test_processes import _gone

#: Says who it is, and ends as it is told.
PROGRAM = """
import json, os, socket, sys, time
from django.apps import apps
said = {"arguments": sys.argv[1:], "session": os.getsid(0) == os.getpid(), "colour": os.environ["COLOUR"]}
print(json.dumps({**said, "apps": apps.ready, "main": __name__}), flush=True)
if sys.argv[1:] == ["end"]:
    sys.exit(3)
if sys.argv[1:2] == ["greet"]:
    listener = socket.socket(fileno=int(sys.argv[2].removeprefix("--listener=")))
    while True:
        listener.accept()[0].sendall(b"hello")
time.sleep(600)
"""


@pytest.fixture
def surroundings(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "a_program.py").write_text(PROGRAM)
    services = {"DATABASE_URL": "postgresql://127.0.0.1:9/none", "REDIS_URL": "redis://127.0.0.1:9/0"}
    secrets = {"SECRET_KEY": "k" * 50, "DIALER_ENCRYPTION_KEYS": "e" * 43 + "="}
    return {**ENVIRONMENT, **services, **secrets, "PYTHONPATH": str(tmp_path), "COLOUR": "blue"}


@pytest.fixture
def nursery(surroundings: dict[str, str], tmp_path: Path) -> Iterator[Nursery]:
    made = Nursery(env=surroundings, cwd=PROJECT, log_file=tmp_path / "nursery.log")
    yield made
    made.close()


def begin(nursery: Nursery, log_file: Path, *arguments: str) -> Nursling:
    return nursery.spawn(module="a_program", arguments=arguments, log_file=log_file)


def said(log_file: Path) -> dict[str, Any]:
    assert wait_until(lambda: log_file.exists() and log_file.read_text().endswith("\n"), deadline_seconds=30)
    found: dict[str, Any] = json.loads(log_file.read_text().splitlines()[-1])
    return found


def test_what_is_forked_is_a_program_with_its_arguments_and_an_end_of_its_own(nursery: Nursery, tmp_path: Path) -> None:
    stays, ends = begin(nursery, tmp_path / "stays.log", "--stay"), begin(nursery, tmp_path / "ends.log", "end")
    assert said(tmp_path / "stays.log") == {
        "arguments": ["--stay"],
        "session": True,
        "colour": "blue",
        "apps": True,
        "main": "__main__",
    }
    assert ends.wait(30) == 3
    assert stays.poll() is None
    stays.send_signal(signal.SIGTERM)
    assert stays.wait(30) == -signal.SIGTERM
    assert begin(nursery, tmp_path / "again.log", "end").wait(30) == 3


def test_who_called_before_a_program_was_there_is_answered_by_it(nursery: Nursery, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with socket.create_connection(listener.getsockname(), timeout=30) as early:
            first = nursery.spawn(
                module="a_program", arguments=["greet"], log_file=tmp_path / "first.log", listener=listener
            )
            assert early.recv(100) == b"hello"
        first.send_signal(signal.SIGKILL)
        first.wait(30)
        # The socket is still the supervisor's: the next one takes it over.
        with socket.create_connection(listener.getsockname(), timeout=30) as late:
            nursery.spawn(module="a_program", arguments=["greet"], log_file=tmp_path / "next.log", listener=listener)
            assert late.recv(100) == b"hello"


def test_with_the_nursery_all_of_it_is_gone_and_the_next_one_is_made_anew(nursery: Nursery, tmp_path: Path) -> None:
    first = begin(nursery, tmp_path / "first.log")
    said(tmp_path / "first.log")
    os.kill(_parent(first.pid), signal.SIGKILL)
    assert first.wait(30) == -signal.SIGKILL
    assert wait_until(lambda: _gone(first.pid), deadline_seconds=30)
    assert begin(nursery, tmp_path / "second.log", "end").wait(60) == 3


def test_nothing_outlives_who_started_it_however_that_dies(surroundings: dict[str, str], tmp_path: Path) -> None:
    starter = f"""
import os, pathlib, signal, time
from dialer.embedded.nurslings import Nursery
folder = pathlib.Path({str(tmp_path)!r})
nursery = Nursery(env=dict(os.environ), cwd=pathlib.Path.cwd(), log_file=folder / "nursery.log")
made = nursery.spawn(module="a_program", arguments=[], log_file=folder / "left.log")
print(made.pid, flush=True)
time.sleep(600)
"""
    with subprocess.Popen(
        [sys.executable, "-c", starter], env=surroundings, cwd=PROJECT, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        nursery_pid = _parent(pid)
        process.kill()
        process.wait(10)
    assert wait_until(lambda: _gone(pid) and _gone(nursery_pid), deadline_seconds=30)


def test_a_nursery_that_cannot_begin_says_what_its_log_says(surroundings: dict[str, str], tmp_path: Path) -> None:
    broken = {**surroundings, "DATABASE_URL": "sqlite:///x"}
    made = Nursery(env=broken, cwd=PROJECT, log_file=tmp_path / "nursery.log")
    with pytest.raises(OSError, match="DATABASE_URL must name a PostgreSQL database"):
        begin(made, tmp_path / "never.log")


def test_run_ends_where_its_processes_cannot_begin(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nowhere = Services(database_url="sqlite:///x", redis_url="redis://127.0.0.1:9/0", data_dir=tmp_path)
    assert _run(Stack(nowhere, port=free_port(), log_dir=tmp_path), log_dir=tmp_path, stop=Stopping()) == 1
    assert "Dialer runs" not in capsys.readouterr().out


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
