"""What reports say of a call besides its state: put together as it is said, and stored whatever it is."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from campaigns.settling.facts import Facts, jsonb
from dialer.providers.base import CallReport, Phase

jsons = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4) | st.just("a\0b"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "\0", "b\0"]), inner),
    max_leaves=8,
)


def test_reports_that_say_nothing_but_a_state_are_no_facts() -> None:
    assert Facts.merged(7, [CallReport(phase=Phase.RINGING), CallReport(phase=Phase.ENDED)]) is None


@given(jsons)
def test_what_a_provider_sends_is_stored_as_it_is_but_for_what_the_database_refuses(value: Any) -> None:
    stored = jsonb(value)
    assert (stored is None) == (value is None)
    if stored is not None:
        assert "\\u0000" not in stored
        if "\0" not in repr(value) and "\\x00" not in repr(value):
            assert orjson.loads(stored) == value


def test_what_is_nested_too_deeply_is_left_out_and_spoils_nothing_else() -> None:
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    found = Facts.merged(7, [CallReport(phase=Phase.ENDED, disposition="SALE", analysis={"deep": deep})])
    assert found is not None
    assert (found.analysis, found.disposition) == (None, "SALE")
