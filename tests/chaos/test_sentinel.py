"""Redis by its Sentinels: the server is killed, another becomes the one, and bells ring there."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import redis
from celery import Celery
from pytest_django.fixtures import Settings

from dialer.api.health import redis_answers
from dialer.embedded.sharing import Services
from dialer.embedded.spawning import end, spawn_tied, wait_until
from dialer.embedded.stack import HOST, Stack, free_port
from dialer.embedded.valkey import _program
from dialer.redis_address import redis_address

pytestmark = [pytest.mark.chaos, pytest.mark.alone, pytest.mark.judged, pytest.mark.django_db(transaction=True)]

PASSWORD, THEIRS = "bells", "lookouts"
#: Sentinels say that a server is gone after a second, agree, and give its place to another.
OTHER_WITHIN_SECONDS = 15.0


class Redises:
    """Two servers, the second a copy of the first, and three Sentinels."""

    def __init__(self, folder: Path, ending: ExitStack) -> None:
        self._folder, self._ending = folder, ending
        self.ports, self.sentinel_ports = [free_port() for _ in range(2)], [free_port() for _ in range(3)]
        shared = ["bind 127.0.0.1", 'save ""', f"requirepass {PASSWORD}", f"masterauth {PASSWORD}"]
        copies = [[], [f"replicaof {HOST} {self.ports[0]}"]]
        self.servers = [
            self._run(f"server-{port}", port, [*shared, *copy]) for port, copy in zip(self.ports, copies, strict=True)
        ]
        for port in self.sentinel_ports:
            watched = [
                "bind 127.0.0.1",
                f"requirepass {THEIRS}",
                f"sentinel sentinel-pass {THEIRS}",
                f"sentinel monitor dialer {HOST} {self.ports[0]} 2",
                f"sentinel auth-pass dialer {PASSWORD}",
                "sentinel down-after-milliseconds dialer 1000",
                "sentinel failover-timeout dialer 5000",
            ]
            self._run(f"sentinel-{port}", port, watched, "--sentinel")

    @property
    def url(self) -> str:
        """REDIS_URL."""
        places = ",".join(f"{HOST}:{port}" for port in self.sentinel_ports)
        return f"sentinel://:{PASSWORD}@{places}/0?master=dialer&sentinel_password={THEIRS}"

    def knows_all(self) -> bool:
        """Return whether a Sentinel knows the copy and both other Sentinels, so that they could choose another one."""
        with redis.Redis(host=HOST, port=self.sentinel_ports[0], password=THEIRS) as sentinel:
            try:
                found = sentinel.sentinel_master("dialer")
            except redis.RedisError:
                return False
        return (found["num-slaves"], found["num-other-sentinels"]) == (1, 2)

    def length_of(self, queue: str, *, at: int) -> int:
        """Return how many messages wait in a queue of one of the servers."""
        with redis.Redis(host=HOST, port=self.ports[at], password=PASSWORD) as server:
            return int(server.llen(queue))

    def _run(self, name: str, port: int, lines: list[str], *options: str) -> subprocess.Popen[bytes]:
        home = self._folder / name
        home.mkdir()
        (home / "conf").write_text("\n".join([f"port {port}", f"dir {home}", *lines, ""]))
        process = spawn_tied(
            argv=[str(_program()), str(home / "conf"), *options], log_file=self._folder / f"{name}.log", cwd=home
        )
        self._ending.callback(end, process, signals=(signal.SIGTERM, signal.SIGKILL), grace_seconds=5.0)
        return process


@contextmanager
def worker(url: str, folder: Path) -> Iterator[Stack]:
    """Run a worker of the batch queue, as the project starts it."""
    services = Services(database_url=os.environ["DATABASE_URL"], redis_url=url, data_dir=folder)
    stack = Stack(services, port=free_port(), log_dir=folder)
    try:
        stack.start_one("batch")
        stack.wait_ready("batch")
        yield stack
    finally:
        stack.stop()


def test_the_server_is_killed_and_bells_ring_at_the_one_that_follows(tmp_path: Path, settings: Settings) -> None:
    with ExitStack() as ending:
        redises = Redises(tmp_path, ending)
        assert wait_until(redises.knows_all, deadline_seconds=20, pause_seconds=0.1)
        settings.REDIS_URL = redises.url
        address = redis_address(redises.url)
        bells = ending.enter_context(Celery(broker=address.broker_url, set_as_current=False))
        bells.conf.broker_transport_options = {**address.broker_options, "max_retries": 1}
        stack = ending.enter_context(worker(redises.url, tmp_path))
        assert redis_answers()
        bells.send_task("nobody.listens", queue="unheard")
        assert redises.length_of("unheard", at=0) == 1

        redises.servers[0].kill()
        killed_at = time.monotonic()
        assert wait_until(redis_answers, deadline_seconds=OTHER_WITHIN_SECONDS, pause_seconds=0.1)
        answered = time.monotonic() - killed_at
        stack.wait_ready("batch", deadline_seconds=OTHER_WITHIN_SECONDS)
        heard = time.monotonic() - killed_at
        before = redises.length_of("unheard", at=1)
        bells.send_task("nobody.listens", queue="unheard")
        assert redises.length_of("unheard", at=1) == before + 1
    print(f"Redis killed: another answers after {answered:.1f} s, the worker hears it after {heard:.1f} s")
