"""The project's own processes on this machine: web server, workers, beat, sandbox carrier. Imports no app."""

from __future__ import annotations

import os
import re
import select
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from dialer.embedded.nurslings import Nursery
from dialer.embedded.processes import NotReadyError, Supervisor
from dialer.embedded.sharing import Services

PROJECT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
#: Of granian, wherever it runs; its first process reads no settings, so it is told of our logging. Connections are many
#: and cheap; one that says nothing is closed after so many milliseconds.
WEB_OPTIONS = (
    *("--interface", "asginl", "--http", "1", "--backlog", "8192", "--backpressure", "8192"),
    *("--http1-header-read-timeout", "10000", "--workers-kill-timeout", "5"),
    *("--respawn-failed-workers", "--no-ws", "--log-config", "dialer/logs/granian.json"),
)
#: What workers tell each other of themselves several times a second wakes all of them, and nobody here asks for it.
QUIET = ("--without-mingle", "--without-gossip", "--without-heartbeat")
#: A worker's answer is waited for so long, with the start of the process that asks.
PING_SECONDS = 5.0
#: Who calls the carrier before it has started waits, so many at most.
CALLERS = 4096
#: Served by granian.
SERVERS = ("web", "inbox")


def free_port(*, preferred: int = 0) -> int:
    """Return `preferred` when nobody listens there, else a port that is free now."""
    for port in (preferred, 0):
        try:
            with socket.create_server((HOST, port)) as probe:
                chosen: int = probe.getsockname()[1]
                return chosen
        except OSError:
            continue
    raise OSError("no port is free")


class Stack:
    """Web server, workers and beat over given services. `start` returns when all are ready; leaves nothing running.

    With `sandbox_port` the carrier of sandbox accounts runs there as soon as somebody speaks to it, where
    ``Supervisor.watch`` runs; the other processes are told where.

    With `inbox_port` a process of its own takes pushes there, and providers are told to push to it unless the
    environment has a PUBLIC_BASE_URL; the web server takes them as well.

    Every child sees DATABASE_URL, REDIS_URL, PUBLIC_BASE_URL and `extra_env`, besides our own environment.
    """

    def __init__(
        self,
        services: Services,
        *,
        port: int,
        log_dir: Path,
        workers: int = 1,
        threads: int = 8,
        host: str = HOST,
        inbox_port: int | None = None,
        sandbox_port: int | None = None,
        extra_env: Mapping[str, str] | None = None,
    ) -> None:
        self.supervisor = Supervisor()
        self.base_url = f"http://{host}:{port}"
        self._host, self._port, self._log_dir, self._threads = host, port, log_dir, threads
        self._ports = {"web": port} if inbox_port is None else {"web": port, "inbox": inbox_port}
        self._workers = [f"worker-{number}" for number in range(1, workers + 1)]
        self._env = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "dialer.settings",
            "DATABASE_URL": services.database_url,
            "REDIS_URL": services.redis_url,
            "DIALER_WEB_THREADS": str(threads),
            "PYTHONUNBUFFERED": "1",
            "PUBLIC_BASE_URL": os.environ.get("PUBLIC_BASE_URL") or f"http://{host}:{inbox_port or port}",
            **({"DIALER_SANDBOX_URL": f"http://{HOST}:{sandbox_port}"} if sandbox_port else {}),
            **(extra_env or {}),
        }
        self._sandbox_port = sandbox_port
        self._listener: socket.socket | None = None
        self._nursery = Nursery(env=self._env, cwd=PROJECT, log_file=log_dir / "nursery.log")
        #: What providers are told to push to.
        self.push_base_url = self._env["PUBLIC_BASE_URL"]

    def __enter__(self) -> Stack:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    @property
    def names(self) -> list[str]:
        """The names of the processes, as the supervisor knows them."""
        return [*self._ports, *self._workers, "batch", "beat"]

    def start(self, *, deadline_seconds: float = 60.0) -> None:
        """Start everything at once and wait until it is ready. Raises NotReadyError, with everything stopped again."""
        try:
            for name in self.names:
                self.start_one(name)
            if self._sandbox_port:
                self._await_callers(self._sandbox_port)
            for name in self.names:
                self.wait_ready(name, deadline_seconds=deadline_seconds)
        except BaseException:
            self.stop()
            raise

    def start_one(self, name: str) -> None:
        """Start one process by its name without waiting for it."""
        module, *arguments = self.program(name)
        log_file = self._log_dir / f"{name}.log"
        launch = partial(self._nursery.spawn, module=module, arguments=arguments, log_file=log_file)
        self.supervisor.start_by(name, launch=launch, log_file=log_file)

    def wait_ready(self, name: str, *, deadline_seconds: float = 60.0) -> None:
        """Wait until a process is ready: the web server answers, a worker answers a ping, beat says that it starts."""
        probes: dict[str, Callable[[str], bool]] = {
            "web": self._server_answers,
            "inbox": self._server_answers,
            "beat": lambda _: self._beat_starts(),
        }
        probe = probes.get(name, self.worker_answers)
        self.supervisor.wait_ready(name, lambda: probe(name), deadline_seconds)

    def stop(self, *, grace_seconds: float = 10.0) -> None:
        """Stop everything: SIGTERM, then SIGKILL after the grace."""
        if self._listener is not None:
            # First, so that a call to the carrier is refused as soon as that has ended, and nobody waits for an answer.
            self._listener.close()
        self.supervisor.stop_all(grace_seconds=grace_seconds)
        self._nursery.close()

    def program(self, name: str) -> list[str]:
        """Return the module of a process, and its arguments."""
        celery = ["celery", "--app", "dialer", "--workdir", str(PROJECT)]
        if name in SERVERS:
            there = ["--host", self._host, "--port", str(self._ports[name]), "--workers", "1"]
            application = "dialer.asgi:application" if name == "web" else "dialer.asgi:inbox"
            return ["granian", *there, *WEB_OPTIONS, application]
        if name == "beat":
            # An empty pid file: a killed beat must not keep the next one from starting.
            scheduler = ["--scheduler", "django_celery_beat.schedulers:DatabaseScheduler", "--max-interval", "5"]
            return [*celery, "beat", *scheduler, "--pidfile=", "--loglevel", "INFO"]
        if name == "sandbox":
            return ["django", "sandbox_carrier", "--host", HOST, "--port", str(self._sandbox_port)]
        if name == "batch":  # uploads and the like: a process of their own, so that no call waits for them
            pool = ["--pool", "solo", "--queues", "batch"]
        else:
            pool = ["--pool", "threads", "--concurrency", str(self._threads), "--queues", "dialer"]
        node = ["--hostname", self._node(name)]
        return [*celery, "worker", *pool, *node, *QUIET, "--loglevel", "INFO"]

    def _server_answers(self, name: str) -> bool:
        host, port = self._host, self._ports[name]
        try:
            with socket.create_connection((host, port), timeout=5) as connection:
                connection.sendall(f"GET /api/v1/health/ HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
                # Whatever it is below 500: who asks by another name than it has is refused, by a server that answers.
                return re.match(rb"HTTP/1.1 [1-4]", connection.recv(64)) is not None
        except OSError:
            return False

    def _await_callers(self, port: int) -> None:
        """Listen in the carrier's place: most installations never speak to it. Raises NotReadyError."""
        try:
            listener = self._listener = socket.create_server((HOST, port), backlog=CALLERS)
        except OSError as error:
            raise NotReadyError(f"sandbox cannot listen on port {port}: {error}") from error
        module, *arguments = self.program("sandbox")
        log_file = self._log_dir / "sandbox.log"
        launch = partial(self._nursery.spawn, module=module, arguments=arguments, log_file=log_file, listener=listener)

        def called() -> bool:
            return listener.fileno() >= 0 and bool(select.select([listener], [], [], 0)[0])

        self.supervisor.start_when("sandbox", needed=called, launch=launch, log_file=log_file)

    def worker_answers(self, name: str) -> bool:
        """Return whether a worker answers a ping over Redis, within a second."""
        # Asked by a process from the nursery: who supervises has no need of Celery for the rest of its life.
        ping = ["--app", "dialer", "inspect", "ping", "--timeout", "1", "--destination", self._node(name)]
        asking = self._nursery.spawn(module="celery", arguments=ping, log_file=Path(os.devnull))
        try:
            return asking.wait(PING_SECONDS) == 0
        except subprocess.TimeoutExpired:  # Redis is away: Celery waits for it
            asking.send_signal(signal.SIGKILL)
            return False

    def _beat_starts(self) -> bool:
        with self.supervisor.log_file("beat").open("rb") as file:
            file.seek(self.supervisor.log_offset("beat"))
            return b"is starting." in file.read()

    def _node(self, name: str) -> str:
        """Return a worker's name within Celery, different for each stack on one Redis."""
        return f"{name}@{self._host}-{self._port}"
