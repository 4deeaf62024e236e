"""An installation to be damaged: PostgreSQL, Valkey, web, three workers, beat, and the carrier that keeps the ledger.

One for all scenarios, as starting it costs more than most of them; each scenario has an account, contacts and campaigns
of its own, and the ledger is emptied before it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import environ
import redis
from django.core.management import call_command
from django.db import OperationalError, connections
from django.test import override_settings

from campaigns.lifecycle.operations import set_dialing_allowed
from campaigns.models import Attempt, Campaign, CampaignState
from dialer.embedded.postgres import PostgresServer
from dialer.embedded.sharing import Services
from dialer.embedded.stack import Stack, free_port
from dialer.embedded.valkey import ValkeyServer
from dialer.sandbox.client import SandboxClient, running_carrier, wait_for
from tests.chaos.clocks import Clocks
from tests.chaos.disk import SmallDisk, small_disk
from tests.chaos.network import Network, NetworkPostgres
from tests.pgbouncer import of_url, pgbouncer

#: How long a condition is waited for; most come true within seconds. Promises about time have limits of their own.
PATIENCE_SECONDS = 90.0
METRICS_TOKEN = "metrics-of-the-arena"
WORKERS = ("worker-1", "worker-2", "worker-3")
T = TypeVar("T")


def now() -> datetime:
    """Return the instant."""
    return datetime.now(UTC)


class Arena:
    """The servers and processes by name, and the ways to hurt them."""

    def __init__(
        self,
        *,
        folder: Path,
        carrier: SandboxClient,
        network: Network | None = None,
        disk: SmallDisk | None = None,
    ) -> None:
        """``disk``: the file system that PostgreSQL's data is on, where it is one of its own."""
        self.folder = folder
        self.carrier = carrier
        self.network = network
        self.disk = disk
        self.clocks = Clocks(folder / "clocks")
        self.postgres = (
            NetworkPostgres(network, data_dir=folder) if network else PostgresServer(data_dir=folder, durable=False)
        )
        self.valkey = ValkeyServer(data_dir=folder)
        self.stack: Stack
        #: The workers tell their figures from here on.
        self.metrics_port = free_port()
        self._start_seconds = 0.0
        self._numbers = 9_100_000_000
        self._names = 0

    def start_servers(self) -> Services:
        """Start both servers and return where they are."""
        self.postgres.start()
        self.valkey.start()
        redis_url = self.valkey.url
        if self.network is not None:
            with redis.Redis.from_url(redis_url) as client:
                client.config_set("bind", f"127.0.0.1 {self.network.address}")
            redis_url = redis_url.replace("127.0.0.1", self.network.address)
        return Services(database_url=self.postgres.url, redis_url=redis_url, data_dir=self.folder)

    def mend(self) -> None:
        """Put everything back as it was before the last scenario, whatever came of it."""
        if self.disk is not None:
            self.disk.free()
        self.clocks.reset()
        self.postgres.start()
        self.valkey.start()
        for name in self.stack.names:
            if not self.stack.supervisor.alive(name):
                self.stack.start_one(name)
        for name in self.stack.names:
            self.stack.wait_ready(name)
        self.in_time(lambda: set_dialing_allowed(allowed=True, reason="", by="chaos", now=now()) or True)
        # What a failed scenario left behind must not disturb the next.
        open_states = [CampaignState.RUNNING, CampaignState.PAUSED]
        Campaign.objects.filter(state__in=open_states).update(state=CampaignState.STOPPED)
        Attempt.objects.exclude(state="ENDED").update(deadline_at=now())
        self.carrier.reset()

    def start_stack(self) -> None:
        """Start the processes, and note how long that takes here."""
        began = time.monotonic()
        self.stack.start()
        self._start_seconds = time.monotonic() - began

    def within(self, seconds: float) -> float:
        """Return a limit on coming back: `seconds`, or where this machine is busier, what starting everything took.

        Beside other tests it is three times as long: `make chaos`, alone on its machine, holds the promise itself.
        """
        beside = 3 if "PYTEST_XDIST_WORKER" in os.environ else 1
        return max(beside * seconds, self._start_seconds)

    def new_numbers(self, count: int) -> int:
        """Return the first of ``count`` numbers that no other list has."""
        first, self._numbers = self._numbers, self._numbers + count
        return first

    def new_name(self, word: str) -> str:
        """Return a name that nothing else has."""
        self._names += 1
        return f"{word} {self._names}"

    def kill(self, *names: str) -> float:
        """SIGKILL processes of the stack; return the Unix time at which the last was gone."""
        for name in names:
            self.stack.supervisor.kill(name)
        return time.time()

    def revive(self, *names: str) -> None:
        """Start killed processes again, without waiting for them, as a supervisor would."""
        for name in names:
            self.stack.start_one(name)

    def freeze(self, *names: str) -> None:
        """SIGSTOP processes."""
        for name in names:
            self.stack.supervisor.kill(name, signal.SIGSTOP)

    def thaw(self, *names: str) -> None:
        """SIGCONT processes."""
        for name in names:
            self.stack.supervisor.kill(name, signal.SIGCONT)

    def set_clock(self, name: str, *, ahead_seconds: float) -> None:
        """Set the clock of a process and of those below it; 0 makes it right."""
        for pid in family(self.stack.supervisor.pid(name)):
            self.clocks.set(pid, ahead_seconds=ahead_seconds)

    def in_time(self, condition: Callable[[], T | None], *, seconds: float = PATIENCE_SECONDS) -> T:
        """Return the first true value of ``condition``, although PostgreSQL may be away. Raises SandboxError."""

        def bold() -> T | None:
            try:
                return condition()
            except OperationalError:
                connections["default"].close()
                return None

        return wait_for(bold, within_seconds=seconds)

    def first_request_after(self, at: float) -> float:
        """Wait for the first request that the carrier got after an instant; return the seconds in between."""
        # Each row once: who reads the whole ledger keeps the carrier from reading requests.
        known = max(0, int(self.carrier.summary()["requests"]) - 500)

        def found() -> float | None:
            nonlocal known
            rows = self.carrier.ledger(after=known)
            known += len(rows)
            return min((row["requested_at"] for row in rows if row["requested_at"] > at), default=None)

        return wait_for(found, within_seconds=PATIENCE_SECONDS) - at


def family(pid: int) -> list[int]:
    """Return a process and all below it, parents first."""
    found = [pid]
    for one in found:
        with contextlib.suppress(OSError):
            for children in Path(f"/proc/{one}/task").glob("*/children"):
                found += [int(child) for child in children.read_text().split()]
    return found


@contextlib.contextmanager
def running_arena(
    *, time_factor: float = 1.0, pool_size: int | None = None, network: Network | None = None, **extra_env: str
) -> Iterator[Arena]:
    """Start everything, with this process's Django on the arena's database; leaves nothing running.

    ``time_factor`` divides the carrier's seconds; the processes see ``extra_env`` besides. ``pool_size``: all speak
    with PostgreSQL through a PgBouncer that lends so many sessions by transaction. On a ``network`` the servers are
    where its machines reach them, and no worker is started here.
    """
    folder = Path(tempfile.mkdtemp(prefix="dialer-chaos-"))
    folder.chmod(0o711)
    with ExitStack() as ending:
        ending.callback(shutil.rmtree, folder, ignore_errors=True)
        disk = ending.enter_context(small_disk(folder / "postgres"))
        carrier = ending.enter_context(
            running_carrier(time_factor=time_factor, host="0.0.0.0" if network else "127.0.0.1")
        )
        if network is not None:
            # Its control API, which judges, is for this machine only; its providers are where machines reach them.
            carrier.url = carrier.url.replace("0.0.0.0", network.address)
        arena = Arena(folder=folder, carrier=carrier, network=network, disk=disk)
        ending.callback(arena.valkey.stop)
        ending.callback(arena.postgres.stop)
        services = arena.start_servers()
        if pool_size is not None:
            pooler = pgbouncer(of_url(services.database_url), folder=folder, mode="transaction", pool_size=pool_size)
            services = services._replace(database_url=ending.enter_context(pooler))
            ending.enter_context(override_settings(DATABASE_POOL_MODE="transaction"))
            extra_env = {"DATABASE_POOL_MODE": "transaction", **extra_env}
        ending.enter_context(django_on(services.database_url))
        call_command("migrate", verbosity=0)
        port = free_port()
        ending.enter_context(override_settings(PUBLIC_BASE_URL=f"http://127.0.0.1:{port}"))
        environment = {
            "PUBLIC_BASE_URL": f"http://127.0.0.1:{port}",
            "LOG_LEVEL": "WARNING",
            "DIALER_METRICS_TOKEN": METRICS_TOKEN,
            "DIALER_METRICS_ADDRESS": f"127.0.0.1:{arena.metrics_port}",
            **arena.clocks.environment,
            **extra_env,
        }
        workers = 0 if network else len(WORKERS)
        arena.stack = Stack(
            services, port=port, log_dir=folder / "logs", workers=workers, threads=4, extra_env=environment
        )
        ending.callback(arena.stack.stop)
        arena.start_stack()
        yield arena


@contextlib.contextmanager
def django_on(database_url: str) -> Iterator[None]:
    """Let this process's Django use another database, for every thread that connects from now on."""
    connections.close_all()
    settings = connections.settings["default"]
    before = dict(settings)
    given = environ.Env.db_url_config(database_url)
    settings.update({name: given[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")})
    settings["OPTIONS"] = {**before["OPTIONS"], **given.get("OPTIONS", {})}
    try:
        yield
    finally:
        connections.close_all()
        settings.update(before)


_REPORT = """
SELECT 'campaign ' || c.id || ' ' || c.state || ' ' || c.state_reason, NULL, NULL FROM campaigns_campaign c
 WHERE c.state IN ('RUNNING', 'PAUSED')
UNION ALL
SELECT 'attempts of ' || a.campaign_id || ' ' || a.state, count(*), min(now() - a.reserved_at) FROM campaigns_attempt a
 WHERE a.state <> 'ENDED' GROUP BY a.campaign_id, a.state
UNION ALL
SELECT 'leads of ' || l.campaign_id || ' ' || l.state || ' ' || l.state_reason, count(*), min(now() - l.next_attempt_at)
  FROM campaigns_lead l JOIN campaigns_campaign c ON c.id = l.campaign_id AND c.state IN ('RUNNING', 'PAUSED')
 WHERE l.state IN ('PENDING', 'DIALING') GROUP BY l.campaign_id, l.state, l.state_reason
UNION ALL
SELECT 'gate ' || g.account_id || ' ' || g.backoff_reason, g.refusals_in_row, now() - g.fleet_measured_at
  FROM dialer_accountgate g JOIN campaigns_campaign c ON c.account_id = g.account_id AND c.state = 'RUNNING'
UNION ALL
SELECT 'session ' || pid || ' ' || state || ' ' || COALESCE(wait_event, '') || ' ' || left(query, 80), NULL,
       now() - xact_start
  FROM pg_stat_activity WHERE xact_start IS NOT NULL AND pid <> pg_backend_pid()
"""


def report(folder: Path) -> str:
    """Return what the database says and the errors that the processes logged, for whoever reads a failed scenario."""
    with connections["default"].cursor() as cursor:
        cursor.execute(_REPORT)
        lines = [" | ".join(map(str, row)) for row in cursor.fetchall()]
    for file in sorted((folder / "logs").glob("*.log")):
        found = [line for line in file.read_text(errors="replace").splitlines() if "rror" in line]
        lines += [f"{file.name}: {line[:150]} … {line[-250:]}" for line in found[-6:]]
    return "\n".join(lines)
