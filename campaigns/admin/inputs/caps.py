"""Caps, as rows: 3 calls in 24 h."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from campaigns.rules.caps import LONGEST_CAP_HOURS
from campaigns.rules.stored import caps_of
from campaigns.rules.walls import BrokenRule
from dialer.admin.rows import Cells, Entries, Row, RowProblem, RowsField, RowsWidget

_DAY_HOURS = 24
UNITS = (("h", "hours"), ("d", "days"))


class CapEntries(Entries):
    """Caps such as {"calls": 3, "hours": 24}."""

    parts: ClassVar[Mapping[str, str]] = {"calls": "calls", "size": "in", "unit": "unit"}
    fixed = frozenset({"unit"})

    def shown(self, entry: Any) -> Cells | None:
        """Return calls, and hours or whole days."""
        try:
            caps_of([entry])
        except BrokenRule:
            return None
        hours = entry["hours"]
        by_day = hours > _DAY_HOURS and hours % _DAY_HOURS == 0
        size = hours / _DAY_HOURS if by_day else hours
        return {"calls": [str(entry["calls"])], "size": [number_text(size)], "unit": ["d" if by_day else "h"]}

    def read(self, row: Row, stored: Any) -> Any:
        """Return a cap."""
        calls, size = row.one("calls"), row.one("size").replace(",", ".")
        if not calls.isdecimal() or not 0 < int(calls[:9]) <= 10_000:
            raise RowProblem("calls", "Enter how many calls: a whole number from 1 to 10000.")
        try:
            hours = float(size) * (_DAY_HOURS if row.one("unit") == "d" else 1)
        except ValueError:
            hours = 0
        if not 0 < hours <= LONGEST_CAP_HOURS:
            raise RowProblem("size", f"Enter in how many hours or days: up to {LONGEST_CAP_HOURS // _DAY_HOURS} days.")
        return {"calls": int(calls), "hours": int(hours) if hours.is_integer() else hours}


def number_text(number: float) -> str:
    """Return a number as one writes it, to its last digit."""
    return str(int(number)) if float(number).is_integer() else repr(number)


class CapsWidget(RowsWidget):
    """Rows of two numbers and a unit."""

    def __init__(self) -> None:
        super().__init__(CapEntries(), "admin/campaigns/inputs/caps.html", units=UNITS)


def caps_field(**kwargs: Any) -> RowsField:
    """Return a field of caps."""
    return RowsField(widget=CapsWidget(), **kwargs)
