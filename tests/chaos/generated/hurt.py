"""What a fault works on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from tests.chaos.arena import Arena
from tests.chaos.generated.plan import Fault
from tests.chaos.scenes import Scene
from tests.chaos.wire import Wire


class Hurt:
    """The arena and the scenes that faults hit, and what was seen that may not be: sentences."""

    def __init__(self, arena: Arena, scenes: Sequence[Scene], wire: Wire | None) -> None:
        self.arena = arena
        self.scenes = scenes
        self.wire = wire
        self.found: list[str] = []

    def scene_of(self, fault: Fault) -> Scene:
        """Return the scene that a fault is for."""
        return self.scenes[int(fault.draw * len(self.scenes))]


#: The block in which the fault lasts; it is over when the block is left.
Kind = Callable[[Hurt, Fault], AbstractContextManager[None]]
