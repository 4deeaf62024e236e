"""The instants at which people are usually called back, by the clock of a zone. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from campaigns.rules.walls import DAY, zone_of
from dialer.wall_clocks import at_clock

MORNING = time(10)
_MONDAY = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """An instant (aware) to choose. ``key`` names it in a form: it is worked out anew when sent."""

    key: str
    label: str
    at: datetime


def callback_choices(*, zone: str, now: datetime) -> list[Choice]:
    """Return what is offered at ``now``. Raises BrokenRule for a zone that there is not."""
    today = now.astimezone(zone_of(zone)).date()
    to_monday = (_MONDAY - today.weekday()) % 7 or 7
    named = (
        ("1h", "In 1 h", now + timedelta(hours=1)),
        ("3h", "In 3 h", now + timedelta(hours=3)),
        ("tomorrow", "Tomorrow", at_wall(datetime.combine(today + DAY, MORNING), zone)),
        ("monday", "Next Monday", at_wall(datetime.combine(today + to_monday * DAY, MORNING), zone)),
    )
    # On Sundays both are the same.
    seen: dict[datetime, Choice] = {}
    for key, label, at in named:
        seen.setdefault(at, Choice(key=key, label=f"{label}: {at_clock(at, zone=zone, now=now)}", at=at))
    return list(seen.values())


def at_wall(wall: datetime, zone: str) -> datetime:
    """Return the instant at which the clocks of a zone show ``wall`` (naive)."""
    return wall.replace(tzinfo=zone_of(zone))
