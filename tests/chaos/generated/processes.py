"""Faults of our own processes: killed, frozen, ended for an upgrade, doubled, or wrong about the time."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.chaos.arena import WORKERS
from tests.chaos.generated.hurt import Hurt, Kind
from tests.chaos.generated.plan import Fault

#: How far a clock is set, in seconds: by a wrong zone, a wrong day, and by more than a worker may be off.
STEPS_SECONDS = (-86_400.0, -5.5 * 3600, -30.0, 30.0, 3600.0, 86_400.0)


@contextmanager
def kill(hurt: Hurt, fault: Fault) -> Iterator[None]:
    hurt.arena.kill(*fault.targets)
    yield
    hurt.arena.revive(*fault.targets)


@contextmanager
def kill_all_workers(hurt: Hurt, fault: Fault) -> Iterator[None]:
    hurt.arena.kill(*WORKERS)
    yield
    hurt.arena.revive(*WORKERS)


@contextmanager
def freeze(hurt: Hurt, fault: Fault) -> Iterator[None]:
    hurt.arena.freeze(*fault.targets)
    yield
    hurt.arena.thaw(*fault.targets)


@contextmanager
def restarted(hurt: Hurt, fault: Fault) -> Iterator[None]:
    """As an upgrade does: SIGTERM, and what is under way may end before the next one starts."""
    for name in fault.targets:
        hurt.arena.stack.supervisor.stop(name)
        hurt.arena.revive(name)
    yield


@contextmanager
def two_beats(hurt: Hurt, fault: Fault) -> Iterator[None]:
    stack, log_file = hurt.arena.stack, hurt.arena.folder / "logs" / "second-beat.log"
    argv = [sys.executable, "-m", *stack.program("beat")]
    stack.supervisor.start("second-beat", argv=argv, log_file=log_file, env=stack._env)
    yield
    stack.supervisor.kill("second-beat")


@contextmanager
def clock_set(hurt: Hurt, fault: Fault) -> Iterator[None]:
    """Somebody sets a machine's clock wrong, and right again."""
    step = STEPS_SECONDS[int(fault.draw * len(STEPS_SECONDS))]
    for name in fault.targets:
        hurt.arena.set_clock(name, ahead_seconds=step)
    yield
    hurt.arena.clocks.reset()


KINDS: Mapping[str, Kind] = {
    "kill": kill,
    "kill_all_workers": kill_all_workers,
    "freeze": freeze,
    "restarted": restarted,
    "two_beats": two_beats,
    "clock_set": clock_set,
}
