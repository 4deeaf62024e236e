"""How many lines calls take, of those that there are. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesTaken:
    """``calls``: without an end. ``holding``: those of them that hold a line. ``most`` None: no limit."""

    calls: int
    holding: int
    most: int | None

    @classmethod
    def of(cls, calls: int, *, most: int | None) -> LinesTaken:
        """Return what calls take each of which holds a line."""
        return cls(calls=calls, holding=calls, most=most)

    @property
    def lines(self) -> int:
        """How many lines are taken, of those that there are: where results come late, more calls are counted."""
        return self.holding if self.most is None else min(self.holding, self.most)

    @property
    def awaiting(self) -> int:
        """How many calls await their results whose lines others have."""
        return self.calls - self.lines

    @property
    def percent(self) -> int:
        """How full it is, rounded down; 0 where no limit is set."""
        return 100 * self.lines // self.most if self.most else 0
