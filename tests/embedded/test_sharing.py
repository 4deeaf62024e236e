"""Launchers come, go and die in any order: the servers run while one of them lives, and never longer."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from dialer.embedded import services
from dialer.embedded.keeper import state_path
from dialer.embedded.spawning import wait_until
from tests.embedded.conftest import Launcher, nothing_runs, processes_of

Launch = Callable[[], Launcher]


def _writes(database_url: str) -> bool:
    try:
        with psycopg.connect(database_url, connect_timeout=10) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS note (text text)")
            connection.execute("INSERT INTO note VALUES ('kept')")
    except psycopg.OperationalError:
        return False
    return True


def _pings(redis_url: str) -> bool:
    try:
        with redis.Redis.from_url(redis_url) as client:
            return bool(client.ping())
    except redis.exceptions.ConnectionError:
        return False


def test_servers_end_when_their_only_launcher_is_killed(data_dir: Path, launch: Launch) -> None:
    launcher = launch()
    assert _writes(launcher.found["database_url"])
    assert _pings(launcher.found["redis_url"])
    assert processes_of(data_dir)
    launcher.kill()
    assert nothing_runs(data_dir)


def test_nothing_runs_any_more_when_a_launcher_has_left(data_dir: Path, launch: Launch) -> None:
    launcher = launch()
    launcher.leave()
    assert nothing_runs(data_dir, deadline_seconds=0.5)


def test_a_second_launcher_joins_and_outlives_the_first(data_dir: Path, launch: Launch) -> None:
    first = launch()
    second = launch()
    assert second.found == first.found
    first.kill()
    assert _writes(second.found["database_url"])
    assert _pings(second.found["redis_url"])
    second.leave()
    assert nothing_runs(data_dir, deadline_seconds=0.5)


def test_data_and_addresses_survive_a_restart(launch: Launch) -> None:
    first = launch()
    assert _writes(first.found["database_url"])
    first.kill()
    second = launch()
    assert second.found == first.found
    with psycopg.connect(second.found["database_url"]) as connection:
        assert connection.execute("SELECT text FROM note").fetchall() == [("kept",)]


@pytest.mark.parametrize("kind", ["postgres", "valkey"])
@pytest.mark.parametrize("victim", ["pid", "keeper_pid"])
def test_a_killed_server_or_keeper_comes_back_on_the_same_address(
    data_dir: Path, launch: Launch, kind: str, victim: str
) -> None:
    found = launch().found
    assert _writes(found["database_url"])
    state = _state(data_dir, kind)
    os.kill(state[victim], signal.SIGKILL)

    def works_again() -> bool:
        ended = not Path(f"/proc/{state['pid']}/cwd").exists()  # with its keeper, the server ends too
        return ended and _writes(found["database_url"]) and _pings(found["redis_url"])

    assert wait_until(works_again, deadline_seconds=30)


def test_given_addresses_are_used_and_nothing_is_started(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://given/one")
    monkeypatch.setenv("REDIS_URL", "redis://given")
    with services(data_dir=data_dir) as found:
        assert (found.database_url, found.redis_url, found.embedded) == ("postgresql://given/one", "redis://given", ())
        assert not data_dir.exists()


def test_only_the_server_that_is_not_given_is_started(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://given/one")
    monkeypatch.delenv("REDIS_URL")
    with services(data_dir=data_dir) as found:
        assert found.embedded == ("valkey",)
        assert _pings(found.redis_url)
        assert not any("postgres" in command for command in processes_of(data_dir))


def test_redis_refuses_who_does_not_know_the_password(launch: Launch) -> None:
    port = launch().found["redis_url"].rsplit(":", 1)[1].split("/")[0]
    at_once = Retry(NoBackoff(), 0)
    with redis.Redis(port=int(port), retry=at_once) as stranger, pytest.raises(redis.exceptions.AuthenticationError):
        stranger.ping()


def _state(data_dir: Path, kind: str) -> dict[str, int]:
    state: dict[str, int] = json.loads(state_path(data_dir=data_dir, kind=kind).read_text())
    return state
