"""Fill, gaps and limits are exact: against figures worked out by hand, and against counting by brute force."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.sandbox.client import SandboxClient, SandboxError
from dialer.sandbox.filling import fill_of
from dialer.sandbox.meters import Meter, RateMeter
from tests.sandbox.carrier import Account

spans_strategy = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 10)).map(lambda pair: (float(pair[0]), float(sum(pair)))), max_size=12
)


def test_two_lines_filled_by_hand() -> None:
    # lines:  0-4 one call, 4-6 two, 6-8 none, 8-9 three, 9-10 one
    spans = [(0.0, 6.0), (4.0, 6.0), (8.0, 10.0), (8.0, 9.0), (8.0, 9.0)]
    figures = fill_of(spans=spans, intervals=[(0.0, 10.0)], limit=2)
    assert figures.mean_live == pytest.approx((4 * 1 + 2 * 2 + 0 + 3 + 1) / 10)
    assert figures.fill == pytest.approx((4 + 4 + 0 + 2 + 1) / 20)
    assert figures.longest_gap_seconds == pytest.approx(4)
    assert figures.seconds_over == pytest.approx(1)


def test_only_the_intervals_count_and_a_gap_ends_with_its_interval() -> None:
    figures = fill_of(spans=[(2.0, 3.0)], intervals=[(0.0, 2.5), (5.0, 7.0)], limit=1)
    assert figures.seconds == pytest.approx(4.5)
    assert figures.mean_live == pytest.approx(0.5 / 4.5)
    assert figures.longest_gap_seconds == pytest.approx(2)


def test_a_line_handed_over_at_one_instant_leaves_no_gap_and_is_never_over() -> None:
    figures = fill_of(spans=[(0.0, 5.0), (5.0, 9.0)], intervals=[(0.0, 9.0)], limit=1)
    assert (figures.fill, figures.longest_gap_seconds, figures.seconds_over) == (1.0, 0.0, 0.0)


@given(spans=spans_strategy, limit=st.integers(1, 4))
def test_fill_equals_counting_every_second(spans: list[tuple[float, float]], limit: int) -> None:
    figures = fill_of(spans=spans, intervals=[(3.0, 33.0)], limit=limit)
    live = [sum(start <= second < end for start, end in spans) for second in range(3, 33)]
    assert figures.mean_live == pytest.approx(sum(live) / 30)
    assert figures.fill == pytest.approx(sum(min(count, limit) for count in live) / (30 * limit))
    assert figures.seconds_over == pytest.approx(sum(count > limit for count in live))
    gaps = "".join("." if count < limit else "#" for count in live).split("#")
    assert figures.longest_gap_seconds == pytest.approx(max(map(len, gaps)))


@given(spans=spans_strategy, limit=st.integers(0, 4))
def test_a_meter_counts_peak_and_seconds_over_as_they_happen(spans: list[tuple[float, float]], limit: int) -> None:
    meter = Meter(limit)
    for at, change in sorted([(start, 1) for start, _ in spans] + [(end, -1) for _, end in spans]):
        (meter.start if change > 0 else meter.end)(at)
    live = [sum(start <= second < end for start, end in spans) for second in range(45)]
    assert meter.live == 0
    assert meter.calls == len(spans)
    assert meter.seconds_over(45.0) == pytest.approx(sum(count > limit for count in live))
    assert (meter.worst > limit) == (meter.peak > limit)


@given(st.lists(st.integers(0, 40), max_size=40).map(sorted))
def test_the_rate_is_that_of_the_worst_sliding_second(tenths: list[int]) -> None:
    meter = RateMeter()
    for tenth in tenths:
        meter.arrive(tenth * 0.125)
    worst = max((sum(end - 8 < tenth <= end for tenth in tenths) for end in tenths), default=0)
    assert meter.peak == worst


def test_the_carrier_computes_fill_from_its_own_ledger(sandbox: SandboxClient, http: httpx.Client) -> None:
    account = Account(sandbox, http, "voxcore", talk_seconds=[1000, 1000])
    account.place("9876543299", reference="r-1")
    account.place("9876543298", reference="r-2")
    sandbox.hangup_all()
    first, second = sandbox.ledger()
    start, end = first["started_at"] - 1, second["ended_at"] + 2
    figures = sandbox.fill(slug="voxcore", account="acme", intervals=[(start, end)], limit=2)
    lengths = [row["ended_at"] - row["started_at"] for row in (first, second)]
    assert figures["mean_live"] == pytest.approx(sum(lengths) / (end - start))
    assert figures["fill"] == pytest.approx(sum(lengths) / (2 * (end - start)))
    assert figures["longest_gap_seconds"] >= 2
    assert figures["seconds_over"] == 0


def test_an_interval_that_ends_before_it_starts_is_refused(sandbox: SandboxClient) -> None:
    with pytest.raises(SandboxError, match="start before end"):
        sandbox.fill(slug="voxcore", account="acme", intervals=[(2.0, 1.0)], limit=1)
