"""What the tests of the embedded services share: short data folders, and launchers as processes of their own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dialer.embedded.spawning import wait_until

PROJECT = Path(__file__).resolve().parents[2]
LAUNCHER = """
import json, sys
from pathlib import Path
from dialer.embedded import services
with services(data_dir=Path(sys.argv[1]), durable=False) as found:
    print(json.dumps({"database_url": found.database_url, "redis_url": found.redis_url}), flush=True)
    sys.stdin.read()
"""
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}


class Launcher:
    """A process that uses the services of a data folder until it is let go or killed."""

    def __init__(self, data_dir: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", LAUNCHER, str(data_dir)],
            cwd=PROJECT,
            env=ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout is not None
        self.found: dict[str, Any] = json.loads(self.process.stdout.readline())

    def leave(self) -> None:
        """End it as Ctrl-D would; returns when it has ended."""
        self.process.communicate(timeout=30)

    def kill(self) -> None:
        """SIGKILL it."""
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate(timeout=30)


def processes_of(data_dir: Path) -> list[str]:
    """Return the command lines of all processes that name the folder or work in it."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            works_there = str((entry / "cwd").readlink()).startswith(str(data_dir))
        except OSError:
            continue
        if entry.name.isdigit() and int(entry.name) != os.getpid() and (works_there or str(data_dir) in command):
            found.append(command)
    return found


def nothing_runs(data_dir: Path, *, deadline_seconds: float = 10.0) -> bool:
    """Return whether within the deadline no process uses the folder any more."""
    return wait_until(lambda: not processes_of(data_dir), deadline_seconds=deadline_seconds)


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A folder with a path short enough for a socket; at the end nothing may be running there."""
    folder = Path(tempfile.mkdtemp(prefix="dialer-test-"))
    folder.chmod(0o755)
    try:
        yield folder / "data"
        assert nothing_runs(folder), processes_of(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def launch(data_dir: Path) -> Iterator[Callable[[], Launcher]]:
    """Start launchers; those that still run at the end are let go."""
    launchers: list[Launcher] = []

    def start() -> Launcher:
        launchers.append(Launcher(data_dir))
        return launchers[-1]

    yield start
    for launcher in launchers:
        if launcher.process.poll() is None:
            launcher.leave()
