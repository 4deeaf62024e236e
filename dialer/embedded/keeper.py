"""Keeps one embedded server running while anybody uses it: a process of its own, so users come and go in any order.

Users share the lock `<kind>.users`; the kernel takes it from them when they end, however they end, and the keeper,
which waits to have that lock alone, stops the server then. The server is tied to the keeper, which restarts it when it
dies. What waits is ``waiting.py``, as the same process.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from dialer.embedded.locks import FileLock
from dialer.embedded.postgres import PostgresServer
from dialer.embedded.valkey import ValkeyServer

KEEP, WAITING = (Path(__file__).with_name(name) for name in ("keep.py", "waiting.py"))
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


def keep(*, kind: str, data_dir: Path, durable: bool, lock: int | None = None) -> None:
    """Start the server, say so on stdout, and become the script that waits until the last user is gone.

    ``lock``: the keeper's lock, where that script has it and the server has died; nobody listens then.
    """
    alone = FileLock(lock_path(data_dir=data_dir, kind=kind, name="keeper"), descriptor=lock)
    if lock is None and not alone.try_take():
        raise RuntimeError(f"another keeper has {data_dir}")
    if lock is not None:
        _say(f"{kind} has died; starting it again")
    server = _start(server_of(kind=kind, data_dir=data_dir, durable=durable), data_dir=data_dir)
    try:
        _write_state(data_dir, kind, server)
        if lock is None:
            print(json.dumps({"url": server.url}), flush=True)  # noqa: T201 (read by the launcher)
        _wait(server, alone, [kind, str(data_dir), "durable" if durable else "fast"])
    except BaseException:
        server.stop()
        raise


def _wait(server: PostgresServer | ValkeyServer, alone: FileLock, arguments: list[str]) -> None:
    """Become the script that waits. What this process has started stays its own: it is the same process."""
    kind, data_dir, _ = arguments
    users = lock_path(data_dir=Path(data_dir), kind=kind, name="users")
    numbers = ",".join(str(int(number)) for number in server.stop_signals)
    again = [sys.executable, "-P", str(KEEP), *arguments]
    words = [str(server.pid), numbers, str(server.grace_seconds), str(alone.hand_on()), str(users), *again]
    os.execv(sys.executable, [sys.executable, "-I", "-S", str(WAITING), *words])  # noqa: S606


def _start(server: PostgresServer | ValkeyServer, *, data_dir: Path) -> PostgresServer | ValkeyServer:
    try:
        server.start()
    except RuntimeError:
        if isinstance(server, PostgresServer):
            raise
        server = ValkeyServer(data_dir=data_dir)  # somebody else has the port of the last time
        server.start()
    return server


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
    """Run as `keeper KIND DATA_DIR durable|fast [LOCK]`; an error is the one line on stdout."""
    kind, data_dir, durability, *lock = arguments
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        keep(kind=kind, data_dir=Path(data_dir), durable=durability == "durable", lock=int(lock[0]) if lock else None)
    except Exception as error:
        print(json.dumps({"error": str(error)}), flush=True)  # noqa: T201 (read by the launcher)
        raise
