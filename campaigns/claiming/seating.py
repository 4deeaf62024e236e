"""Which DID a call leaves from. Pure: claiming reads what each DID has done, this chooses."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from campaigns.claiming.pace import Slot


class Rotation(enum.StrEnum):
    """How a campaign chooses among its DIDs that have room."""

    MOST_ROOM = "MOST_ROOM"
    LEAST_USED = "LEAST_USED"
    ROUND_ROBIN = "ROUND_ROBIN"
    SAME_REGION = "SAME_REGION"
    STICKY = "STICKY"

    @property
    def label(self) -> str:
        """The words for people."""
        return _LABELS[self]

    @property
    def needs_usage(self) -> bool:
        """Whether it asks what each DID has done of late."""
        return self in (Rotation.LEAST_USED, Rotation.ROUND_ROBIN)


_LABELS = {
    Rotation.MOST_ROOM: "Most room for further calls",
    Rotation.LEAST_USED: "Least used in the last 24 hours",
    Rotation.ROUND_ROBIN: "Round robin",
    Rotation.SAME_REGION: "Same region as the contact",
    Rotation.STICKY: "The one that the contact knows",
}


@dataclass(frozen=True, slots=True)
class Caller:
    """What matters of a lead: its number (E.164), the DID it was called from last, and one not to use again."""

    number: str = ""
    known_did_id: int | None = None
    avoid_did_id: int | None = None


NOBODY = Caller()


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
