"""One run: campaigns call, faults come, and when all has ended, ledger and audit say what was broken."""

from __future__ import annotations

import math
import os
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from campaigns.models import Campaign
from campaigns.promises.audit import audit
from tests.chaos.arena import Arena, now
from tests.chaos.generated.faults import ENTERED_LONG, Hurt
from tests.chaos.generated.plan import Fault, plan
from tests.chaos.judging import ON_THE_WAY_SECONDS, broken
from tests.chaos.scenes import Scene, open_leads, set_scene, start

#: Within this it goes on after a fault.
RECOVERY_SECONDS = 5.0
#: Processes of one machine have one clock; what an instant costs to write down is left over.
CLOCKS_DIFFER = timedelta(seconds=0.05)
#: Calls that nobody told of end at their deadlines, and faults of the end are waited for.
ENDED_WITHIN_SECONDS = 300.0
SHORT: dict[str, Any] = {"ring_seconds": [0.02, 0.08], "talk_seconds": [0.05, 0.2]}


@dataclass(slots=True, kw_only=True)
class Result:
    """What a run came to. ``recoveries``: by kind the longest time until the next request, in seconds."""

    seed: int
    calls: int
    requests: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    recoveries: dict[str, float] = field(default_factory=dict)
    slow: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    seconds: float = 0.0
    load: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Return it fit for JSON."""
        return {
            "seed": self.seed,
            "calls": self.calls,
            "requests": self.requests,
            "faults": self.faults.total(),
            "faults_by_kind": dict(sorted(self.faults.items())),
            "worst_recovery_seconds": round(max(self.recoveries.values(), default=0.0), 2),
            "recovery_by_kind": {kind: round(seconds, 2) for kind, seconds in sorted(self.recoveries.items())},
            "slower_than_promised": self.slow,
            "violations": len(self.violations),
            "broken": self.violations[:50],
            "seconds": round(self.seconds, 1),
            # Of the machine over the last five minutes: the carrier is a process like the others.
            "load": round(self.load, 1),
        }


def run(
    arena: Arena, *, calls: int, seed: int, faults: int | None = None, told: Callable[[str], None] = print
) -> Result:
    """Call so many people while the faults of ``seed`` come; ``told`` hears each fault and what came of it."""
    began = time.monotonic()
    result = Result(seed=seed, calls=calls)
    scenes = _scenes(arena, calls)
    hurt = Hurt(arena, scenes)
    start(*scenes)
    for fault in plan(seed=seed, calls=calls, faults=faults):
        arena.in_time(lambda at=fault.after_requests: _requests(arena) >= at or not open_leads(*scenes))  # type: ignore[misc]
        if not arena.in_time(lambda: open_leads(*scenes) or -1) > 0:
            break
        _suffer(arena, hurt, fault, result, told)
    _mend(arena)
    _end(arena, scenes, result)
    result.requests = _requests(arena)
    result.violations += hurt.found + broken(arena, *scenes, untold=True)
    report = audit(now=now(), clocks_differ=CLOCKS_DIFFER)
    result.violations += [f"Audit: {finding}" for finding in report.findings]
    result.seconds, result.load = time.monotonic() - began, os.getloadavg()[1]
    return result


def _scenes(arena: Arena, calls: int) -> list[Scene]:
    """Pushed only, asked by the call, asked by the call with agents; and one that is never short of lines."""
    quarter = max(1, calls // 4)
    rest = calls - 3 * quarter
    again: dict[str, Any] = {"max_attempts": 1, "retry_rules": {}}
    rate = max(20, calls // 400)
    scenes = [
        set_scene(arena, contacts=quarter, lines=[12], fields=again, carrier_settings=SHORT),
        set_scene(
            arena, contacts=quarter, lines=[12], provider="intellicall", agents=12, fields=again, carrier_settings=SHORT
        ),
        set_scene(arena, contacts=quarter, lines=[12], provider="altur", fields=again, carrier_settings=SHORT),
        # Its requests are spread by its rate, so that one is due at any time: by them recovery is measured.
        set_scene(
            arena,
            contacts=rest,
            lines=[500],
            provider="intellicall",
            agents=400,
            calls_per_second=rate,
            fields=again,
            carrier_settings=SHORT,
        ),
    ]
    # What left within its rate may arrive bunched where the carrier waits for a processor. To the request
    # tests/chaos/test_limits.py judges, which has the machine alone.
    paced = scenes[-1]
    bunched = math.ceil(rate * (1 + ON_THE_WAY_SECONDS))
    paced.change(arena, limits={**paced.stage.limits, "calls_per_second": bunched})
    return scenes


def _requests(arena: Arena) -> int:
    return int(arena.carrier.summary()["requests"])


def _suffer(arena: Arena, hurt: Hurt, fault: Fault, result: Result, told: Callable[[str], None]) -> None:
    with hurt.during(fault):
        if fault.kind not in ENTERED_LONG:
            time.sleep(fault.seconds)
    over_at = time.time()
    result.faults[fault.kind] += 1
    if not arena.in_time(lambda: open_leads(*hurt.scenes) or -1) > 0:
        told(f"{fault}: nobody was left to call")
        return
    took = arena.first_request_after(over_at)
    result.recoveries[fault.kind] = max(took, result.recoveries.get(fault.kind, 0.0))
    if took > RECOVERY_SECONDS:
        result.slow.append(f"{took:.1f} s after {fault}")
    told(f"{now():%H:%M:%S} {fault}: the next request {took:.2f} s after it was over")


def _mend(arena: Arena) -> None:
    for name in arena.stack.names:
        if not arena.stack.supervisor.alive(name):
            arena.stack.start_one(name)
    for name in arena.stack.names:
        arena.stack.wait_ready(name)


def _end(arena: Arena, scenes: list[Scene], result: Result) -> None:
    ids = [scene.campaign.pk for scene in scenes]
    seconds = ENDED_WITHIN_SECONDS + result.calls / 20

    def is_over() -> bool:
        return not Campaign.objects.filter(pk__in=ids).exclude(state="COMPLETED").exists()

    try:
        arena.in_time(is_over, seconds=seconds)
    except Exception as error:
        result.violations.append(f"Not all campaigns have ended after {seconds:.0f} s: {error}")
