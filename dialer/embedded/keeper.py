"""Keeps one embedded server running while anybody uses it: a process of its own, so users come and go in any order.

Users share the lock `<kind>.users`; the kernel takes it from them when they end, however they end, and the keeper,
which waits to have that lock alone, stops the server then. The server is tied to the keeper, which restarts it when it
dies.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from dialer.embedded.locks import FileLock
from dialer.embedded.postgres import PostgresServer
from dialer.embedded.stopping import Stopping
from dialer.embedded.valkey import ValkeyServer

KINDS = ("postgres", "valkey")


def lock_path(*, data_dir: Path, kind: str, name: str) -> Path:
    """Return the file of a lock: `users`, `starting` or `keeper`."""
    return data_dir / "locks" / f"{kind}.{name}"


def state_path(*, data_dir: Path, kind: str) -> Path:
    """Return the file that says where the running server is."""
    return data_dir / "locks" / f"{kind}.json"


def server_of(*, kind: str, data_dir: Path, durable: bool) -> PostgresServer | ValkeyServer:
    """Return the server object, with the address that it had before, so that clients find it again."""
    if kind == "postgres":
        return PostgresServer(data_dir=data_dir, durable=durable)
    previous = _previous_state(data_dir, kind)
    return ValkeyServer(data_dir=data_dir, port=previous.get("port", 0), password=previous.get("password", ""))


def keep(*, kind: str, data_dir: Path, durable: bool) -> None:
    """Start the server, say so on stdout, keep it until the last user is gone, stop it."""
    alone = FileLock(lock_path(data_dir=data_dir, kind=kind, name="keeper"))
    if not alone.try_take():
        raise RuntimeError(f"another keeper has {data_dir}")
    unused = Stopping(signal.SIGTERM)
    server = server_of(kind=kind, data_dir=data_dir, durable=durable)
    server = _start(server, data_dir=data_dir)
    try:
        _write_state(data_dir, kind, server)
        print(json.dumps({"url": server.url}), flush=True)  # noqa: T201 (read by the launcher)
        users = FileLock(lock_path(data_dir=data_dir, kind=kind, name="users"))
        threading.Thread(target=_wait_for_the_last_user, args=(users, unused), daemon=True).start()
        while not unused.wait(0.5):
            if not server.alive():
                _say(f"{kind} has died; starting it again")
                server.start()
    finally:
        server.stop()
    # A newcomer waits for `users`, which ends with the process, and then has to find no keeper. Left to the kernel, the
    # lock that was taken last is given back first, and the newcomer joins a server that has stopped.
    alone.close()


def _start(server: PostgresServer | ValkeyServer, *, data_dir: Path) -> PostgresServer | ValkeyServer:
    try:
        server.start()
    except RuntimeError:
        if isinstance(server, PostgresServer):
            raise
        server = ValkeyServer(data_dir=data_dir)  # somebody else has the port of the last time
        server.start()
    return server


def _wait_for_the_last_user(users: FileLock, unused: Stopping) -> None:
    users.take()
    unused.set()


def _previous_state(data_dir: Path, kind: str) -> dict[str, Any]:
    try:
        state: dict[str, Any] = json.loads(state_path(data_dir=data_dir, kind=kind).read_text())
    except (OSError, ValueError):
        return {}
    return state


def _write_state(data_dir: Path, kind: str, server: PostgresServer | ValkeyServer) -> None:
    path = state_path(data_dir=data_dir, kind=kind)
    state: dict[str, Any] = {"url": server.url, "pid": server.pid, "keeper_pid": os.getpid()}
    if isinstance(server, ValkeyServer):
        state |= {"port": server.port, "password": server.password}
    partial = path.with_suffix(".partial")
    partial.touch(mode=0o600)
    partial.write_text(json.dumps(state))
    partial.replace(path)


def _say(text: str) -> None:
    print(f"{time.strftime('%Y-%m-%d %H:%M:%SZ', time.gmtime())} keeper: {text}", file=sys.stderr, flush=True)  # noqa: T201


def main(arguments: list[str]) -> None:
    """Run as `keeper KIND DATA_DIR durable|fast`; an error is the one line on stdout."""
    kind, data_dir, durability = arguments
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        keep(kind=kind, data_dir=Path(data_dir), durable=durability == "durable")
    except Exception as error:
        print(json.dumps({"error": str(error)}), flush=True)  # noqa: T201 (read by the launcher)
        raise
