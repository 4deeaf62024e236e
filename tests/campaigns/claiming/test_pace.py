"""Budgets never pass a limit, whatever the world looks like."""

from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.claiming import seating as pace
from campaigns.claiming.seating import FleetReading, Share, Slot

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
small = st.integers(min_value=0, max_value=6)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Share], dict[int, list[str]], int]:
    """Campaigns over shared DIDs, agents and numbers, some of them full already."""
    dids = [Slot(id=n, limit=draw(st.integers(1, 4)), live=draw(small)) for n in range(1, 4)]
    agents = [Slot(id=n, limit=1, live=draw(st.integers(0, 1))) for n in range(11, 14)]
    shares = [
        Share(
            campaign_id=n,
            weight=draw(st.integers(1, 5)),
            live=draw(small),
            limit=draw(st.none() | st.integers(1, 8)),
            dids=draw(st.lists(st.sampled_from(dids), unique_by=id, max_size=3)),
            agents=draw(st.none() | st.lists(st.sampled_from(agents), unique_by=id, max_size=3)),
        )
        for n in range(1, draw(st.integers(1, 4)) + 1)
    ]
    people = st.lists(st.sampled_from("abcdefghij"), unique=True, max_size=8)
    waiting = {share.campaign_id: draw(people) for share in shares}
    return shares, waiting, draw(st.integers(0, 12))


@given(worlds())
def test_seats_pass_no_limit_of_did_agent_campaign_or_budget(
    world: tuple[list[Share], dict[int, list[str]], int],
) -> None:
    shares, waiting, budget = world
    slots = {slot.id: slot for share in shares for slot in (*share.dids, *(share.agents or ()))}
    free = {slot_id: slot.free for slot_id, slot in slots.items()}
    seats = pace.seat(shares=shares, waiting=waiting, budget=budget)

    assert len(seats) <= budget
    for kind in ("did_id", "agent_id"):
        used = Counter(getattr(seat, kind) for seat in seats if getattr(seat, kind) is not None)
        assert all(count <= free[slot_id] for slot_id, count in used.items())
    for share in shares:
        own = [seat for seat in seats if seat.campaign_id == share.campaign_id]
        if share.limit is not None:
            assert share.live + len(own) <= max(share.live, share.limit)
        assert all((seat.did_id is not None) == bool(share.dids) for seat in own)
        assert all((seat.agent_id is not None) == (share.agents is not None) for seat in own)


@given(worlds())
def test_seats_ring_no_lead_and_no_number_twice(world: tuple[list[Share], dict[int, list[str]], int]) -> None:
    shares, waiting, budget = world
    seats = pace.seat(shares=shares, waiting=waiting, budget=budget)
    rung = [waiting[seat.campaign_id][seat.lead_position] for seat in seats]
    assert len(set(rung)) == len(rung)


@given(worlds())
def test_no_slot_stays_empty_while_somebody_could_use_it(
    world: tuple[list[Share], dict[int, list[str]], int],
) -> None:
    shares, waiting, budget = world
    seats = pace.seat(shares=shares, waiting=waiting, budget=budget)
    if len(seats) == budget:
        return
    rung = {waiting[seat.campaign_id][seat.lead_position] for seat in seats}
    for share in shares:
        granted = sum(seat.campaign_id == share.campaign_id for seat in seats)
        left = set(waiting[share.campaign_id]) - rung
        full = share.limit is not None and share.live + granted >= share.limit
        no_did = bool(share.dids) and not any(slot.free for slot in share.dids)
        no_agent = share.agents is not None and not any(slot.free for slot in share.agents)
        assert not left or full or no_did or no_agent


def test_seats_are_shared_by_weight() -> None:
    did = Slot(id=1, limit=40, live=0)
    shares = [
        Share(campaign_id=n, weight=weight, live=0, limit=None, dids=[did], agents=None)
        for n, weight in ((1, 1), (2, 3))
    ]
    waiting = {1: [f"a{n}" for n in range(100)], 2: [f"b{n}" for n in range(100)]}
    seats = Counter(seat.campaign_id for seat in pace.seat(shares=shares, waiting=waiting, budget=40))
    assert seats == {1: 10, 2: 30}


@given(available=st.integers(0, 50), own=st.integers(0, 50), live=st.integers(0, 60), age=st.floats(0, 90))
def test_the_fleet_is_believed_while_its_reading_is_fresh_and_never_beyond_it(
    available: int, own: int, live: int, age: float
) -> None:
    reading = FleetReading(available=available, own_live=own, measured_at=NOW - timedelta(seconds=age))
    room = pace.fleet_room(reading=reading, live_now=live, now=NOW)
    assert room >= 0
    if age > pace.READING_VALID_SECONDS + 1:
        assert room == 0
    else:
        assert live + room <= max(live, available + own)


def test_a_fleet_that_was_never_read_gets_no_call() -> None:
    assert pace.fleet_room(reading=None, live_now=0, now=NOW) == 0


@settings(deadline=None)  # it judges values, not speed
@given(
    rate=st.floats(0.1, 200),
    turns=st.lists(st.tuples(st.integers(0, 50), st.floats(0, 2)), min_size=1, max_size=20),
)
def test_no_second_has_more_requests_than_the_rate(rate: float, turns: list[tuple[int, float]]) -> None:
    now, gate, sent = NOW, None, []
    for wanted, pause in turns:
        times = pace.send_times(next_send_at=gate, calls_per_second=rate, wanted=wanted, now=now)
        assert all(now <= at <= now + timedelta(seconds=pace.RATE_HORIZON_SECONDS) for at in times)
        if times:
            gate = pace.after_sends(times=times, calls_per_second=rate)
            sent += times
        now += timedelta(seconds=pause)
    assert sent == sorted(sent)
    for start in sent:
        in_one_second = sum(start <= at < start + timedelta(seconds=1) for at in sent)
        assert in_one_second <= math.ceil(rate)


@given(st.integers(0, 200))
def test_back_off_begins_after_a_few_refusals_and_stays_bounded(refusals: int) -> None:
    seconds = pace.backoff_seconds(refusals_in_row=refusals)
    if refusals < pace.REFUSALS_BEFORE_BACKOFF:
        assert seconds is None
    else:
        assert seconds is not None
        assert pace.FIRST_BACKOFF_SECONDS <= seconds <= pace.LONGEST_BACKOFF_SECONDS
