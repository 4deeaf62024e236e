"""Which faults come when, out of a seed: the same seed gives the same faults at the same calls. Pure."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass

#: Processes that are killed, frozen, restarted, and whose clocks are set.
PROCESSES = ("worker-1", "worker-2", "worker-3", "web", "batch", "beat")
#: Kinds with how often they come, relative to each other.
KINDS: Mapping[str, int] = {
    "kill": 6,
    "freeze": 4,
    "kill_all_workers": 2,
    "restarted": 2,
    "clock_set": 3,
    "redis_emptied": 2,
    "redis_restarted": 2,
    "redis_frozen": 1,
    "redis_full": 2,
    "postgres_killed": 2,
    "postgres_restarted": 1,
    "postgres_frozen": 2,
    "connections_cut": 3,
    "read_only": 2,
    "disk_full": 2,
    "slow_replies": 2,
    "broken_replies": 3,
    "no_capacity": 2,
    "provider_frozen": 1,
    "pushes_in_disorder": 3,
    "pushes_lost": 2,
    "two_beats": 1,
    "limit_lowered": 3,
    "paused": 2,
    "kill_switch": 1,
}
#: How long each lasts, in seconds.
SHORTEST_SECONDS, LONGEST_SECONDS = 0.2, 3.0
#: Calls per fault where their number is not given; and the part of the calls in which faults come.
CALLS_PER_FAULT = 160
LAST_FAULT_AT = 0.85


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault: it comes after so many requests, lasts so long, and hits ``targets`` where it has a choice."""

    kind: str
    after_requests: int
    seconds: float
    targets: tuple[str, ...] = ()
    draw: float = 0.0

    def __str__(self) -> str:
        named = f" {'+'.join(self.targets)}" if self.targets else ""
        return f"{self.kind}{named} for {self.seconds:.1f} s after {self.after_requests} requests"


def plan(
    *,
    seed: int,
    calls: int,
    faults: int | None = None,
    kinds_wanted: Collection[str] = KINDS.keys(),
    each_once: bool = False,
) -> list[Fault]:
    """Return the faults of a run of so many calls, in their order. Each kind comes before any comes too often.

    ``each_once``: as many faults as there are kinds, one of each.
    """
    drawn = random.Random(seed)
    weights = {kind: 1 if each_once else weight for kind, weight in KINDS.items() if kind in kinds_wanted}
    count = len(weights) if each_once else faults if faults is not None else max(4, calls // CALLS_PER_FAULT)
    kinds: list[str] = []
    while len(kinds) < count:
        bag = [kind for kind, weight in weights.items() for _ in range(weight)]
        drawn.shuffle(bag)
        kinds += bag
    return [
        _fault(drawn, kind, after_requests=int(calls * LAST_FAULT_AT * (place + 1) / (count + 1)))
        for place, kind in enumerate(kinds[:count])
    ]


def _fault(drawn: random.Random, kind: str, *, after_requests: int) -> Fault:
    seconds = round(drawn.uniform(SHORTEST_SECONDS, LONGEST_SECONDS), 1)
    targets: tuple[str, ...] = ()
    if kind in {"kill", "freeze", "restarted", "clock_set"}:
        targets = tuple(sorted(drawn.sample(PROCESSES, drawn.randint(1, 3))))
    return Fault(kind=kind, after_requests=after_requests, seconds=seconds, targets=targets, draw=drawn.random())
