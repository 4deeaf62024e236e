"""Cron expressions with what they mean: drawn as meanings and written down, so that nothing here reads one."""

from __future__ import annotations

import calendar
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from hypothesis import strategies as st

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
DAY = timedelta(days=1)
Days = Callable[[date], bool]


@dataclass(frozen=True, kw_only=True)
class Cron:
    """An expression, the times of day that it names, in order, and whether it names a day."""

    text: str
    times: Sequence[tuple[int, int]]
    names: Days

    def __repr__(self) -> str:
        return f"Cron({self.text!r})"

    def matches(self, wall: datetime) -> bool:
        """Return whether it names the minute that a wall clock shows."""
        return (wall.hour, wall.minute) in self.times and self.names(wall.date())

    def walls(self, begins: date, days: int) -> Iterator[datetime]:
        """Yield what it names on so many days, in order."""
        for day in (begins + n * DAY for n in range(days)):
            if self.names(day):
                yield from (datetime.combine(day, time(*at)) for at in self.times)


Part = tuple[str, frozenset[int]]


def _parts(least: int, most: int, names: Sequence[str] = ()) -> st.SearchStrategy[Part]:
    """Return values, ranges, steps and ranges beyond the end, each with the numbers that it stands for."""
    number = st.integers(least, most)
    everything = range(least, most + 1)

    def named(value: int) -> str:
        return (names[value - least].lower() if value % 2 else names[value - least]) if names else f"{value:02}"

    def around(ends: list[int]) -> Part:
        first, last = ends
        found = {n for n in everything if first <= n <= last or (first > last and (n >= first or n <= last))}
        return f"{named(first)}-{named(last)}", frozenset(found)

    def stepped(drawn: tuple[list[int], int]) -> Part:
        (first, last), step = sorted(drawn[0]), drawn[1]
        return f"{first}-{last}/{step}", frozenset(range(first, last + 1, step))

    two = st.lists(number, min_size=2, max_size=2, unique=True)
    step = st.integers(1, most)
    return st.one_of(
        number.map(lambda n: (named(n) if n % 3 else str(n), frozenset({n}))),
        two.map(around),
        st.tuples(two, step).map(stepped),
        step.map(lambda by: (f"*/{by}", frozenset(everything[::by]))),
        st.tuples(number, step).map(lambda at: (f"{at[0]}/{at[1]}", frozenset(range(at[0], most + 1, at[1])))),
    )


def _field(least: int, most: int, names: Sequence[str] = (), *, extra: Sequence[Part] = ()) -> st.SearchStrategy[Part]:
    """Return a list of up to three parts."""
    parts = _parts(least, most, names)
    lists = st.lists(st.one_of(parts, st.sampled_from(extra)) if extra else parts, min_size=1, max_size=3)
    return lists.map(
        lambda some: (",".join(text for text, _ in some), frozenset().union(*(found for _, found in some)))
    )


#: A few minutes of an hour, so that the times of years are soon counted.
_minutes = st.one_of(
    st.lists(st.integers(0, 59), min_size=1, max_size=3).map(lambda some: (",".join(map(str, some)), frozenset(some))),
    st.integers(20, 59).map(lambda by: (f"*/{by}", frozenset(range(0, 60, by)))),
    st.tuples(st.integers(0, 40), st.integers(20, 59)).map(
        lambda at: (f"{at[0]}/{at[1]}", frozenset(range(at[0], 60, at[1])))
    ),
    st.integers(0, 58).map(lambda first: (f"{first}-{first + 1}", frozenset({first, first + 1}))),
    st.just(("59-00", frozenset({59, 0}))),
)
#: Cron writes Sunday as 7, too.
_SUNDAYS: Sequence[Part] = (
    ("7", frozenset({0})), ("5-7", frozenset({5, 6, 0})), ("1-7/2", frozenset({1, 3, 5, 0})),
    ("2-7/2", frozenset({2, 4, 6})), ("7-2", frozenset({0, 1, 2})), ("0-7", frozenset(range(7))),
)  # fmt: skip
_EVERY = st.just(("*", None))
#: The last day of a month is no number.
_LAST = 99


def _of_month(found: frozenset[int]) -> Days:
    return lambda day: day.day in found or (_LAST in found and (day + DAY).month != day.month)


def _nearest(wanted: int) -> Days:
    """Return whether a day is the working day nearest to one of its month, without leaving the month."""

    def is_it(day: date) -> bool:
        last = calendar.monthrange(day.year, day.month)[1]
        working = [d for d in range(1, last + 1) if date(day.year, day.month, d).isoweekday() < 6]
        # Of a Sunday the Monday is nearer than the Friday, of a Saturday the Friday.
        return day.day == min(working, key=lambda d: abs(d - min(wanted, last)))

    return is_it


def _of_week(found: frozenset[int]) -> Days:
    return lambda day: day.isoweekday() % 7 in found


def _nth(weekday: int, nth: int) -> Days:
    return lambda day: day.isoweekday() % 7 == weekday and (day.day - 1) // 7 + 1 == nth


def _last(weekday: int) -> Days:
    return lambda day: day.isoweekday() % 7 == weekday and (day + 7 * DAY).month != day.month


Named = tuple[str, Days | None]
_month_days: st.SearchStrategy[Named] = _field(1, 31, extra=(("L", frozenset({_LAST})),)).map(
    lambda part: (part[0], _of_month(part[1]))
)
_week_days: st.SearchStrategy[Named] = _field(0, 6, WEEKDAYS, extra=_SUNDAYS).map(
    lambda part: (part[0], _of_week(part[1]))
)
_nearest_days: st.SearchStrategy[Named] = st.integers(1, 31).map(lambda day: (f"{day}W", _nearest(day)))
_one_week: st.SearchStrategy[tuple[str, Days]] = st.one_of(
    st.tuples(st.integers(0, 7), st.integers(1, 5)).map(lambda at: (f"{at[0]}#{at[1]}", _nth(at[0] % 7, at[1]))),
    st.tuples(st.integers(0, 6), st.integers(1, 5)).map(lambda at: (f"{WEEKDAYS[at[0]]}#{at[1]}", _nth(*at))),
    st.integers(0, 7).map(lambda day: (f"L{day}", _last(day % 7))),
)
_some_weeks: st.SearchStrategy[Named] = st.lists(_one_week, min_size=1, max_size=3).map(
    lambda some: (",".join(text for text, _ in some), lambda day: any(names(day) for _, names in some))
)
_no_days: st.SearchStrategy[Named] = st.sampled_from([("*", None), ("?", None)])
#: Days of the month and weekdays. Of both together steps of all are refused, as are weeks of the month.
_days: st.SearchStrategy[tuple[Named, Named]] = st.one_of(
    st.tuples(st.one_of(_no_days, _month_days, _nearest_days), st.just(("*", None))),
    st.tuples(_no_days, st.one_of(_week_days, _some_weeks)),
    st.tuples(_month_days, _week_days).filter(lambda two: not any("*/" in text for text, _ in two)),
)


@st.composite
def crons(draw: st.DrawFn) -> Cron:
    """Return an expression and what it means."""
    minute = draw(_minutes)
    hour = draw(st.one_of(_EVERY, _field(0, 23)))
    (day, of_month), (weekday, of_week) = draw(_days)
    month = draw(st.one_of(_EVERY, _EVERY, _field(1, 12, MONTHS)))
    hours = range(24) if hour[1] is None else sorted(hour[1])
    months = frozenset(range(1, 13)) if month[1] is None else month[1]
    either = [names for names in (of_month, of_week) if names is not None]
    return Cron(
        text=f"{minute[0]} {hour[0]} {day} {month[0]} {weekday}",
        times=[(h, m) for h in hours for m in sorted(minute[1])],
        # Where both kinds of days are given, cron takes what either names.
        names=lambda one: one.month in months and (not either or any(names(one) for names in either)),
    )
