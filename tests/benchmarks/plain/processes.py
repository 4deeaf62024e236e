"""Runs the plain project's processes: a Celery worker with beat inside it, and the web server."""

from __future__ import annotations

import http.client
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import redis
from celery import Celery

from dialer.embedded.processes import Supervisor
from dialer.embedded.stack import HOST, PROJECT
from tests.benchmarks.fill import DID

#: What the carrier must know of it.
KEY, TOKEN = "a-key-of-the-benchmark", "a-token-of-the-benchmark"
#: Processes of the worker and of the web server, and threads of the latter: many, as each waits while it asks.
TASKS, WEB_PROCESSES, WEB_THREADS = 8, 2, 4


@contextmanager
def plain_processes(*, limit: int, base_url: str) -> Iterator[PlainProcesses]:
    """Have the means to start them for the time of a block, with an empty Redis; they are stopped after it.

    ``limit``: most calls at a time. ``base_url``: of the carrier's account.
    """
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.benchmarks.plain.settings",
        "PLAIN_LIMIT": str(limit),
        "PLAIN_CARRIER_URL": base_url,
        "PLAIN_CARRIER_KEY": KEY,
        "PLAIN_PUSH_TOKEN": TOKEN,
        "PLAIN_DID": DID,
    }
    with redis.Redis.from_url(env["REDIS_URL"], db=1) as store:
        store.flushdb()
    with Supervisor() as supervisor, TemporaryDirectory(prefix="dialer-plain-") as logs:
        yield PlainProcesses(supervisor, env, Path(logs))


class PlainProcesses:
    """Starts them; see ``plain_processes``."""

    def __init__(self, supervisor: Supervisor, env: Mapping[str, str], logs: Path) -> None:
        self._supervisor, self._env, self._logs = supervisor, env, logs

    @property
    def pids(self) -> list[int]:
        """The process ids of what runs, without those below them."""
        return [self._supervisor.pid(name) for name in self._supervisor.names()]

    def worker(self) -> None:
        """Start the worker, without waiting."""
        celery = ["celery", "--app", "tests.benchmarks.plain.celery", "worker", "--beat", "--pool", "prefork"]
        quiet = ["--concurrency", str(TASKS), "--loglevel", "WARNING", "--without-mingle", "--without-gossip"]
        self._start("worker", [*celery, *quiet, "--schedule", str(self._logs / "schedule")])

    def web(self, *, port: int) -> None:
        """Start the web server, and wait until it listens."""
        there = ["granian", "--interface", "wsgi", "--host", HOST, "--port", str(port), "--no-ws", "--http", "1"]
        many = ["--workers", str(WEB_PROCESSES), "--blocking-threads", str(WEB_THREADS), "--backlog", "2048"]
        self._start("web", [*there, *many, "--log-level", "warning", "tests.benchmarks.plain.wsgi:application"])
        self._supervisor.wait_ready("web", lambda: answers(port), 30)

    def wait_for_worker(self) -> None:
        """Wait until the worker answers a ping."""
        with Celery(broker=self._env["REDIS_URL"].removesuffix("/0") + "/1", set_as_current=False) as client:
            self._supervisor.wait_ready("worker", lambda: bool(client.control.ping(timeout=0.5)), 90)

    def _start(self, name: str, arguments: list[str]) -> None:
        self._supervisor.start(
            name,
            argv=[sys.executable, "-m", *arguments],
            log_file=self._logs / f"{name}.log",
            env=self._env,
            cwd=PROJECT,
        )


def answers(port: int) -> bool:
    """Return whether an HTTP server answers on this port of ours, whatever it says."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/")
        return bool(connection.getresponse().status)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
