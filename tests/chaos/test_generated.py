"""A short run of generated chaos, and the seed that repeats it. Long ones: make chaos ARGS="--calls N --seed S"."""

from __future__ import annotations

import pytest

from tests.chaos.arena import Arena
from tests.chaos.generated.faults import FAULTS
from tests.chaos.generated.plan import KINDS, plan
from tests.chaos.generated.run import run


def test_a_seed_gives_the_same_faults_again_and_another_gives_others() -> None:
    assert plan(seed=7, calls=5_000) == plan(seed=7, calls=5_000)
    assert plan(seed=7, calls=5_000) != plan(seed=8, calls=5_000)
    kinds = [fault.kind for fault in plan(seed=7, calls=50_000)]
    assert (len(kinds), set(kinds)) == (312, set(KINDS))
    assert set(FAULTS) == set(KINDS)


@pytest.mark.chaos
@pytest.mark.alone
def test_eight_faults_of_a_seed_break_no_promise(arena: Arena) -> None:
    result = run(arena, calls=1_200, seed=3, faults=8)
    assert result.violations == []
    assert result.faults.total() == 8
    assert max(result.recoveries.values()) < arena.within(10.0)
