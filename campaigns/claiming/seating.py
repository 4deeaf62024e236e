"""Which DID a call leaves from. Pure: claiming reads what each DID has done, this chooses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from campaigns.rules.rotation import Rotation

if TYPE_CHECKING:
    from campaigns.claiming.pace import Slot


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
