"""Seats never pass a limit, whatever the world looks like, and none stays empty for nothing."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from campaigns.claiming.seating import Share, seat
from campaigns.claiming.slots import Slot

Waiting = dict[int, list[tuple[str, ...]]]
small = st.integers(min_value=0, max_value=6)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Share], Waiting, int]:
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
    # The first number is rung; who has others is known by them as well.
    numbers = st.lists(st.sampled_from("abcdefghij"), unique=True, min_size=1, max_size=3).map(tuple)
    people = st.lists(numbers, unique_by=lambda known: known[0], max_size=8)
    waiting = {share.campaign_id: draw(people) for share in shares}
    return shares, waiting, draw(st.integers(0, 12))


@given(worlds())
def test_seats_pass_no_limit_of_did_agent_campaign_or_budget(
    world: tuple[list[Share], Waiting, int],
) -> None:
    shares, waiting, budget = world
    slots = {slot.id: slot for share in shares for slot in (*share.dids, *(share.agents or ()))}
    free = {slot_id: slot.free for slot_id, slot in slots.items()}
    seats = seat(shares=shares, waiting=waiting, budget=budget)

    assert len(seats) <= budget
    for kind in ("did_id", "agent_id"):
        used = Counter(getattr(one, kind) for one in seats if getattr(one, kind) is not None)
        assert all(count <= free[slot_id] for slot_id, count in used.items())
    for share in shares:
        own = [one for one in seats if one.campaign_id == share.campaign_id]
        if share.limit is not None:
            assert share.live + len(own) <= max(share.live, share.limit)
        assert all((one.did_id is not None) == bool(share.dids) for one in own)
        assert all((one.agent_id is not None) == (share.agents is not None) for one in own)


@given(worlds())
def test_seats_ring_no_lead_and_no_number_twice(world: tuple[list[Share], Waiting, int]) -> None:
    shares, waiting, budget = world
    seats = seat(shares=shares, waiting=waiting, budget=budget)
    people = [waiting[one.campaign_id][one.lead_position] for one in seats]
    rung = [known[0] for known in people]
    assert len(set(rung)) == len(rung)
    for at, known in enumerate(people):
        assert set(known).isdisjoint(rung[:at])


@given(worlds())
def test_no_slot_stays_empty_while_somebody_could_use_it(
    world: tuple[list[Share], Waiting, int],
) -> None:
    shares, waiting, budget = world
    seats = seat(shares=shares, waiting=waiting, budget=budget)
    if len(seats) == budget:
        return
    rung = {waiting[one.campaign_id][one.lead_position][0] for one in seats}
    for share in shares:
        granted = sum(one.campaign_id == share.campaign_id for one in seats)
        left = [known for known in waiting[share.campaign_id] if rung.isdisjoint(known)]
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
    waiting = {1: [(f"a{n}",) for n in range(100)], 2: [(f"b{n}",) for n in range(100)]}
    seats = Counter(one.campaign_id for one in seat(shares=shares, waiting=waiting, budget=40))
    assert seats == {1: 10, 2: 30}
