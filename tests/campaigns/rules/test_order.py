"""Callbacks go before the first pass, the first pass before retries, and each by priority."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.rules.order import HIGHEST_PRIORITY, LOWEST_PRIORITY, Lane, rank, retry_rank

priorities = st.integers(HIGHEST_PRIORITY, LOWEST_PRIORITY)


def test_ranks_are_ordered_by_lane_and_by_priority_within_it_and_no_two_are_alike() -> None:
    ordered = [rank(lane=lane, priority=priority) for lane, priority in product(Lane, range(10))]
    assert ordered == sorted(set(ordered))
    assert sorted(Lane) == [Lane.CALLBACK, Lane.FIRST_PASS, Lane.RETRY]


@given(st.sampled_from(Lane), priorities)
def test_a_retry_keeps_its_priority_however_often_it_is_one(lane: Lane, priority: int) -> None:
    found = retry_rank(rank(lane=lane, priority=priority))
    assert found == rank(lane=Lane.RETRY, priority=priority) == retry_rank(found)


@pytest.mark.parametrize("priority", [HIGHEST_PRIORITY - 1, LOWEST_PRIORITY + 1, 100])
def test_there_is_no_other_priority(priority: int) -> None:
    with pytest.raises(ValueError, match="priority must be from 0 to 9"):
        rank(lane=Lane.RETRY, priority=priority)
