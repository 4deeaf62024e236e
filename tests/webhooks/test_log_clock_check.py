"""The check of an account notices that the clock of its call log is off, and says what mends it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from webhooks.log_clock_check import offset_minutes

NOON = datetime(2026, 4, 13, 12, tzinfo=UTC)
CALLS = [(f"+9198765432{n:02}", NOON + timedelta(minutes=n)) for n in range(10)]


def rows(minutes: float, calls: int = 10, later: float = 20) -> list[tuple[str, datetime]]:
    off = timedelta(minutes=minutes, seconds=later)
    return [(number, at + off) for number, at in CALLS[:calls]]


@pytest.mark.parametrize("minutes", [0, -330, 330, 60, -840])
def test_the_offset_of_a_log_is_told_in_minutes(minutes: int) -> None:
    assert offset_minutes(placed=CALLS, rows=rows(minutes)) == minutes


def test_nothing_is_told_of_few_calls_or_of_an_uneven_distance() -> None:
    assert offset_minutes(placed=CALLS, rows=rows(-330, calls=2)) is None
    assert offset_minutes(placed=CALLS, rows=rows(-330, later=400)) is None
    assert offset_minutes(placed=CALLS, rows=[]) is None


def test_calls_that_were_repeated_after_an_hour_do_not_outvote_right_times() -> None:
    again = [(number, at + timedelta(hours=1)) for number, at in CALLS]
    assert offset_minutes(placed=[*CALLS, *again], rows=[*rows(0), *rows(60)]) == 0
