"""The week grid: on which days, from when until when. Rows by weekday and time, and by cron expressions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, time
from typing import Any, ClassVar

from django.urls import reverse

from campaigns.rules.cron_windows import cron_problem
from campaigns.rules.stored import days_of
from campaigns.rules.walls import BrokenRule
from dialer.admin.rows import Cells, Entries, Row, RowProblem, RowsField, RowsWidget

#: ISO weekdays.
DAYS = (("1", "Mon"), ("2", "Tue"), ("3", "Wed"), ("4", "Thu"), ("5", "Fri"), ("6", "Sat"), ("7", "Sun"))
EVERY_DAY = "1234567"
#: Ticked in a row that is added.
WORKING_DAYS = "12345"
#: The key of an entry that is a campaign's hours of every day, and no window of its own.
DAILY = "daily"
_SHORT = re.compile(r"\d:[0-5]\d")
_WITHOUT_COLON = re.compile(r"([01]?\d|2[0-3])([0-5]\d)")
_KEYS = {"days", "opens", "closes", "opens_cron", "closes_cron", DAILY}


class WindowEntries(Entries):
    """Windows as ``campaigns.rules.stored`` takes them: ``days`` with ``opens`` and ``closes``, or two crons."""

    parts: ClassVar[Mapping[str, str]] = {
        "days": "days",
        "opens": "from",
        "closes": "to",
        "opens_cron": "opens (cron)",
        "closes_cron": "closes (cron)",
    }

    def shown(self, entry: Any) -> Cells | None:
        """Return days and times, or two crons; None for what is both, or neither."""
        if not isinstance(entry, Mapping) or not entry.keys() <= _KEYS:
            return None
        texts = {key: entry.get(key) or "" for key in self.parts}
        if not all(isinstance(text, str) for text in texts.values()):
            return None
        crons, times = texts["opens_cron"] or texts["closes_cron"], texts["opens"] or texts["closes"]
        if bool(crons) == bool(times):
            return None
        if crons:
            return {"opens_cron": [texts["opens_cron"]], "closes_cron": [texts["closes_cron"]]}
        try:
            days = days_of(texts["days"] or EVERY_DAY)
            return {
                "days": [str(day) for day in sorted(days)],
                "opens": [clock_text(time.fromisoformat(texts["opens"]))],
                "closes": [clock_text(time.fromisoformat(texts["closes"]))],
            }
        except (BrokenRule, ValueError):
            return None

    def read(self, row: Row, stored: Any) -> Any:
        """Return a window; of a row that was a campaign's hours of every day one such, as long as it is."""
        if row.one("opens_cron") or row.one("closes_cron"):
            return self._by_cron(row, stored)
        days = "".join(sorted(day for day in row.cells.get("days", []) if day in EVERY_DAY))
        if not days:
            raise RowProblem("days", "Tick at least one day.")
        opens, closes = clock_of(row, "opens"), clock_of(row, "closes")
        if opens == closes == time():
            closes = time.max  # the whole day
        if opens == closes:
            raise RowProblem("closes", "It closes when it opens. 00:00 to 00:00 is the whole day.")
        found: dict[str, Any] = {"days": days, "opens": clock_text(opens), "closes": clock_text(closes)}
        was_daily = isinstance(stored, Mapping) and bool(stored.get(DAILY))
        return found | ({DAILY: True} if was_daily and days == EVERY_DAY else {})

    def _by_cron(self, row: Row, stored: Any) -> dict[str, Any]:
        if row.one("opens") or row.one("closes"):
            raise RowProblem("opens_cron", "Give times or cron expressions, not both.")
        for part in ("opens_cron", "closes_cron"):
            text = row.one(part)
            if not text:
                raise RowProblem(part, "Enter both expressions, such as 30 9 * * MON-FRI.")
            if problem := cron_problem(text):
                raise RowProblem(part, problem)
        # Which days it names it says itself: what is stored beside it stays.
        days = stored.get("days") if isinstance(stored, Mapping) else None
        return {**({"days": days} if days else {}), **{part: row.one(part) for part in ("opens_cron", "closes_cron")}}

    def means(self, entry: Any) -> Any:
        """Return days, times and expressions, without what is empty."""
        crons = entry.get("opens_cron") or entry.get("closes_cron")
        if crons:
            return (entry.get("opens_cron") or "", entry.get("closes_cron") or "", entry.get("days"))
        times = tuple(time.fromisoformat(entry[part]) for part in ("opens", "closes"))
        return (days_of(entry.get("days") or EVERY_DAY), times, bool(entry.get(DAILY)))

    def words(self, entry: Any) -> str:
        """Return a window that is neither by times nor by cron, or both."""
        if not isinstance(entry, Mapping):
            return super().words(entry)
        return ", ".join(f"{self.parts.get(key, key)} {value}" for key, value in entry.items() if value)


def clock_text(at: time) -> str:
    """Return a time of day as an input shows it: seconds only where there are any."""
    return at.isoformat("minutes") if not (at.second or at.microsecond) else at.isoformat()


def clock_of(row: Row, part: str) -> time:
    """Return the time of day of an input. Raises RowProblem."""
    text = row.one(part)
    if not text:
        raise RowProblem(part, "Enter a time of day such as 09:00.")
    text = f"0{text}" if _SHORT.fullmatch(text) else text
    if match := _WITHOUT_COLON.fullmatch(text):
        text = f"{int(match[1]):02}:{match[2]}"
    try:
        found = time.fromisoformat(text)
    except ValueError:
        found = time(tzinfo=UTC)
    if found.tzinfo is not None:  # none of ours, or no time at all
        raise RowProblem(part, f"“{text}” is no time of day: write it as 09:00 or 18:30.")
    return found


class WeekWidget(RowsWidget):
    """Two tables: by weekday, and folded away by cron."""

    def __init__(self, **context: Any) -> None:
        super().__init__(WindowEntries(), "admin/campaigns/inputs/week.html", days=DAYS, **context)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Tell the rows by weekday from those by cron."""
        context = super().get_context(name, value, attrs)
        for one in context["rows"]:
            cells = one["row"].cells
            one["by_cron"] = "opens_cron" in cells or "closes_cron" in cells
            one["days"] = [(day, label, day in cells.get("days", [])) for day, label in DAYS]
        return {
            **context,
            "any_cron": any(one["by_cron"] for one in context["rows"]),
            "blank_days": [(day, label, day in WORKING_DAYS) for day, label in DAYS],
            "picture_url": reverse("admin:campaigns_hours_picture"),
        }


def week_field(*, least: str = "", **kwargs: Any) -> RowsField:
    """Return a field of windows."""
    return RowsField(widget=WeekWidget(), least=least, **kwargs)


def entries_of(*, windows: Sequence[Mapping[str, Any]], opens: time | None, closes: time | None) -> list[Any]:
    """Return what the grid shows of a campaign: its windows, or its hours of every day where there is none."""
    if windows:
        return [{key: value for key, value in one.items() if value} for one in windows]
    if opens is None or closes is None:
        return []
    return [{"days": EVERY_DAY, "opens": opens.isoformat(), "closes": closes.isoformat(), DAILY: True}]


def every_day(entries: Sequence[Any]) -> tuple[time, time] | None:
    """Return opening and closing of the first row by times, for the hours of every day of a new campaign."""
    for one in entries:
        if one.get("opens") and one.get("closes"):
            return time.fromisoformat(one["opens"]), time.fromisoformat(one["closes"])
    return None


def is_every_day(entries: Sequence[Any]) -> bool:
    """Return whether the hours are a campaign's own of every day: one row, of all days, that is no stored window."""
    return len(entries) == 1 and bool(entries[0].get(DAILY))
