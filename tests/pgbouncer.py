"""PgBouncer in front of a PostgreSQL, as Debian packages it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import environ
import pytest

from dialer.embedded.identity import unprivileged_identity
from dialer.embedded.spawning import TIE, wait_until
from dialer.embedded.stack import HOST, free_port

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
needs_pgbouncer = pytest.mark.skipif(PROGRAM is None, reason="PgBouncer is not installed")
#: What PgBouncer calls the database.
NAME = "pooled"


@contextlib.contextmanager
def pgbouncer(
    upstream: Mapping[str, object], *, folder: Path, mode: str, pool_size: int = 20, host: str = HOST
) -> Iterator[str]:
    """Run it before the server that these parameters of a connection lead to; give the URL that leads through it."""
    port = free_port()
    known = ("host", "port", "dbname", "user", "password")
    leads_to = " ".join(f"{name}={upstream[name]}" for name in known if upstream.get(name))
    settings = {
        "listen_addr": host,
        "listen_port": port,
        "auth_type": "any",
        "pool_mode": mode,
        "default_pool_size": pool_size,
        "max_client_conn": 500,
        "unix_socket_dir": "",
    }
    lines = [f"{name} = {value}" for name, value in settings.items()]
    configuration = folder / "pgbouncer.ini"
    configuration.write_text("\n".join(["[databases]", f"{NAME} = {leads_to}", "[pgbouncer]", *lines, ""]))
    # Like PostgreSQL it refuses to run as root, and is tied to us in the same way.
    tie = [sys.executable, str(TIE), str(os.getpid()), str(int(signal.SIGTERM)), unprivileged_identity().tie]
    process = subprocess.Popen([*tie, str(PROGRAM), "-q", str(configuration)])
    try:
        assert wait_until(lambda: _listens(host, port), deadline_seconds=10)
        yield f"postgresql://{upstream['user']}@{host}:{port}/{NAME}"
    finally:
        process.terminate()
        process.wait(timeout=10)


def of_url(database_url: str) -> dict[str, object]:
    """Return the parameters of a connection that a URL stands for."""
    given = environ.Env.db_url_config(database_url)
    host = given.get("OPTIONS", {}).get("host") or given["HOST"]
    return {
        "host": host,
        "port": given["PORT"],
        "dbname": given["NAME"],
        "user": given["USER"],
        "password": given["PASSWORD"],
    }


def _listens(host: str, port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
        return True
    return False
