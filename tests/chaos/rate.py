"""Promise 2 for calls per second: judged where requests leave us, and where nobody may listen there, as they arrive."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from campaigns.claiming.budget import RATE_MARGIN
from campaigns.placing.departures import RATE_LATENESS_SECONDS
from tests.chaos.arena import Arena
from tests.chaos.scenes import Scene
from tests.chaos.wire import Wire


def most_in_a_second(instants: Iterable[float]) -> int:
    """Return how many fall into one second at most; two exactly a second apart do not share it."""
    window: deque[float] = deque()
    most = 0
    for at in sorted(instants):
        window.append(at)
        while window[0] <= at - 1.0:
            window.popleft()
        most = max(most, len(window))
    return most


def most_arriving(*, calls_per_second: float, on_the_way_seconds: float) -> int:
    """Return how many may be read in one second where the limit was kept, the way taking so long at most.

    They leave RATE_MARGIN / limit apart and none more than RATE_LATENESS_SECONDS late.
    """
    gaps = (1.0 + RATE_LATENESS_SECONDS + on_the_way_seconds) * calls_per_second / RATE_MARGIN
    return math.floor(gaps) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How many requests of an account left and arrived in one second at most; None: nobody heard them leave."""

    limit: int
    left: int | None
    arrived: int
    longest_way_seconds: float | None
    violations: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it fit for JSON."""
        way = self.longest_way_seconds
        return {
            "limit_per_second": self.limit,
            "left_in_a_second": self.left,
            "arrived_in_a_second": self.arrived,
            "longest_way_seconds": round(way, 3) if way is not None else None,
        }


def leave_to_us(arena: Arena, scene: Scene) -> None:
    """Have the carrier not judge a scene's rate by what it came to read: ``rate_of`` does it better."""
    scene.change(
        arena, limits={name: value for name, value in scene.stage.limits.items() if name != "calls_per_second"}
    )


def rate_of(scene: Scene, *, rows: Sequence[dict[str, Any]], wire: Wire | None, on_the_way_seconds: float) -> Rate:
    """Judge the rate of a scene's account by its rows of the ledger, and by the closed ``wire`` if there was one.

    ``on_the_way_seconds``: how late the carrier may have read a request, asked for only without a whole wire.
    """
    limit = int(scene.stage.limits["calls_per_second"])
    arrivals = sorted(row["requested_at"] for row in rows)
    arrived = most_in_a_second(arrivals)
    if wire is None or wire.dropped:
        most = most_arriving(calls_per_second=limit, on_the_way_seconds=on_the_way_seconds)
        found = (
            [f"{arrived} requests arrived in one second; {most} may, at a limit of {limit}"] if arrived > most else []
        )
        return Rate(limit=limit, left=None, arrived=arrived, longest_way_seconds=None, violations=tuple(found))
    departures = sorted(wire.departures.get(f"{scene.slug}/{scene.stage.carrier_account}", ()))
    left = most_in_a_second(departures)
    found = [f"{left} requests left us in one second at a limit of {limit}"] if left > limit else []
    if len(departures) < len(arrivals):
        found.append(f"{len(arrivals)} requests arrived and {len(departures)} were heard leaving")
    way = max((there - here for here, there in zip(departures, arrivals, strict=False)), default=0.0)
    return Rate(limit=limit, left=left, arrived=arrived, longest_way_seconds=way, violations=tuple(found))
