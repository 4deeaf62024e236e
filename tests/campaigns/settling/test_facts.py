"""What reports say of a call besides its state: put together as it is said, and stored whatever it is."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from campaigns.settling.facts import Facts, jsonb
from dialer.providers.base import CallReport, Phase

texts = st.none() | st.just("") | st.text(min_size=1, max_size=5)
reports = st.builds(
    CallReport,
    phase=st.sampled_from(Phase),
    external_id=texts,
    disposition=texts,
    talk_seconds=st.none() | st.floats(0, 100),
)
jsons = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4) | st.just("a\0b"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "\0", "b\0"]), inner),
    max_leaves=8,
)


@given(st.lists(reports, min_size=1, max_size=4))
def test_the_last_word_wins_and_silence_is_no_word(said: list[CallReport]) -> None:
    found = Facts.merged(7, said)
    for name in ("external_id", "disposition", "talk_seconds"):
        words = [getattr(one, name) for one in said if getattr(one, name) not in (None, "")]
        assert (getattr(found, name) if found else None) == (words[-1] if words else None)


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
