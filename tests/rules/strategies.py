"""What the rules are tried with: zones with odd clocks, windows around midnight, instants around changes of clocks."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, date, datetime, time, timedelta

from hypothesis import strategies as st

from campaigns.rules.calendars import Calendar
from campaigns.rules.hours import CronWindow, Hours, Window
from tests.rules.reference import PlainCron, PlainHours, PlainWindow

#: Half an hour of summer time, quarters of hours, both hemispheres, changes at midnight, and none at all.
ZONES = (
    "UTC",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "America/New_York",
    "America/St_Johns",
    "America/Sao_Paulo",
    "America/Phoenix",
    "Europe/London",
    "Europe/Dublin",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Asia/Beirut",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Pacific/Chatham",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "America/Havana",
)
HALF_A_DAY = timedelta(hours=12)
FROM, UNTIL = datetime(2024, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)


def _changes(zone: str) -> list[datetime]:
    """Return the hours in which the clocks of a zone change: of no zone do they change twice within twelve hours."""
    info = zoneinfo.ZoneInfo(zone)
    found, at, offset = [], FROM, FROM.astimezone(info).utcoffset()
    while at < UNTIL:
        if (at + HALF_A_DAY).astimezone(info).utcoffset() != offset:
            hours = (at + timedelta(hours=hour) for hour in range(1, 13))
            found.append(next(hour for hour in hours if hour.astimezone(info).utcoffset() != offset))
        at += HALF_A_DAY
        offset = at.astimezone(info).utcoffset()
    return found


CHANGES = {zone: _changes(zone) for zone in ZONES}
_EVERYWHERE = sorted({change for changes in CHANGES.values() for change in changes})

zones = st.sampled_from(ZONES)
# Times at which clocks change and days begin, and any other.
_minutes = st.one_of(
    st.sampled_from([0, 1, 30, 59, 60, 90, 119, 120, 150, 180, 1380, 1438, 1439]), st.integers(0, 24 * 60 - 1)
)
times = _minutes.map(lambda minute: time(minute // 60, minute % 60))
days = st.one_of(
    st.just("1234567"),
    st.just("12345"),
    st.sets(st.sampled_from("1234567"), min_size=1).map(lambda d: "".join(sorted(d))),
)
windows = st.builds(PlainWindow, days=days, opens=times, closes=times).filter(
    lambda window: window.opens != window.closes
)
_cron_days = st.sets(st.sampled_from("0123456"), min_size=1).map(lambda d: "".join(sorted(d)))
_cron_times = st.tuples(st.integers(0, 59), st.integers(0, 23), _cron_days)
cron_windows = st.builds(PlainCron, opens=_cron_times, closes=_cron_times)


@st.composite
def instants(draw: st.DrawFn) -> datetime:
    """Return an instant, most often near a change of clocks or a midnight somewhere."""
    kind = draw(st.integers(0, 3))
    if kind == 0:
        base = draw(st.sampled_from(_EVERYWHERE))
        return base + timedelta(seconds=draw(st.integers(-26 * 3600, 26 * 3600)))
    if kind == 1:
        base = draw(st.sampled_from(_EVERYWHERE))
        return base + timedelta(minutes=draw(st.integers(-180, 180)))
    return FROM + timedelta(seconds=draw(st.integers(0, int((UNTIL - FROM).total_seconds()))))


@st.composite
def plain_hours(draw: st.DrawFn, *, near: datetime, crons: bool = False) -> PlainHours:
    """Return hours, some with closed days around ``near``."""
    kinds = st.one_of(windows, cron_windows) if crons else windows
    chosen = draw(st.lists(kinds, min_size=1, max_size=3))
    closed = draw(st.sets(st.integers(-1, 2), max_size=2)) if draw(st.booleans()) else set()
    return PlainHours(tuple(chosen), frozenset(near.date() + timedelta(days=offset) for offset in closed))


def hours(plain: PlainHours) -> Hours:
    """Return the same hours as the rules take them."""
    return Hours(
        windows=tuple(
            CronWindow(opens=PlainCron.text(window.opens), closes=PlainCron.text(window.closes))
            if isinstance(window, PlainCron)
            else Window(opens=window.opens, closes=window.closes, days=frozenset(int(day) for day in window.days))
            for window in plain.windows
        ),
        calendar=Calendar(own=tuple((day, day) for day in sorted(plain.closed))),
    )


__all__ = ["ZONES", "cron_windows", "date", "hours", "instants", "plain_hours", "windows", "zones"]
