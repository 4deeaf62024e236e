"""The five fields of a cron expression: what each may say, and what is wrong with it, by the name of the field. Pure.

It takes less than croniter, by which instants are found: that reads 5-5 as every day, counts the steps of a range that
wraps otherwise than people do, and of days of the month beside the n-th weekday forgets one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

#: croniter's random (R) and hashed (H) fields: with these, every look at an expression finds other instants.
CHANGING = re.compile(r"(?<![A-Za-z])[HhRr](?![A-Za-z])")
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec"
_WEEKDAYS = "sun mon tue wed thu fri sat"
_ITEM = re.compile(
    r"(?:(?P<all>\*)|(?P<first>[0-9a-z]+)(?:-(?P<last>[0-9a-z]+))?)(?P<steps>/(?P<step>[0-9]+))?", re.ASCII
)
_NTH = re.compile(r"(?:(?P<day>[0-9a-z]+)#(?P<nth>[0-9]+)|l(?P<last>[0-9]+))", re.ASCII)
_NEAREST = re.compile(r"(?P<day>[0-9]+)w", re.ASCII)
_ANY = ("*", "?")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Field:
    """``most``: the largest number that may be written; ``ends``: the largest that a range without an end goes to."""

    name: str
    least: int
    most: int
    ends: int
    names: Mapping[str, int] = field(default_factory=dict)
    hint: str = ""

    def number(self, text: str) -> int | None:
        """Return what a number or a name stands for; None where it stands for nothing."""
        found = self.names.get(text, int(text) if text.isdecimal() else None)
        return found if found is not None and self.least <= found <= self.most else None


FIELDS = (
    _Field(name="minute", least=0, most=59, ends=59),
    _Field(name="hour", least=0, most=23, ends=23),
    _Field(name="day of month", least=1, most=31, ends=31, hint=", L for the last day, 15W for the weekday nearest it"),
    _Field(
        name="month",
        least=1,
        most=12,
        ends=12,
        names={name: number for number, name in enumerate(_MONTHS.split(), start=1)},
        hint=", names (JAN)",
    ),
    _Field(
        name="weekday",
        least=0,
        most=7,
        ends=6,
        names={name: number for number, name in enumerate(_WEEKDAYS.split())},
        hint=", names (MON-FRI), 2#1 for the first Tuesday, L5 for the last Friday of a month",
    ),
)
_DAY, _WEEKDAY = 2, 4


@lru_cache(maxsize=1024)
def fields_problem(expression: str) -> str:
    """Return what is wrong with an expression, as a sentence that names the field; an empty text if it can be read."""
    texts = re.split(r"[ \t]+", expression.strip(" \t").lower())
    if len(texts) != len(FIELDS) or not all(texts):
        return f"{expression!r} is not a cron expression of five fields (minute hour day month weekday)."
    if CHANGING.search(expression):
        return f"{expression!r} has a random or hashed field (R, H), which names other instants at each look."
    for place, (one, text) in enumerate(zip(FIELDS, texts, strict=True)):
        if why := _field_problem(one, text, has_days=place in (_DAY, _WEEKDAY)):
            return f"The {one.name} {text.upper()!r} of {expression!r} {why}."
    return _days_problem(expression, texts[_DAY], texts[_WEEKDAY])


def _field_problem(one: _Field, text: str, *, has_days: bool) -> str:
    if has_days and text == "?":
        return ""
    if one.name == "day of month" and (nearest := _NEAREST.fullmatch(text)):
        return "" if one.number(nearest["day"]) else f"is not from {one.least} to {one.most}"
    items = text.split(",")
    if "*" in items and len(items) > 1:
        return "has * beside other values"
    if one.name == "weekday" and any(map(_NTH.fullmatch, items)):
        return next((why for item in items if (why := _nth_problem(one, item))), "")
    return next((why for item in items if (why := _item_problem(one, item))), "")


def _nth_problem(one: _Field, item: str) -> str:
    found = _NTH.fullmatch(item)
    if found is None:
        return "has weekdays of every week beside those of one week of the month"
    day = one.number(found["day"] or found["last"])
    if day is None or (found["nth"] and not 1 <= int(found["nth"]) <= 5):
        return "is no weekday from 0 to 7 or SUN to SAT in a week from 1 to 5 of a month"
    return ""


def _item_problem(one: _Field, item: str) -> str:
    if one.name == "day of month" and item == "l":
        return ""
    found = _ITEM.fullmatch(item)
    if found is None:
        return f"cannot be read: write numbers, *, lists (1,15), ranges (1-5), steps (*/15){one.hint}"
    if found["steps"] and not 1 <= int(found["step"]) <= one.most:
        return f"has a step that is not from 1 to {one.most}"
    if found["all"]:
        return ""
    last = "31" if one.name == "day of month" and found["last"] == "l" else found["last"]
    numbers = [one.number(text) for text in (found["first"], last) if text is not None]
    if None in numbers:
        return f"is not from {one.least} to {one.most}{one.hint}"
    return _range_problem(one, numbers, has_steps=bool(found["steps"]))  # type: ignore[arg-type]


def _range_problem(one: _Field, numbers: list[int], *, has_steps: bool) -> str:
    if len(numbers) == 1:
        return "begins with 7 and has steps: write 0 for Sunday" if has_steps and numbers[0] > one.ends else ""
    first, last = numbers
    if first == last or (first > one.ends and last == one.least):  # 7-0 is Sunday
        return "is a range of one value: write the value"
    if first > last and has_steps:
        return "is a range beyond the end with steps: write its values one by one"
    return ""


def _days_problem(expression: str, day: str, weekday: str) -> str:
    """Return what is wrong with both kinds of days together: calls go on those of the one and on those of the other."""
    if day in _ANY or weekday in _ANY:
        return ""
    if any(map(_NTH.fullmatch, weekday.split(","))) or _NEAREST.fullmatch(day):
        return f"{expression!r} names days of the month and the n-th weekday, or the nearest one: give one of the two."
    if "*/" in day or "*/" in weekday:
        return (
            f"{expression!r} has steps of days beside other days, which programs read in different ways: "
            "write the days themselves."
        )
    return ""
