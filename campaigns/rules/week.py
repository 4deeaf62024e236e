"""The hours of a week, by a clock: 0 is Monday from midnight to one, 167 the last hour of Sunday; and days. Pure."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOURS = 24


def hour_of_week(at: datetime, *, zone: str) -> int | None:
    """Return the hour of an instant by the clock of a zone; None where there is no such zone."""
    local = _at_clock(at, zone)
    return local.weekday() * HOURS + local.hour if local is not None else None


def day_of(at: datetime, *, zone: str) -> date | None:
    """Return the day of an instant by the clock of a zone; None where there is no such zone."""
    local = _at_clock(at, zone)
    return local.date() if local is not None else None


def _at_clock(at: datetime, zone: str) -> datetime | None:
    try:
        return at.astimezone(ZoneInfo(zone))
    except (KeyError, ValueError, OSError):
        return None
