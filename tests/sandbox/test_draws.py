"""Draws by shares: each name as often as its share says, and none where the shares leave room."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from dialer.sandbox.draws import Draw

STEPS = 1000
SHARES = st.dictionaries(st.sampled_from("abcde"), st.integers(0, 200).map(lambda share: share / STEPS), min_size=1)


@given(shares=SHARES)
def test_over_all_points_each_name_has_its_share_and_the_rest_is_nothing(shares: dict[str, float]) -> None:
    draw = Draw(shares, whole=False)
    drawn = Counter(draw.pick((step + 0.5) / STEPS) for step in range(STEPS))
    expected = {name: round(share * STEPS) for name, share in shares.items() if share}
    expected_none = STEPS - sum(expected.values())
    assert {name: count for name, count in drawn.items() if name is not None} == expected
    assert drawn[None] == expected_none


@given(shares=SHARES.filter(lambda shares: any(shares.values())))
def test_a_whole_draw_always_names_one_in_proportion(shares: dict[str, float]) -> None:
    draw = Draw(shares, whole=True)
    drawn = Counter(draw.pick((step + 0.5) / STEPS) for step in range(STEPS))
    total = sum(shares.values())
    assert None not in drawn
    assert all(abs(drawn[name] - share / total * STEPS) <= 1.5 for name, share in shares.items())
    assert draw.pick(0.999_999_999_999) in shares
