"""The DID of a call: one with room, chosen as the campaign says, and not the one to avoid where there is another."""

from __future__ import annotations

from collections.abc import Callable
from itertools import takewhile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.claiming.seating import Share, seat
from campaigns.claiming.slots import NOBODY, Caller, Chooser, Slot
from campaigns.rules.did_rotation import Rotation

slots = st.lists(
    st.builds(
        Slot,
        id=st.integers(1, 6),
        limit=st.integers(1, 4),
        live=st.integers(0, 5),
        number=st.sampled_from(["+919810000001", "+918010000002", "+12025550123"]),
        left=st.integers(0, 3),
        used=st.integers(0, 9),
        last_turn=st.floats(0, 100),
    ),
    max_size=5,
    unique_by=lambda slot: slot.id,
)
callers = st.builds(
    Caller,
    number=st.sampled_from(["+919812345678", "+12025550199"]),
    known_did_id=st.none() | st.integers(1, 6),
    avoid_did_id=st.none() | st.integers(1, 6),
)


def did(id: int, *, number: str = "", live: int = 0, used: int = 0, last_turn: float = 0.0) -> Slot:
    return Slot(id=id, limit=10, live=live, number=number, used=used, last_turn=last_turn)


@given(slots, st.sampled_from(Rotation), callers)
def test_the_chosen_did_has_room_and_is_not_the_one_to_avoid_unless_there_is_no_other(
    dids: list[Slot], rotation: Rotation, caller: Caller
) -> None:
    free = {slot.id for slot in dids if slot.free}
    found = Chooser(slots=dids, rotation=rotation).choose(caller)
    if found is None:
        assert not free
        return
    assert found.id in free
    assert found.id != caller.avoid_did_id or free == {caller.avoid_did_id}


@given(slots, st.sampled_from(Rotation), st.lists(st.tuples(callers, st.booleans()), max_size=12))
def test_each_of_many_calls_gets_the_did_that_a_look_at_all_of_them_would_find(
    dids: list[Slot], rotation: Rotation, leads: list[tuple[Caller, bool]]
) -> None:
    chooser = Chooser(slots=dids, rotation=rotation)
    for turn, (caller, others_call_too) in enumerate(leads):
        found = chooser.choose(caller)
        assert found is _liked_best(dids, rotation, caller)
        # Campaigns share DIDs: what another one takes meanwhile, this one no longer has.
        for slot in filter(None, (found, dids[turn % len(dids)] if dids and others_call_too else None)):
            slot.take()
            slot.last_turn = 1000.0 + turn


def _liked_best(dids: list[Slot], rotation: Rotation, caller: Caller) -> Slot | None:
    free = [slot for slot in dids if slot.free]
    free = [slot for slot in free if slot.id != caller.avoid_did_id] or free
    likings: dict[Rotation, Callable[[Slot], float]] = {
        Rotation.MOST_ROOM: lambda slot: 0.0,
        Rotation.LEAST_USED: lambda slot: -slot.used,
        Rotation.ROUND_ROBIN: lambda slot: -slot.last_turn,
        Rotation.SAME_REGION: lambda slot: _shared(slot.number, caller.number),
        Rotation.STICKY: lambda slot: slot.id == caller.known_did_id,
    }
    liking = likings[rotation]
    return max(free, key=lambda slot: (liking(slot), slot.free / slot.limit), default=None)


def _shared(number: str, other: str) -> int:
    """Return how many digits two numbers begin with alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(number, other, strict=False)))


@pytest.mark.parametrize(
    ("rotation", "caller", "chosen"),
    [
        (Rotation.MOST_ROOM, NOBODY, 1),
        (Rotation.LEAST_USED, NOBODY, 2),
        (Rotation.ROUND_ROBIN, NOBODY, 3),
        (Rotation.SAME_REGION, Caller(number="+912244445555"), 2),
        (Rotation.STICKY, Caller(known_did_id=3), 3),
        (Rotation.STICKY, NOBODY, 1),
        (Rotation.STICKY, Caller(known_did_id=3, avoid_did_id=3), 1),
    ],
)
def test_each_rotation_has_its_own_favourite(rotation: Rotation, caller: Caller, chosen: int) -> None:
    dids = [
        did(1, number="+918040000000", live=0, used=9, last_turn=30),
        did(2, number="+912240000000", live=5, used=1, last_turn=20),
        did(3, number="+911140000000", live=2, used=5, last_turn=10),
    ]
    found = Chooser(slots=dids, rotation=rotation).choose(caller)
    assert found is not None
    assert found.id == chosen


def test_within_one_turn_round_robin_goes_round() -> None:
    dids = [did(1, last_turn=3), did(2, last_turn=1), did(3, last_turn=2)]
    share = Share(campaign_id=1, weight=1, live=0, limit=None, dids=dids, agents=None, rotation=Rotation.ROUND_ROBIN)
    seats = seat(shares=[share], waiting={1: [(str(n),) for n in range(7)]}, budget=7)
    assert [one.did_id for one in seats] == [2, 3, 1, 2, 3, 1, 2]


def test_every_rotation_is_named_for_people() -> None:
    labels = [rotation.label for rotation in Rotation]
    assert all(labels)
    assert len(set(labels)) == len(labels)
