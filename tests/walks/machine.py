"""A machine to deploy on, without being one: a folder for its root, and stand-ins for what changes a machine.

``systemctl`` is played by this module: it starts what units say, with their environment and in their folder. PostgreSQL
and Valkey are the embedded ones; ``psql`` speaks with the former as its superuser.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

#: Stand-ins, by name: what the page calls, and changes nothing here.
PLAYED = {
    "apt-get": ":",
    "useradd": ":",
    "certbot": ":",
    "nginx": ":",
    # Everybody here is who runs the tests.
    "runuser": 'while [ "$1" != "--" ]; do shift; done; shift; exec "$@"',
    "install": """args=; while [ $# -gt 0 ]; do case "$1" in -o|-g) shift 2;; *) args="$args '$1'"; shift;; esac; done
eval exec /usr/bin/install $args""",
    "systemctl": f'exec {sys.executable} {Path(__file__).resolve()} "$MACHINE" "$@"',
}
#: What a service is given besides what its unit names (systemd gives next to nothing): where the carrier listens here.
GIVEN = ("PATH", "DIALER_SANDBOX_URL")


def stand_ins(folder: Path) -> None:
    """Write the stand-ins into a folder that goes before all others."""
    folder.mkdir(parents=True)
    for name, line in PLAYED.items():
        (folder / name).write_text(f"#!/bin/sh\n{line}\n")
        (folder / name).chmod(0o755)


def systemctl(root: Path, words: list[str]) -> None:
    """Start Valkey by its configuration, or the processes of units; all else is nothing here."""
    if words[:2] == ["restart", "redis-server"]:
        _start(root, "redis", [os.environ["VALKEY"], str(root / "etc/redis/redis.conf")], env={}, cwd=root)
    elif words[:2] == ["enable", "--now"]:
        for name in words[2:]:
            for unit in _wanted(root, name):
                start_unit(root, unit)


def _wanted(root: Path, name: str) -> list[str]:
    path = root / "etc/systemd/system" / name
    if not name.endswith(".target"):
        return [name if name.endswith(".service") else f"{name}.service"]
    return re.findall(r"\S+\.service", re.findall(r"^Wants=(.+)$", path.read_text(), re.M)[0])


def start_unit(root: Path, name: str) -> None:
    """Start one service as its unit says."""
    stem, at, instance = name.removesuffix(".service").partition("@")
    text = (root / "etc/systemd/system" / f"{stem}{at}.service").read_text()
    said = dict(re.findall(r"^(\w+)=(.+)$", text, re.M))
    env = {name: os.environ[name] for name in GIVEN}
    for line in Path(said["EnvironmentFile"]).read_text().splitlines():
        key, _, value = line.partition("=")
        env[key] = value
    env |= dict(pair.split("=", 1) for pair in said["Environment"].split())
    command = said["ExecStart"].replace("%H", socket.gethostname()).replace("%i", instance)
    for folder in said["ReadWritePaths"].split():
        assert Path(folder).is_dir(), f"systemd would refuse {name}: there is no {folder}"
    _start(root, name, shlex.split(command), env=env, cwd=Path(said["WorkingDirectory"]))


def _start(root: Path, name: str, command: list[str], *, env: dict[str, str], cwd: Path) -> None:
    with (root / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            command, env=env, cwd=cwd, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
        )
    with (root / "pids").open("a") as pids:
        pids.write(f"{process.pid}\n")


def end_all(root: Path) -> None:
    """End what was started: asked first, then killed, whole groups of processes."""
    path = root / "pids"
    groups = [int(line) for line in path.read_text().splitlines()] if path.exists() else []
    for how, patience_seconds in ((signal.SIGTERM, 20.0), (signal.SIGKILL, 5.0)):
        for group in groups:
            _signal(group, how)
        until = time.monotonic() + patience_seconds
        while time.monotonic() < until and any(_signal(group, 0) for group in groups):
            time.sleep(0.1)


def _signal(group: int, how: int) -> bool:
    try:
        os.killpg(group, how)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    systemctl(Path(sys.argv[1]), sys.argv[2:])
