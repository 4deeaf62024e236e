"""PostgreSQL from a wheel: crashes, what they leave behind, long paths, and every kind of user that may start it."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from dialer.embedded import PostgresServer
from dialer.embedded.identity import Identity
from dialer.embedded.spawning import TIE
from tests.embedded.conftest import ENVIRONMENT, PROJECT, processes_of

START_AND_STOP = """
import json, os, sys
from pathlib import Path
import psycopg
from dialer.embedded.postgres import PostgresServer
server = PostgresServer(data_dir=Path(sys.argv[1]), durable=False, allow_namespace=sys.argv[2] == "namespace")
server.start()
with psycopg.connect(server.url) as connection:
    user = connection.execute("SELECT current_user").fetchone()[0]
owner = server.cluster.stat().st_uid
print(json.dumps({"user": user, "uid": os.geteuid(), "owner": owner, "cluster": str(server.cluster)}))
server.stop()
"""


@pytest.fixture
def server(data_dir: Path) -> Iterator[PostgresServer]:
    """A running server of our own."""
    server = PostgresServer(data_dir=data_dir, durable=False)
    server.start()
    yield server
    server.stop()


def _one(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def test_a_killed_server_recovers_what_was_committed_at_the_same_address(server: PostgresServer) -> None:
    url = server.url
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE note AS SELECT 'kept' AS text")
    server.kill()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
    server.start()
    assert server.url == url
    assert _one(url, "SELECT text FROM note") == "kept"


def test_a_session_that_outlives_the_killed_server_does_not_block_the_next(server: PostgresServer) -> None:
    """A busy worker process does not notice the postmaster's end, and PostgreSQL refuses to start beside it."""
    connection = psycopg.connect(server.url, autocommit=True)
    busy = threading.Thread(target=_spin, args=(connection,))
    busy.start()
    while _one(server.url, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%busy%' AND state = 'active'") != 2:
        pass
    server.kill()
    server.start()
    busy.join(10)
    assert not busy.is_alive()
    assert _one(server.url, "SELECT 1") == 1


def _spin(connection: psycopg.Connection) -> None:
    with pytest.raises(psycopg.OperationalError):
        connection.execute("DO $$ /* busy */ BEGIN LOOP END LOOP; END $$")


def test_a_pid_file_that_names_another_living_process_does_not_block_the_start(server: PostgresServer) -> None:
    server.stop()
    pid_file = server.cluster / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{server.cluster}\n1700000000\n5432\n{server.socket_dir}\n\n\nready\n")
    (server.socket_dir / ".s.PGSQL.5432.lock").write_text(f"{os.getpid()}\n")
    server.start()
    assert _one(server.url, "SELECT 1") == 1


def test_a_half_made_cluster_is_made_again(data_dir: Path) -> None:
    partial = data_dir / "postgres" / "cluster.partial"
    partial.mkdir(parents=True)
    (partial / "PG_VERSION").write_text("18\n")
    server = PostgresServer(data_dir=data_dir, durable=False)
    server.start()
    assert _one(server.url, "SELECT current_database()") == "dialer"
    server.stop()


def test_a_path_too_long_for_a_socket_gets_a_private_folder_elsewhere(data_dir: Path) -> None:
    server = PostgresServer(data_dir=data_dir / ("long-" * 20), durable=False)
    server.start()
    assert _one(server.url, "SELECT 1") == 1
    assert stat.S_IMODE(server.socket_dir.stat().st_mode) == 0o700
    server.stop()
    server.socket_dir.rmdir()


def test_only_we_can_enter_the_sockets_folder_and_no_port_is_open(server: PostgresServer) -> None:
    assert stat.S_IMODE(server.socket_dir.stat().st_mode) == 0o700
    assert _one(server.url, "SELECT current_setting('listen_addresses')") == ""


def _start_and_stop(data_dir: Path, *, way: str, identity: str = "self") -> dict[str, str | int]:
    tie = [sys.executable, str(TIE), str(os.getpid()), "9", identity]
    result = subprocess.run(
        [*tie, sys.executable, "-c", START_AND_STOP, str(data_dir), way],
        cwd=PROJECT,
        env={**ENVIRONMENT, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    found: dict[str, str | int] = json.loads(result.stdout)
    return found


def _ordinary_user() -> Identity:
    """Return somebody who is not root and can run this Python: nobody, or, where it is root's own, a name for root."""
    nobody = pwd.getpwnam("nobody")
    account = Identity(f"account:{nobody.pw_uid}:{nobody.pw_gid}", (nobody.pw_uid, nobody.pw_gid))
    if os.geteuid() != 0:
        return Identity("self")
    reachable = account.can_read(Path(sys.executable).resolve(), PROJECT)
    return account if reachable else Identity(f"namespace:{nobody.pw_uid}:{nobody.pw_gid}")


def test_an_ordinary_user_can_start_it(data_dir: Path) -> None:
    user = _ordinary_user()
    data_dir.mkdir()
    user.give(data_dir)
    found = _start_and_stop(data_dir, way="namespace", identity=user.tie)
    assert found["user"] == "dialer"
    assert found["uid"] == found["owner"] != 0


def test_it_starts_where_namespaces_are_refused(data_dir: Path) -> None:
    """For root that is an existing account which owns the files; for everybody else nothing changes."""
    found = _start_and_stop(data_dir, way="account")
    assert found["user"] == "dialer"
    assert found["owner"] != 0
    assert processes_of(data_dir) == []


def test_it_starts_where_the_project_is_closed_to_the_account(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o700)
    data_dir.parent.chmod(0o700)
    found = _start_and_stop(data_dir, way="account")
    assert found["user"] == "dialer"
    if os.geteuid() == 0:
        assert not str(found["cluster"]).startswith(str(data_dir))
        assert stat.S_IMODE(data_dir.parent.stat().st_mode) == 0o700
        shutil.rmtree(Path(str(found["cluster"])).parent)
