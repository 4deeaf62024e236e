"""A call is absent only by two whole readings of a log that lists our calls, and never where a row may be it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.rules.absence import (
    APART,
    CLOCKS_APART,
    WAITS_FOR_LOG,
    Call,
    LogReading,
    Row,
    Rows,
    Witness,
    after_reading,
    doubt,
    in_words,
    over_by,
    waits_for_log,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
NUMBER, OTHER = "+919876543210", "+919811122233"
CALL = Call(number=NUMBER, placing_at=NOON, over_by=NOON + 600 * SECOND)
#: All of these may be the number, or anybody.
SPELLINGS = ("9876543210", "+91 98765-43210", "09876543210", "sip:919876543210@sbc2", "98******10", "3210")
STRANGERS = (OTHER, "1001", "queue-44", "(981) 112-2233")

offsets = st.integers(-1200, 2400).map(lambda seconds: NOON + seconds * SECOND)
rows = st.builds(
    Row,
    parties=st.lists(st.sampled_from([*SPELLINGS, *STRANGERS, "s"]), max_size=2).map(tuple),
    began_at=st.none() | offsets,
)
readings = st.tuples(offsets, offsets, st.booleans(), st.lists(rows, max_size=2), st.booleans())


def reading(
    *found: Row, asked_at: datetime, since_at: datetime = NOON - timedelta(hours=1), is_whole: bool = True
) -> LogReading:
    return LogReading(since_at=since_at, asked_at=asked_at, is_whole=is_whole, rows=Rows(found))


@settings(max_examples=300)
@given(st.lists(readings, max_size=6))
def test_whatever_is_read_a_call_is_absent_only_by_two_readings_that_could_have_shown_it(
    told: list[tuple[datetime, datetime, bool, list[Row], bool]],
) -> None:
    call, showing = CALL, []
    for since_at, asked_at, is_whole, found, doubted in sorted(told, key=lambda one: one[1]):
        one = reading(*found, asked_at=asked_at, since_at=since_at, is_whole=is_whole)
        if any(
            (row.began_at is None or row.began_at >= NOON - CLOCKS_APART)
            and (set(row.parties) & set(SPELLINGS) or not set(row.parties) - {"s"})
            for row in found
        ):
            assert not after_reading(call, reading=one, doubted=doubted).may_be_absent
        call = after_reading(call, reading=one, doubted=doubted)
        if is_whole and not doubted and since_at <= NOON - CLOCKS_APART and asked_at >= CALL.over_by:
            showing.append(asked_at)
    if call.absent_at is not None:
        assert call.may_be_absent
        assert call.absent_at in showing
        assert call.absent_at - min(showing) >= APART
    if not call.may_be_absent:
        assert (call.first_at, call.absent_at) == (None, None)


def test_two_readings_after_the_call_would_be_over_show_that_there_was_none() -> None:
    once = after_reading(CALL, reading=reading(asked_at=CALL.over_by), doubted=False)
    assert (once.first_at, once.absent_at) == (CALL.over_by, None)
    soon = after_reading(once, reading=reading(asked_at=CALL.over_by + SECOND), doubted=False)
    assert soon == once
    twice = after_reading(soon, reading=reading(asked_at=CALL.over_by + APART), doubted=False)
    assert twice.absent_at == CALL.over_by + APART
    assert in_words(first_at=twice.first_at, absent_at=twice.absent_at) == (
        "Not in the log read until 2026-03-02 12:10:30 UTC, twice"
    )
    assert "once" in in_words(first_at=once.first_at, absent_at=None)
    assert waits_for_log(once, now=CALL.over_by)
    assert not waits_for_log(twice, now=CALL.over_by)
    assert not waits_for_log(once, now=CALL.over_by + WAITS_FOR_LOG)


@pytest.mark.parametrize("spelled", SPELLINGS)
def test_a_number_is_found_however_it_is_spelled_and_whoever_called(spelled: str) -> None:
    for parties in ((spelled,), ("1001", spelled), (spelled, "queue-44")):
        assert Rows([Row(parties=parties, began_at=NOON)]).may_be(CALL)
        assert not Rows([Row(parties=parties, began_at=NOON - CLOCKS_APART - SECOND)]).may_be(CALL)


def test_a_row_of_others_is_not_the_call_and_one_that_names_nobody_may_be() -> None:
    assert not Rows([Row(parties=(name, OTHER), began_at=NOON) for name in STRANGERS]).may_be(CALL)
    assert Rows([Row(parties=(), began_at=NOON)]).may_be(CALL)
    assert Rows([Row(parties=("anonymous",), began_at=None)]).may_be(CALL)


def test_a_log_has_to_list_a_call_of_ours_and_to_lack_none() -> None:
    known = Witness(number=OTHER, placing_at=NOON, ended_at=NOON + 60 * SECOND)
    asked_at = NOON + 700 * SECOND
    listed = Row(parties=("1001", "9811122233"), began_at=NOON + SECOND)
    assert doubt(reading(listed, asked_at=asked_at), witnesses=[known]) == ""
    assert "no call is known" in doubt(reading(asked_at=asked_at), witnesses=[])
    assert "lacks 1 of 1" in doubt(reading(asked_at=asked_at), witnesses=[known])
    off = Row(parties=listed.parties, began_at=NOON + timedelta(hours=5.5))
    assert "time zone" in doubt(reading(off, asked_at=asked_at), witnesses=[known]), "a clock that is wrong"
    assert "whole" in doubt(reading(listed, asked_at=asked_at, is_whole=False), witnesses=[known])
    just_now = Witness(number=NUMBER, placing_at=NOON, ended_at=asked_at)
    assert doubt(reading(listed, asked_at=asked_at), witnesses=[known, just_now]) == ""


def test_a_call_is_over_by_its_longest_after_the_last_instant_at_which_it_can_have_been_taken() -> None:
    def over(placed_at: datetime | None) -> datetime:
        return over_by(
            reserved_at=NOON,
            placing_at=NOON + SECOND,
            placed_at=placed_at,
            deadline_at=NOON + 100 * SECOND,
            reply_timeout_seconds=20,
        )

    assert over(NOON + 2 * SECOND) == NOON + 102 * SECOND
    assert over(None) == NOON + 121 * SECOND
