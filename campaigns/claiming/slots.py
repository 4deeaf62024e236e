"""DIDs and agents with room, and the choice among them. Pure: claiming reads, this chooses."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

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
        room = self.limit - self.live
        return max(0, room if room < self.left else self.left)

    def hold(self, *, until: datetime, reason: str) -> None:
        """Let it take no call until then; of several reasons the one that lasts longest is told."""
        self.left = 0
        if self.free_at is None or until > self.free_at:
            self.free_at, self.held_by = until, reason

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


class Chooser:
    """Chooses the slot with room that a rotation likes best, among equals that with most room, among these the first.

    For one call after the other, of many slots: each choice looks at a few, not at all. Calls are counted on the slots
    (``Slot.take``), by any caller, between the choices; nothing else of them may change.
    """

    def __init__(self, *, slots: Sequence[Slot], rotation: Rotation = Rotation.MOST_ROOM) -> None:
        self._all = _Ranked(slots, _RANKS.get(rotation, _by_room))
        self._by_id = {slot.id: slot for slot in slots} if rotation == Rotation.STICKY else {}
        self._of_region = _by_beginning(slots) if rotation == Rotation.SAME_REGION else {}

    def choose(self, caller: Caller = NOBODY) -> Slot | None:
        """Return the slot for a call, None when none has room; that to avoid only where there is no other."""
        avoided = caller.avoid_did_id
        known = self._by_id.get(caller.known_did_id) if caller.known_did_id is not None else None
        if known is not None and known.free and known.id != avoided:
            return known
        for length in range(len(caller.number), 0, -1) if self._of_region else ():
            nearest = self._of_region.get(caller.number[:length])
            found = nearest.best(avoided=avoided) if nearest else None
            if found is not None:
                return found
        return self._all.best(avoided=avoided) or self._all.best(avoided=None)


Rank = tuple[float, float]


def _by_room(slot: Slot) -> Rank:
    return 0.0, -slot.free / slot.limit


def _by_use(slot: Slot) -> Rank:
    return slot.used, -slot.free / slot.limit


def _by_turn(slot: Slot) -> Rank:
    return slot.last_turn, -slot.free / slot.limit


#: Of a slot, the least comes first. For the others the caller decides, and then the room.
_RANKS: Mapping[Rotation, Callable[[Slot], Rank]] = {
    Rotation.LEAST_USED: _by_use,
    Rotation.ROUND_ROBIN: _by_turn,
}


class _Ranked:
    """Slots by rank. A call puts its slot further back, never forward: a rank is looked at anew when it comes first."""

    def __init__(self, slots: Sequence[Slot], rank: Callable[[Slot], Rank]) -> None:
        self._slots, self._rank = slots, rank
        # Among equals the first.
        self._heap = [(rank(slot), index) for index, slot in enumerate(slots) if slot.free]
        heapq.heapify(self._heap)

    def best(self, *, avoided: int | None) -> Slot | None:
        """Return the first with room that is not to be avoided."""
        aside = None
        found = self._first()
        if found is not None and found.id == avoided:
            aside = heapq.heappop(self._heap)
            found = self._first()
        if aside is not None:
            heapq.heappush(self._heap, aside)
        return found

    def _first(self) -> Slot | None:
        while self._heap:
            rank, index = self._heap[0]
            slot = self._slots[index]
            if not slot.free:
                heapq.heappop(self._heap)
            elif len(self._heap) == 1:
                return slot
            elif (now := self._rank(slot)) != rank:
                heapq.heapreplace(self._heap, (now, index))
            else:
                return slot
        return None


def _by_beginning(slots: Sequence[Slot]) -> dict[str, _Ranked]:
    """Return the slots by each beginning of their numbers. The longest that a caller shares is the nearest region."""
    beginnings: dict[str, list[Slot]] = {}
    for slot in slots:
        for length in range(1, len(slot.number) + 1):
            beginnings.setdefault(slot.number[:length], []).append(slot)
    return {beginning: _Ranked(several, _by_room) for beginning, several in beginnings.items()}
