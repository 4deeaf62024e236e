"""What each kind of fault does to the arena, and how it is over."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import redis
from django.db import connections

from campaigns.lifecycle.operations import pause_campaign, resume_campaign, set_dialing_allowed
from dialer.models import DID
from tests.chaos.arena import WORKERS, Arena, now
from tests.chaos.generated.plan import Fault
from tests.chaos.scenes import Scene

#: Shares of requests; of each group at most one is drawn.
BROKEN = {"timeout_rang": 0.1, "garbage_reply": 0.1, "drop_after_reading_rang": 0.1, "http_500_rang": 0.1}
NOT_RUNG = {"timeout_not_rang": 0.1, "drop_after_reading_not_rang": 0.1, "http_500": 0.1}
DISORDER = {"push_doubled": 0.3, "push_late": 0.2, "push_early": 0.1, "push_disordered": 0.2}


class Hurt:
    """What a fault works on, and what it saw that may not be: sentences."""

    def __init__(self, arena: Arena, scenes: Sequence[Scene]) -> None:
        self.arena = arena
        self.scenes = scenes
        self.found: list[str] = []

    def during(self, fault: Fault) -> AbstractContextManager[None]:
        """Return the block in which the fault lasts; it is over when the block is left."""
        return FAULTS[fault.kind](self, fault)

    def scene_of(self, fault: Fault) -> Scene:
        """Return the scene that a fault is for."""
        return self.scenes[int(fault.draw * len(self.scenes))]


@contextmanager
def _kill(hurt: Hurt, fault: Fault) -> Iterator[None]:
    hurt.arena.kill(*fault.targets)
    yield
    hurt.arena.revive(*fault.targets)


@contextmanager
def _kill_all_workers(hurt: Hurt, fault: Fault) -> Iterator[None]:
    hurt.arena.kill(*WORKERS)
    yield
    hurt.arena.revive(*WORKERS)


@contextmanager
def _freeze(hurt: Hurt, fault: Fault) -> Iterator[None]:
    hurt.arena.freeze(*fault.targets)
    yield
    hurt.arena.thaw(*fault.targets)


@contextmanager
def _redis_emptied(hurt: Hurt, fault: Fault) -> Iterator[None]:
    until = time.monotonic() + fault.seconds
    with redis.Redis.from_url(hurt.arena.valkey.url) as client:
        while time.monotonic() < until:
            client.flushall()
            time.sleep(0.05)
    yield


@contextmanager
def _redis_restarted(hurt: Hurt, fault: Fault) -> Iterator[None]:
    hurt.arena.valkey.kill()
    yield
    hurt.arena.valkey.start()


@contextmanager
def _frozen(pids: Sequence[int]) -> Iterator[None]:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


@contextmanager
def _redis_frozen(hurt: Hurt, fault: Fault) -> Iterator[None]:
    pid = hurt.arena.valkey.pid
    with _frozen(_family(pid) if pid else ()):
        yield


@contextmanager
def _postgres_killed(hurt: Hurt, fault: Fault) -> Iterator[None]:
    hurt.arena.postgres.kill()
    yield
    hurt.arena.postgres.start()


@contextmanager
def _postgres_restarted(hurt: Hurt, fault: Fault) -> Iterator[None]:
    hurt.arena.postgres.stop()
    yield
    hurt.arena.postgres.start()


@contextmanager
def _postgres_frozen(hurt: Hurt, fault: Fault) -> Iterator[None]:
    pid = hurt.arena.postgres.pid
    with _frozen(_family(pid) if pid else ()):
        yield


@contextmanager
def _connections_cut(hurt: Hurt, fault: Fault) -> Iterator[None]:
    until = time.monotonic() + fault.seconds
    with _administrator(hurt.arena) as connection:
        while time.monotonic() < until:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
            time.sleep(0.3)
    yield


@contextmanager
def _read_only(hurt: Hurt, fault: Fault) -> Iterator[None]:
    with _administrator(hurt.arena) as connection:
        connection.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        connection.execute("SELECT pg_reload_conf()")
        try:
            yield
        finally:
            connection.execute("ALTER SYSTEM RESET default_transaction_read_only")
            connection.execute("SELECT pg_reload_conf()")


@contextmanager
def _provider(hurt: Hurt, fault: Fault, settings: Mapping[str, Any], usual: Mapping[str, Any]) -> Iterator[None]:
    for scene in hurt.scenes:
        scene.change(hurt.arena, **settings)
    yield
    for scene in hurt.scenes:
        scene.change(hurt.arena, **usual)


def _slow_replies(hurt: Hurt, fault: Fault) -> AbstractContextManager[None]:
    usual = {"reply_delay_seconds": [0.0, 0.0]}
    return _provider(hurt, fault, {"reply_delay_seconds": [0.3, 0.9]}, usual)


def _broken_replies(hurt: Hurt, fault: Fault) -> AbstractContextManager[None]:
    settings = {"faults": {**BROKEN, **NOT_RUNG}, "timeout_seconds": 1.3}
    return _provider(hurt, fault, settings, {"faults": {}})


def _no_capacity(hurt: Hurt, fault: Fault) -> AbstractContextManager[None]:
    return _provider(hurt, fault, {"faults": {"refuse_503": 0.7}}, {"faults": {}})


def _pushes_in_disorder(hurt: Hurt, fault: Fault) -> AbstractContextManager[None]:
    return _provider(hurt, fault, {"faults": DISORDER, "late_seconds": 1.5}, {"faults": {}})


def _pushes_lost(hurt: Hurt, fault: Fault) -> AbstractContextManager[None]:
    return _provider(hurt, fault, {"faults": {"push_lost": 0.5}}, {"faults": {}})


@contextmanager
def _two_beats(hurt: Hurt, fault: Fault) -> Iterator[None]:
    stack, log_file = hurt.arena.stack, hurt.arena.folder / "logs" / "second-beat.log"
    argv = [sys.executable, "-m", *stack.program("beat")]
    stack.supervisor.start("second-beat", argv=argv, log_file=log_file, env=stack._env)
    yield
    stack.supervisor.kill("second-beat")


@contextmanager
def _limit_lowered(hurt: Hurt, fault: Fault) -> Iterator[None]:
    """A manager lowers a DID's limit while calls are under way: the audit must know what held when."""
    did = hurt.scene_of(fault).stage.dids[0]
    hurt.arena.in_time(lambda: DID.objects.filter(pk=did.pk).update(max_live_calls=1))
    yield
    hurt.arena.in_time(lambda: DID.objects.filter(pk=did.pk).update(max_live_calls=did.max_live_calls))


@contextmanager
def _paused(hurt: Hurt, fault: Fault) -> Iterator[None]:
    scene = hurt.scene_of(fault)
    scene.campaign.refresh_from_db()
    if scene.campaign.state != "RUNNING":
        yield
        return
    pause_campaign(campaign_id=scene.campaign.pk, now=now(), by="chaos")
    returned_at = time.time()
    yield
    _nothing_since(hurt, returned_at, [scene], "pause")
    resume_campaign(campaign_id=scene.campaign.pk, now=now(), by="chaos")


@contextmanager
def _kill_switch(hurt: Hurt, fault: Fault) -> Iterator[None]:
    set_dialing_allowed(allowed=False, reason="", by="chaos", now=now())
    returned_at = time.time()
    yield
    _nothing_since(hurt, returned_at, hurt.scenes, "the kill switch")
    set_dialing_allowed(allowed=True, reason="", by="chaos", now=now())


def _nothing_since(hurt: Hurt, at: float, scenes: Sequence[Scene], what: str) -> None:
    accounts = {scene.stage.carrier_account for scene in scenes}
    after = max(0, len(hurt.arena.carrier.ledger()) - 2_000)
    for row in hurt.arena.carrier.ledger(after=after):
        if row["account"] in accounts and row["requested_at"] > at:
            late = row["requested_at"] - at
            hurt.found.append(f"A request left {late:.2f} s after {what} had returned (row {row['id']} of the ledger)")


def _administrator(arena: Arena) -> psycopg.Connection[Any]:
    """Return a connection that may write while the server is set read-only."""
    connections["default"].close()
    return psycopg.connect(arena.postgres.url, autocommit=True, options="-c default_transaction_read_only=off")


def _family(pid: int) -> list[int]:
    """Return a process and all below it, parents first."""
    found = [pid]
    for one in found:
        with contextlib.suppress(OSError):
            for children in Path(f"/proc/{one}/task").glob("*/children"):
                found += [int(child) for child in children.read_text().split()]
    return found


FAULTS: Mapping[str, Callable[[Hurt, Fault], AbstractContextManager[None]]] = {
    "kill": _kill,
    "freeze": _freeze,
    "kill_all_workers": _kill_all_workers,
    "redis_emptied": _redis_emptied,
    "redis_restarted": _redis_restarted,
    "redis_frozen": _redis_frozen,
    "postgres_killed": _postgres_killed,
    "postgres_restarted": _postgres_restarted,
    "postgres_frozen": _postgres_frozen,
    "connections_cut": _connections_cut,
    "read_only": _read_only,
    "slow_replies": _slow_replies,
    "broken_replies": _broken_replies,
    "no_capacity": _no_capacity,
    "pushes_in_disorder": _pushes_in_disorder,
    "pushes_lost": _pushes_lost,
    "two_beats": _two_beats,
    "limit_lowered": _limit_lowered,
    "paused": _paused,
    "kill_switch": _kill_switch,
}
#: These last while the block is entered.
ENTERED_LONG = frozenset({"redis_emptied", "connections_cut"})
