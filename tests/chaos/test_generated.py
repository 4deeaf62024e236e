"""A short run of generated chaos, and the seed that repeats it. Long ones: make chaos ARGS="--calls N --seed S"."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from tests.chaos.arena import Arena
from tests.chaos.generated.faults import FAULTS
from tests.chaos.generated.page import text
from tests.chaos.generated.plan import KINDS, plan
from tests.chaos.generated.result import Result
from tests.chaos.generated.run import run

#: So that people are left to call when the last fault comes, and are soon called after it.
CALLS, PACE = 2_000, 0.6


def test_a_seed_gives_the_same_faults_again_and_another_gives_others() -> None:
    assert plan(seed=7, calls=5_000) == plan(seed=7, calls=5_000)
    assert plan(seed=7, calls=5_000) != plan(seed=8, calls=5_000)
    kinds = [fault.kind for fault in plan(seed=7, calls=50_000)]
    assert (len(kinds), set(kinds)) == (312, set(KINDS))
    assert set(FAULTS) == set(KINDS)
    assert {fault.kind for fault in plan(seed=7, calls=900, kinds_wanted=["kill", "freeze"])} == {"kill", "freeze"}
    assert sorted(fault.kind for fault in plan(seed=7, calls=900, each_once=True)) == sorted(KINDS)


def test_the_page_of_a_run_says_what_was_broken_and_what_was_left_out() -> None:
    result = Result(seed=1, calls=4_000, requests=4_100, left_out=["disk_full"])
    result.faults.update({"kill": 3})
    result.recoveries["kill"] = 6.25
    result.slow.append("6.2 s after kill worker-1")
    result.violations.append("Lead 7 is stuck in DIALING ()")
    result.rate = {"limit_per_second": 16, "left_in_a_second": 15}
    at = datetime(2026, 3, 2, 12, tzinfo=UTC)
    page = text(found=result.as_json(), command="make chaos", at=at, commit="abc", machine="2 cores")
    for said in (
        "| **violations** | **1** |",
        "| kill | 3 | 6.25 |",
        "disk_full",
        "Lead 7 is stuck",
        "6.2 s after kill",
    ):
        assert said in page


@pytest.mark.chaos
@pytest.mark.alone
@pytest.mark.judged
def test_one_fault_of_each_kind_breaks_no_promise(arena: Arena) -> None:
    result = run(arena, calls=CALLS, seed=3, each_once=True, pace=PACE)
    assert result.violations == []
    assert result.faults == Counter(set(KINDS) - set(result.left_out))
    # Only where raw sockets are allowed does anybody hear them leave.
    assert result.rate["left_in_a_second"] or result.rate["arrived_in_a_second"]
    assert max(result.recoveries.values()) < arena.within(10.0)
