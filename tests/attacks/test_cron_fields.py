"""Attack 18: a cron field that is random or hashed names other instants at each look."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.rules.cron import cron_problems, latest_edge, next_edge
from campaigns.rules.cron_windows import cron_problem

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
CHANGING = st.sampled_from(["R", "r", "H", "h", "R(0-5)", "H(9-17)", "R/20", "H/15", "1,R", "H(0-29)/10"])


@given(field=CHANGING, place=st.integers(0, 4))
def test_attack_18_random_and_hashed_fields_are_refused_everywhere(field: str, place: int) -> None:
    fields = ["0", "9", "*", "*", "*"]
    fields[place] = field
    expression = " ".join(fields)
    assert cron_problems(expression)
    assert cron_problem(expression)


def test_attack_18_one_that_is_stored_already_starts_nothing() -> None:
    assert next_edge(expression="R R * * *", time_zone="UTC", after=NOW) is None
    assert latest_edge(expression="H H * * *", time_zone="UTC", after=NOW.replace(day=1), until=NOW) is None


@pytest.mark.parametrize("expression", ["0 9 * mar fri", "0 9 * * thu-fri", "30 10 * apr,mar *"])
def test_attack_18_names_of_days_and_months_with_these_letters_are_taken(expression: str) -> None:
    assert cron_problems(expression) == []
    assert cron_problem(expression) == ""
