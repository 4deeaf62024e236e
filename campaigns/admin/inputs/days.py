"""Days without calls, as chips: a day, or several in a row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from campaigns.rules.calendars import own_days
from campaigns.rules.walls import BrokenRule
from dialer.admin.rows import Cells, Entries, Row, RowProblem, RowsField, RowsWidget


class DayEntries(Entries):
    """Days such as 2026-10-20, and ranges such as 2026-12-24/2026-12-26."""

    parts: ClassVar[Mapping[str, str]] = {"first": "day", "last": "until"}

    def shown(self, entry: Any) -> Cells | None:
        """Return the first day, and the last one of several."""
        try:
            ((first, last),) = own_days([entry]) if isinstance(entry, str) else ()
        except (BrokenRule, ValueError):
            return None
        return {"first": [first.isoformat()], "last": [last.isoformat()] if last != first else []}

    def read(self, row: Row, stored: Any) -> Any:
        """Return a day or a range."""
        first = _day(row, "first")
        if not row.one("last"):
            return first.isoformat()
        last = _day(row, "last")
        if last < first:
            raise RowProblem("last", "It ends before it begins.")
        return first.isoformat() if last == first else f"{first.isoformat()}/{last.isoformat()}"

    def means(self, entry: Any) -> Any:
        """Return first and last day."""
        return own_days([entry])


def _day(row: Row, part: str) -> date:
    try:
        return date.fromisoformat(row.one(part))
    except ValueError as error:
        raise RowProblem(part, f"“{row.one(part)}” is no day: write 2026-10-20.") from error


class DaysWidget(RowsWidget):
    """Chips of one or two dates."""

    def __init__(self) -> None:
        super().__init__(DayEntries(), "admin/campaigns/inputs/days.html")


def days_field(**kwargs: Any) -> RowsField:
    """Return a field of days without calls."""
    return RowsField(widget=DaysWidget(), **kwargs)
