"""Hours of a day in a time zone, from a setting like ``{"time_zone": "Asia/Kolkata", "opens": "09:00", ...}``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Hours:
    """Open from ``opens`` (inclusive) to ``closes`` (exclusive); over midnight when ``closes`` is the earlier."""

    zone: ZoneInfo
    opens: time
    closes: time

    def contain(self, at: float) -> bool:
        """Return whether the instant ``at`` (Unix time) lies in these hours."""
        local = datetime.fromtimestamp(at, self.zone).time()
        if self.opens <= self.closes:
            return self.opens <= local < self.closes
        return local >= self.opens or local < self.closes

    def __str__(self) -> str:
        return f"{self.opens:%H:%M}-{self.closes:%H:%M} {self.zone.key}"


def parse_hours(value: object) -> Hours | None:
    """Return the hours that a setting names, None for None; raises ValueError, KeyError or TypeError."""
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) != {"time_zone", "opens", "closes"}:
        raise ValueError("needs exactly time_zone, opens and closes")
    return Hours(
        zone=ZoneInfo(value["time_zone"]),
        opens=time.fromisoformat(value["opens"]),
        closes=time.fromisoformat(value["closes"]),
    )
