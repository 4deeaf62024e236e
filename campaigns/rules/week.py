"""The hours of a week, by a clock: 0 is Monday from midnight to one, 167 the last hour of Sunday. Pure."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOURS = 24


def hour_of_week(at: datetime, *, zone: str) -> int | None:
    """Return the hour of an instant by the clock of a zone; None where there is no such zone."""
    try:
        local = at.astimezone(ZoneInfo(zone))
    except (KeyError, ValueError, OSError):
        return None
    return local.weekday() * HOURS + local.hour
