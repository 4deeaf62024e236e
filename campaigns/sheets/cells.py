"""Values of cells as the text a person would have typed, and rows that cannot be read."""

from __future__ import annotations

import datetime as dt
from typing import Any, TypeGuard

MOST_ROW_CHARACTERS = 128 * 1024
#: A spreadsheet keeps 15 digits of a number: of a longer one the last ones are made up.
LEAST_LOST = 10**15
#: What stands for a formula that has failed, whatever its error is.
FAILED = "#ERROR!"


def as_text(value: Any) -> str:
    """Return a value as text: whole numbers without a decimal point, dates as ISO 8601, nothing as "".

    A time of the day is h:mm, a length of time hours and minutes; both have seconds only where there are some.
    """
    if isinstance(value, str):
        return value.replace("\0", "").strip()
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, dt.datetime):
        value = _whole_seconds(value)
        return value.isoformat(" ", "seconds" if value.second else "minutes") if value.time() else _day(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, dt.time):
        return value.isoformat("seconds" if value.second else "minutes")
    if isinstance(value, dt.timedelta):
        return _length(value)
    return str(value)


def percent(value: float) -> str:
    """Return a share as a cell with the format of a percentage shows it: 12.5%."""
    return f"{_number(round(value * 100, 10))}%"


def has_lost_digits(value: Any) -> TypeGuard[float]:
    """Return whether a number had more digits than a spreadsheet keeps."""
    return isinstance(value, float | int) and not isinstance(value, bool) and abs(value) >= LEAST_LOST


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else str(value)


def _whole_seconds(value: dt.datetime) -> dt.datetime:
    """Return an instant without what is left of a day as a fraction of a binary number."""
    return (value + dt.timedelta(milliseconds=500)).replace(microsecond=0)


def _day(value: dt.datetime) -> str:
    return value.date().isoformat()


def _length(value: dt.timedelta) -> str:
    seconds = round(abs(value).total_seconds())
    sign = "-" if value < dt.timedelta(0) else ""
    rest = f":{seconds % 60:02}" if seconds % 60 else ""
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}{rest}"


def cut(value: float) -> str:
    """Return a number that has lost digits as a spreadsheet writes it: 4.02872298712346E+18."""
    return f"{value:.14E}"


def fault_of(number: int, cells: list[str]) -> list[Any] | None:
    """Return code and sentence of what keeps a row from being read."""
    if sum(map(len, cells)) > MOST_ROW_CHARACTERS:
        return ["TOO_LONG", f"Row {number} has more than {MOST_ROW_CHARACTERS:,} characters."]
    return None
