"""Numbers of two countries that end alike: a log's row is of one of them, or of none that is sure."""

from __future__ import annotations

import pytest

from webhooks.rules.written_numbers import WrittenNumbers

INDIA, AMERICA, ALONE = "+919812345678", "+19812345678", "+919812345699"
WANTED = WrittenNumbers({INDIA: 1, AMERICA: 2, ALONE: 3})


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (INDIA, 1), ("919812345678", 1), ("0919812345678", 1), ("+91 98123-45678", 1),
        (AMERICA, 2), ("19812345678", 2), ("0019812345678", 2),
        # Nobody else ends so.
        (ALONE, 3), ("9812345699", 3), ("09812345699", 3), ("0919812345699", 3),
        # It ends so, and is another country's.
        ("+19812345699", None), ("19812345699", None),
        ("+449812345600", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_a_row_is_of_the_number_that_it_spells(written: str | None, meant: int | None) -> None:
    assert WANTED.get(written) == meant
    assert not WANTED.is_unclear(written)


def test_where_it_may_be_one_of_several_it_is_of_none() -> None:
    assert WANTED.get("9812345678") is None
    assert WANTED.is_unclear("09812345678")
    britain_and_america = WrittenNumbers({"+447912345678": 1, "+17912345678": 2})
    assert britain_and_america.get("7912345678") is None
    assert britain_and_america.is_unclear("7912345678")
    assert britain_and_america.get("447912345678") == 1
