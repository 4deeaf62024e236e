"""No cell that came from outside is run by the spreadsheet that opens it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.results.spreadsheet import harmless


@given(spaces=st.text(" \n\t\xa0", max_size=3), start=st.sampled_from("=+-@"), rest=st.text(max_size=20))
def test_what_begins_like_a_formula_is_shown_as_it_is(spaces: str, start: str, rest: str) -> None:
    cell = spaces + start + rest
    assert harmless(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["", "Asha", "A=1", "12.5", "'=1", "a@example.com"])
def test_what_is_no_formula_stays_as_it_is(cell: str) -> None:
    assert harmless(cell) == cell
