"""A picture of the next seven days: when calls may start, by the clock of the zone, and whether that is now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from campaigns.rules.calendars import why_closed
from campaigns.rules.hours import Hours, Requirement, common_spans, is_open, next_open

DAYS = 7
_DAY = timedelta(days=1)
_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A stretch of a day in which calls may start: where it stands in the picture (%), and its times."""

    left: float
    width: float
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day of the picture. ``closed``: the holiday, or why else there are no calls at all."""

    name: str
    closed: str
    bars: list[Bar]

    @property
    def said(self) -> str:
        """The times in words."""
        return ", ".join(bar.said for bar in self.bars) or self.closed or "no calls"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Seven days, and the badge."""

    days: list[Day]
    is_open: bool
    badge: str
    now_left: float


def picture_of(*, hours: Hours, profile: Hours | None, zone_name: str, at: datetime) -> Picture:
    """Return seven days from ``at`` on, as the campaign's hours and the profile's allow. Raises BrokenRule."""
    requirements: tuple[Requirement, ...] = tuple((one, zone_name) for one in (hours, profile) if one is not None)
    zone = ZoneInfo(zone_name)
    today = at.astimezone(zone).date()
    days = [_day(requirements, zone, today + _DAY * count) for count in range(DAYS)]
    now_open = is_open(requirements=requirements, at=at)
    return Picture(
        days=days,
        is_open=now_open,
        badge=_badge(requirements, zone, at, now_open),
        now_left=_place(at.astimezone(zone)),
    )


def _day(requirements: Sequence[Requirement], zone: ZoneInfo, day: date) -> Day:
    bars = [
        Bar(left=_place(opening), width=_end(closing, day) - _place(opening), said=f"{opening:%H:%M}–{_shown(closing)}")
        for opening, closing in _spans(requirements, zone, day)
    ]
    closed = next((why for hours, _ in requirements if (why := why_closed(hours.calendar, day))), "")
    return Day(name=f"{day:%a} {day.day} {day:%b}", closed=closed, bars=bars)


def _spans(requirements: Sequence[Requirement], zone: ZoneInfo, day: date) -> list[tuple[datetime, datetime]]:
    """Return the open stretches of a day of the zone, which lies in two or three days of UTC."""
    starts, ends = (datetime.combine(one, time(), tzinfo=zone) for one in (day, day + _DAY))
    first = starts.astimezone(UTC).date()
    found: list[tuple[datetime, datetime]] = []
    for count in range(3):
        for opening, closing in common_spans(tuple(requirements), first + _DAY * count):
            opens, closes = max(opening, starts), min(closing, ends)
            if opens >= closes:
                continue
            if found and found[-1][1] == opens:
                found[-1] = (found[-1][0], closes.astimezone(zone))
            else:
                found.append((opens.astimezone(zone), closes.astimezone(zone)))
    return found


def _place(at: datetime) -> float:
    return round(100 * (at.hour * 60 + at.minute + at.second / 60) / _MINUTES, 3)


def _end(closing: datetime, day: date) -> float:
    return 100.0 if closing.date() > day or closing.time() >= time(23, 59, 59) else _place(closing)


def _shown(closing: datetime) -> str:
    return "24:00" if closing.time() == time() or closing.time() >= time(23, 59, 59) else f"{closing:%H:%M}"


def _badge(requirements: tuple[Requirement, ...], zone: ZoneInfo, at: datetime, now_open: bool) -> str:
    if not now_open:
        opens = next_open(requirements=requirements, at=at)
        return f"Closed: opens {_when(opens, zone, at)}" if opens else "Closed: it never opens"
    closes = _closing(requirements, at)
    return f"Open until {_when(closes, zone, at)}" if closes else "Open, also after these seven days"


def _closing(requirements: tuple[Requirement, ...], at: datetime) -> datetime | None:
    """Return when the stretch that is open now ends, None where it goes on for a week."""
    end = at.astimezone(UTC)
    for count in range(DAYS + 1):
        for opening, closing in common_spans(requirements, at.astimezone(UTC).date() + _DAY * count):
            if opening <= end < closing:
                end = closing
    return end if end < at + _DAY * DAYS else None


def _when(instant: datetime | None, zone: ZoneInfo, at: datetime) -> str:
    if instant is None:
        return ""
    wall, today = instant.astimezone(zone), at.astimezone(zone).date()
    day = "" if wall.date() == today else f"{wall:%a} " if wall.date() - today < _DAY * DAYS else f"{wall:%a %d %b %Y} "
    return f"{day}{wall:%H:%M %Z}"
