"""One run: campaigns call, faults come, and when all has ended, ledger and audit say what was broken."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import Any

from campaigns.models import Campaign
from campaigns.promises.audit import audit
from dialer.sandbox.client import SandboxError
from tests.chaos.arena import PATIENCE_SECONDS, Arena, now
from tests.chaos.generated.faults import ENTERED_LONG, FAULTS
from tests.chaos.generated.hurt import Hurt
from tests.chaos.generated.plan import CALLS_PER_FAULT, KINDS, LONGEST_SECONDS, Fault, plan
from tests.chaos.generated.result import RECOVERY_SECONDS, Result
from tests.chaos.judging import ON_THE_WAY_SECONDS, broken
from tests.chaos.rate import leave_to_us, rate_of
from tests.chaos.scenes import Scene, open_leads, set_scene, start
from tests.chaos.wire import Wire, heard

#: Processes of one machine have one clock; what an instant costs to write down is left over.
CLOCKS_DIFFER = timedelta(seconds=0.05)
#: Calls that nobody told of end at their deadlines, and faults of the end are waited for.
ENDED_WITHIN_SECONDS = 300.0
#: A fault with its recovery takes about so long, and calls must be left for the last one: so many of each of the four
#: campaigns may leave in a second, by their lines and the length of their calls.
SECONDS_PER_FAULT = 3.0
CALLS_PER_SECOND = round(CALLS_PER_FAULT / SECONDS_PER_FAULT / 4)
LINES = 12
SHORT: dict[str, Any] = {"ring_seconds": [0.02, 0.2], "talk_seconds": [0.2, 1.4]}


def run(
    arena: Arena,
    *,
    calls: int,
    seed: int,
    faults: int | None = None,
    kinds: Collection[str] = KINDS.keys(),
    each_once: bool = False,
    pace: float = 1.0,
    told: Callable[[str], None] = print,
) -> Result:
    """Call so many people while the faults of ``seed`` come; ``told`` hears each fault and what came of it.

    ``faults``: how many; ``each_once``: one of each kind instead. ``pace``: the part of the usual lines and rate, so
    that fewer calls last for as long.
    """
    began = time.monotonic()
    result = Result(seed=seed, calls=calls)
    possible = [kind for kind in kinds if kind != "disk_full" or arena.disk is not None]
    result.left_out = sorted(set(kinds) - set(possible))
    with heard(arena.carrier.url) as wire:
        scenes = _scenes(arena, calls, pace)
        hurt = Hurt(arena, scenes, wire)
        start(*scenes)
        for fault in plan(seed=seed, calls=calls, faults=faults, kinds_wanted=possible, each_once=each_once):
            if not _wait_for(arena, fault.after_requests, scenes):
                break
            try:
                _suffer(arena, hurt, fault, result, told)
            except Exception as error:  # whatever it is, the run goes on and tells of it
                result.violations.append(f"{fault}: {type(error).__name__}: {error}")
                told(traceback.format_exc())
        _mend(arena)
        _end(arena, scenes, result)
        result.requests = _requests(arena)
        # A carrier that was frozen reads at once what came meanwhile.
        way = ON_THE_WAY_SECONDS + (LONGEST_SECONDS if result.faults["provider_frozen"] else 0.0)
        result.violations += hurt.found + broken(arena, *scenes, untold=True, on_the_way_seconds=way)
    _judge_rate(arena, scenes[-1], wire, result, on_the_way_seconds=way)
    report = audit(now=now(), clocks_differ=CLOCKS_DIFFER)
    result.violations += [f"Audit: {finding}" for finding in report.findings]
    result.seconds, result.load = time.monotonic() - began, os.getloadavg()[1]
    return result


def _scenes(arena: Arena, calls: int, pace: float) -> list[Scene]:
    """Pushed only, asked by the call, asked by the call with agents; and one that is never short of lines.

    Each has people for as long as the others: Altur takes nine calls a second, and the last one calls at any time.
    """
    quarter, sixth = max(1, calls // 4), max(1, calls // 6)
    rest = calls - 2 * quarter - sixth
    lines, per_second = round(LINES * pace), round((CALLS_PER_SECOND + 3) * pace)
    usual: dict[str, Any] = {"fields": {"max_attempts": 1, "retry_rules": {}}, "carrier_settings": SHORT}
    few: dict[str, Any] = {"lines": [lines], **usual}
    # Its requests are spread by its rate, so that one is due at any time: by them recovery is measured.
    many: dict[str, Any] = {"contacts": rest, "lines": [500], "calls_per_second": per_second, **usual}
    scenes = [
        set_scene(arena, contacts=quarter, **few),
        set_scene(arena, contacts=quarter, provider="intellicall", agents=lines, **few),
        set_scene(arena, contacts=sixth, provider="altur", **few),
        set_scene(arena, provider="intellicall", agents=400, **many),
    ]
    leave_to_us(arena, scenes[-1])
    return scenes


def _judge_rate(arena: Arena, scene: Scene, wire: Wire | None, result: Result, *, on_the_way_seconds: float) -> None:
    rows = [row for row in arena.carrier.ledger() if row["account"] == scene.stage.carrier_account]
    found = rate_of(scene, rows=rows, wire=wire, on_the_way_seconds=on_the_way_seconds)
    result.rate = found.as_json()
    result.violations += found.violations


def _requests(arena: Arena) -> int:
    return int(arena.carrier.summary()["requests"])


def _wait_for(arena: Arena, requests: int, scenes: list[Scene]) -> bool:
    """Wait for so many requests; return False when nobody is left to call. Looks seldom, as it costs the others."""
    looks = 0
    while _requests(arena) < requests:
        looks += 1
        if looks % 20 == 0 and not _are_left(arena, scenes):
            return False
        time.sleep(0.05)
    return _are_left(arena, scenes)


def _are_left(arena: Arena, scenes: Sequence[Scene]) -> bool:
    return arena.in_time(lambda: open_leads(*scenes) or -1) > 0


def _suffer(arena: Arena, hurt: Hurt, fault: Fault, result: Result, told: Callable[[str], None]) -> None:
    with FAULTS[fault.kind](hurt, fault):
        if fault.kind not in ENTERED_LONG:
            time.sleep(fault.seconds)
    over_at = time.time()
    result.faults[fault.kind] += 1
    if not _are_left(arena, hurt.scenes):
        told(f"{fault}: nobody was left to call")
        return
    try:
        took = arena.first_request_after(over_at)
    except SandboxError:
        result.violations.append(f"No request left within {PATIENCE_SECONDS:.0f} s after {fault}")
        return
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
    except SandboxError as error:
        result.violations.append(f"Not all campaigns have ended after {seconds:.0f} s: {error}")
