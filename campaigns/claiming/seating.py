"""Who is called next: for which campaign, on which DID and agent. Pure: claiming reads, this decides."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple, Protocol

from campaigns.claiming.slots import NOBODY, UNBOUNDED, Caller, Chooser, Slot
from campaigns.rules.did_rotation import Rotation


@dataclass(slots=True)
class Share:
    """What one campaign may use. ``dids`` empty: the provider chooses the caller ID; ``agents`` None: none needed."""

    campaign_id: int
    weight: int
    live: int
    limit: int | None
    dids: Sequence[Slot]
    agents: Sequence[Slot] | None
    granted: int = field(default=0)
    rotation: Rotation = Rotation.MOST_ROOM
    # What matters of the waiting leads for the choice of a DID, by position; empty where nothing does.
    callers: Sequence[Caller] = ()
    # How far it has come in the taking of turns; see seat.
    turn: float = field(default=0.0)

    @property
    def rooms(self) -> dict[str, int]:
        """Return how many calls each of its own limits lets it start: CAMPAIGN_LIMIT, DID, AGENT."""
        rooms = {} if self.limit is None else {"CAMPAIGN_LIMIT": self.limit - self.live}
        if self.dids:
            rooms["DID"] = sum(did.free for did in self.dids)
        if self.agents is not None:
            rooms["AGENT"] = sum(agent.free for agent in self.agents)
        return rooms

    @property
    def room(self) -> int:
        """Return how many calls this campaign alone could start; DIDs and agents may be shared with others."""
        return max(0, min(self.rooms.values(), default=UNBOUNDED))


class Seat(NamedTuple):
    """One call that may start: for the lead at this position of the campaign's queue, on this DID and agent."""

    campaign_id: int
    lead_position: int
    did_id: int | None
    agent_id: int | None


class People(Protocol):
    """The callable leads of a campaign in their order, each as all known numbers of its person, that to ring first."""

    def __getitem__(self, position: int, /) -> Sequence[str]:
        """Return those of the lead at this position. Raises IndexError where there is none."""


def seat(*, shares: Sequence[Share], waiting: Mapping[int, People], budget: int) -> list[Seat]:
    """Return whom to call: ``budget`` seats at most, shared by weight, each on the DID and agent with most room.

    Each seat moves its campaign's ``turn`` on by 1 / weight, and the campaign that is furthest behind goes next: of the
    calls that begin while several wait, each has its part, even if only one line comes free at a time.
    ``waiting``: by campaign; of one whose turn does not come, nobody is asked for. Campaigns may share people: of whom
    a number is seated, no other is. DIDs and agents are counted down in place.
    """
    seats: list[Seat] = []
    seated: set[str] = set()
    positions = dict.fromkeys(waiting, 0)
    places: dict[int, _Places] = {}
    queue = [(_share_key(share), index) for index, share in enumerate(shares) if share.campaign_id in waiting]
    heapq.heapify(queue)
    while queue and len(seats) < budget:
        _, index = heapq.heappop(queue)
        share = shares[index]
        people = waiting[share.campaign_id]
        position = _next_free(people, positions[share.campaign_id], seated)
        if position is None:
            continue
        if index not in places:
            places[index] = _Places(share)
        place = places[index].take(position, len(seats))
        if place is None:
            continue
        seats.append(Seat(share.campaign_id, position, *place))
        seated.add(people[position][0])
        positions[share.campaign_id] = position + 1
        share.granted += 1
        heapq.heappush(queue, (_share_key(share), index))
    return seats


def _share_key(share: Share) -> tuple[float, float]:
    return (share.turn + share.granted / share.weight, (share.live + share.granted) / share.weight)


CLOCK = "clock"


def take_turns(*, shares: Sequence[Share], turns: Mapping[str, float]) -> None:
    """Set each share's ``turn`` from what is stored; who was away is not owed the calls of the meantime."""
    clock = turns.get(CLOCK, 0.0)
    for share in shares:
        share.turn = max(clock, turns.get(str(share.campaign_id), clock))


def turns_after(*, shares: Sequence[Share], turns: Mapping[str, float]) -> dict[str, float]:
    """Return what to store after seating: the turns that begin next, and the latest that has begun as the clock."""
    began = [share.turn + (share.granted - 1) / share.weight for share in shares if share.granted]
    following = {str(share.campaign_id): share.turn + share.granted / share.weight for share in shares}
    return {CLOCK: max([turns.get(CLOCK, 0.0), *began]), **following}


def _next_free(people: People, start: int, seated: AbstractSet[str]) -> int | None:
    """Return the position of the first lead from ``start`` on none of whose numbers is seated."""
    for position in count(start):
        try:
            numbers = people[position]
        except IndexError:
            return None
        if seated.isdisjoint(numbers):
            return position
    return None


class _Places:
    """The DIDs and agents of one campaign, taken call by call."""

    def __init__(self, share: Share) -> None:
        self._share = share
        self._dids = Chooser(slots=share.dids, rotation=share.rotation)
        self._agents = None if share.agents is None else Chooser(slots=share.agents)

    def take(self, position: int, turn: int) -> tuple[int | None, int | None] | None:
        """Return the DID and the agent for the lead at a position and count the call, or None where a limit is met."""
        share = self._share
        if share.limit is not None and share.live + share.granted >= share.limit:
            return None
        did = self._dids.choose(share.callers[position] if share.callers else NOBODY)
        if share.dids and did is None:
            return None
        agent = self._agents.choose() if self._agents is not None else None
        if self._agents is not None and agent is None:
            return None
        for slot in (did, agent):
            if slot is not None:
                slot.take()
        if did is not None:
            # Later than any instant that was read: what has just been used is the last in turn.
            did.last_turn = _AFTER_ALL_INSTANTS + turn
        return did.id if did else None, agent.id if agent else None


#: Epoch seconds far in the future.
_AFTER_ALL_INSTANTS = 1e12
