"""Who is called next: for which campaign, on which DID and agent. Pure: claiming reads, this decides."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile

from campaigns.rules.did_rotation import Rotation

#: More than any limit: stands for "no limit of this kind".
UNBOUNDED = 1 << 30


@dataclass(slots=True)
class Slot:
    """A DID or an agent, and how many more calls it takes.

    Of a DID also: ``left``, how many more its caps let through, and from when on (``free_at``, ``held_by``) if none;
    ``used``, its calls of the last 24 hours, and ``last_turn``, the instant (epoch seconds) of the latest.
    """

    id: int
    limit: int
    live: int
    number: str = ""
    left: int = UNBOUNDED
    used: int = 0
    last_turn: float = 0.0
    free_at: datetime | None = None
    held_by: str = ""

    @property
    def free(self) -> int:
        """Return how many more calls it takes."""
        return max(0, min(self.limit - self.live, self.left))

    def take(self) -> None:
        """Count one more call."""
        self.live += 1
        self.left -= 1
        self.used += 1


@dataclass(frozen=True, slots=True)
class Caller:
    """What matters of a lead: its number (E.164), the DID it was called from last, and one not to use again."""

    number: str = ""
    known_did_id: int | None = None
    avoid_did_id: int | None = None


NOBODY = Caller()


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


@dataclass(frozen=True, slots=True)
class Seat:
    """One call that may start: for the lead at this position of the campaign's queue, on this DID and agent."""

    campaign_id: int
    lead_position: int
    did_id: int | None
    agent_id: int | None


def seat(*, shares: Sequence[Share], waiting: Mapping[int, Sequence[Sequence[str]]], budget: int) -> list[Seat]:
    """Return whom to call: ``budget`` seats at most, shared by weight, each on the DID and agent with most room.

    Each seat moves its campaign's ``turn`` on by 1 / weight, and the campaign that is furthest behind goes next: of the
    calls that begin while several wait, each has its part, even if only one line comes free at a time.
    ``waiting`` has the callable leads by campaign, in their order, each as all known numbers of its person, the
    one to ring first. Campaigns may share people: of whom a number is seated, no other is. DIDs and agents are counted
    down in place.
    """
    seats: list[Seat] = []
    seated: set[str] = set()
    positions = dict.fromkeys(waiting, 0)
    queue = [(_share_key(share), index) for index, share in enumerate(shares) if waiting.get(share.campaign_id)]
    heapq.heapify(queue)
    while queue and len(seats) < budget:
        _, index = heapq.heappop(queue)
        share = shares[index]
        people = waiting[share.campaign_id]
        start = positions[share.campaign_id]
        position = next((at for at in range(start, len(people)) if seated.isdisjoint(people[at])), None)
        place = _take(share, position, len(seats)) if position is not None else None
        if position is None or place is None:
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


def _take(share: Share, position: int, turn: int) -> tuple[int | None, int | None] | None:
    if share.limit is not None and share.live + share.granted >= share.limit:
        return None
    caller = share.callers[position] if share.callers else NOBODY
    did = choose(dids=share.dids, rotation=share.rotation, caller=caller)
    if share.dids and did is None:
        return None
    agent = max(share.agents, key=_roominess, default=None) if share.agents is not None else None
    if share.agents is not None and (agent is None or not agent.free):
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


def _roominess(slot: Slot) -> float:
    return slot.free / slot.limit


def choose(*, dids: Sequence[Slot], rotation: Rotation, caller: Caller) -> Slot | None:
    """Return the DID for a call, None when none has room. Another one than that to avoid, where there is another."""
    free = [did for did in dids if did.free]
    if caller.avoid_did_id is not None:
        free = [did for did in free if did.id != caller.avoid_did_id] or free
    if not free:
        return None
    return max(free, key=lambda did: (_liking(did, rotation, caller), did.free / did.limit))


def _liking(did: Slot, rotation: Rotation, caller: Caller) -> float:
    if rotation == Rotation.LEAST_USED:
        return -did.used
    if rotation == Rotation.ROUND_ROBIN:
        return -did.last_turn
    if rotation == Rotation.SAME_REGION:
        return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(did.number, caller.number, strict=False)))
    if rotation == Rotation.STICKY:
        return float(did.id == caller.known_did_id)
    return 0.0
