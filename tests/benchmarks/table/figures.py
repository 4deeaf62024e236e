"""What a figure of the table is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

CARRIER_ALONE = "the sandbox carrier served by bare sockets that store nothing and place the next call when one ended"
PLAIN_CALLS = "a Celery task a call (8 processes), a counter in Redis for the limit, a DRF view that saves the result"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure: ours, what it is to be, the least or most that is possible, and the plain way; all in ``unit``.

    ``size``: how much was done for it. ``took``: what it cost. ``limit_is`` and ``plain_is``: what was measured there.
    """

    figure: str
    unit: str
    goal: float
    ours: float
    size: str
    limit: float
    limit_is: str
    plain: float
    plain_is: str
    more_is_better: bool = False
    took: str = ""

    @property
    def is_reached(self) -> bool:
        """Whether ours is as good as the goal."""
        return self.ours >= self.goal if self.more_is_better else self.ours <= self.goal

    def as_row(self) -> dict[str, Any]:
        """Return it as JSON takes it. ``ratio``: ours by the limit; ``to_plain``: how many times as good as plain."""
        better, worse = (self.ours, self.plain) if self.more_is_better else (self.plain, self.ours)
        return {
            **asdict(self),
            "ours": shortened(self.ours),
            "limit": shortened(self.limit),
            "plain": shortened(self.plain),
            "ratio": shortened(self.ours / self.limit) if self.limit else None,
            "to_plain": shortened(better / worse) if worse else None,
            "reached": self.is_reached,
        }


def compared(
    *,
    by: str | Callable[[Mapping[str, Any]], float],
    ours: Mapping[str, Any],
    limit: Mapping[str, Any],
    plain: Mapping[str, Any],
    **said: Any,
) -> Figure:
    """Return the figure of a value that the runs of all three ways give, by its name or by what reads it of one.

    ``said``: the other fields of the figure.
    """

    def value(row: Mapping[str, Any]) -> float:
        return float(row[by] if isinstance(by, str) else by(row))

    return Figure(ours=value(ours), limit=value(limit), plain=value(plain), **said)


def shortened(value: float) -> float:
    """Return a value with three digits that count, whole from 100 on."""
    return round(value) if abs(value) >= 100 else float(f"{value:.3g}")
