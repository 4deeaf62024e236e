"""Random draws by shares."""

from __future__ import annotations

from bisect import bisect
from itertools import accumulate
from typing import Any


class Draw:
    """Names drawn by their shares; what is left of 1 is None (or, ``whole``, the shares are scaled to 1)."""

    __slots__ = ("edges", "names")

    def __init__(self, shares: dict[Any, float], *, whole: bool) -> None:
        total = sum(shares.values()) if whole else 1.0
        kept = {name: share / total for name, share in shares.items() if share > 0}
        self.names: list[Any] = list(kept)
        self.edges = list(accumulate(kept.values()))
        if whole:
            self.edges[-1] = 1.0
        else:
            self.names.append(None)

    def pick(self, point: float) -> Any:
        """Return the name at ``point`` in [0, 1)."""
        return self.names[min(bisect(self.edges, point), len(self.names) - 1)]
