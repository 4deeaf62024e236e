"""Days without calls: public holidays of a country or a part of it, and days of one's own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import holidays

from campaigns.rules.walls import BrokenRule

#: Why there are no calls on a day of one's own.
OWN_DAY = "blackout date"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Public holidays of ``country`` (ISO 3166, with ``subdivision`` if given) and own days, first and last each.

    ``opened``: holidays on which there are calls after all; of a day that is in both, the own one counts.
    """

    country: str = ""
    subdivision: str = ""
    own: tuple[tuple[date, date], ...] = ()
    opened: tuple[tuple[date, date], ...] = ()

    def closed(self, day: date) -> str:
        """Return why there are no calls on ``day``, or an empty text. Raises BrokenRule for an unknown country."""
        if any(first <= day <= last for first, last in self.own):
            return OWN_DAY
        if any(first <= day <= last for first, last in self.opened):
            return ""
        return holidays_of(self.country, self.subdivision, day.year).get(day, "") if self.country else ""


NO_CALENDAR = Calendar()


@lru_cache(maxsize=512)
def holidays_of(country: str, subdivision: str, year: int) -> dict[date, str]:
    """Return the public holidays of one year with their names. Raises BrokenRule for an unknown place."""
    try:
        return dict(holidays.country_holidays(country, subdiv=subdivision or None, years=[year]))
    except (NotImplementedError, KeyError, ValueError, TypeError) as error:
        place = f"{country}-{subdivision}" if subdivision else country
        raise BrokenRule(f"No public holidays are known for {place!r}.") from error


def calendar_problem(country: str, subdivision: str) -> str:
    """Return what is wrong with a place, as a sentence, or an empty text."""
    if not country:
        return "Choose the country of this subdivision." if subdivision else ""
    try:
        holidays_of(country, subdivision, 2026)
    except BrokenRule as error:
        return str(error)
    return ""


def next_holidays(*, calendar: Calendar, today: date, within_days: int = 90) -> list[tuple[date, str]]:
    """Return the days without calls that come next, with their names. Raises BrokenRule."""
    days = (today + timedelta(days=count) for count in range(within_days))
    return [(day, why) for day in days if (why := why_closed(calendar, day))]


def why_closed(calendar: Calendar, day: date) -> str:
    """Return the holiday, or that it is a day of one's own; empty for a day with calls. Raises BrokenRule."""
    why = calendar.closed(day)
    return "day without calls" if why == OWN_DAY else why


def own_days(texts: Iterable[str]) -> tuple[tuple[date, date], ...]:
    """Return days such as 2026-10-20 and ranges such as 2026-12-24/2026-12-26. Raises BrokenRule."""
    return tuple(_own(str(text)) for text in texts)


def _own(text: str) -> tuple[date, date]:
    first, _, last = text.partition("/")
    try:
        days = date.fromisoformat(first.strip()), date.fromisoformat((last or first).strip())
    except ValueError as error:
        raise BrokenRule(f"{text!r} is not a date such as 2026-10-20 or 2026-12-24/2026-12-26.") from error
    if days[0] > days[1]:
        raise BrokenRule(f"{text!r} ends before it begins.")
    return days
