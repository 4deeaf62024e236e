"""Pages of the admin say instants by the clock of who reads them: the zone that he chose, else the installation's.

Sentences that the dialer wrote say UTC, as REST and the logs have them; on a page they are put into the reader's clock
here, the one place that every page goes through.
"""

from __future__ import annotations

import re
import zoneinfo
from calendar import month_abbr, monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from dialer import reader
from dialer.wall_clocks import LAST_INSTANT, zone_letters

#: What is no sentence: tags with all that they hold, inputs, scripts, raw events; and what another clock says in
#: brackets, beside the reader's.
_KEPT = (
    r"<(?P<tag>time|textarea|script|pre|style|option)\b.*?</(?P=tag)>|<[^>]*>"
    r"|\((?:[A-Z][a-z]{2} )?(?:\d\d [A-Z][a-z]{2} )?(?:\d{4} )?\d\d:\d\d(?::\d\d)? UTC\)"
)
#: "2026-03-02 09:00:00 UTC", "02 Mar 2026 09:00 UTC", "Mon 02 Mar 09:00 UTC", "09:00 UTC".
_INSTANT = (
    r"\b(?:(?P<iso>\d{4}-\d\d-\d\d) "
    r"|(?P<weekday>[A-Z][a-z]{2} )?(?P<day>\d\d?) (?P<month>[A-Z][a-z]{2}) (?:(?P<year>\d{4}) )?)?"
    r"(?P<clock>\d\d:\d\d(?P<seconds>:\d\d)?) UTC(?![\w+-])"
)
MONTHS = tuple(month_abbr)[1:]
_TEXT = re.compile(f"{_KEPT}|{_INSTANT}", re.DOTALL)


class ReadersZone(zoneinfo.ZoneInfo):
    """A zone whose clock shows every instant: where the calendar ends before the zone's day, the last that it can."""

    def fromutc(self, dt: datetime, /) -> datetime:
        """Return what the clock shows. Old rows may have 9999-12-31, which the clock of India has passed."""
        return super().fromutc(min(dt, LAST_INSTANT.replace(tzinfo=self)))


class ReadersClock:
    """Middleware of the admin's pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        """Answer by the reader's clock."""
        name = zone_of(request.user) if request.path.startswith(reverse("admin:index")) else ""
        if not name:
            return self._get_response(request)
        zone = ReadersZone(name)
        with reader.reading_in(name), timezone.override(zone):
            response: Any = self._get_response(request)
        if not response.streaming and str(response.get("Content-Type", "")).startswith("text/html"):
            response.content = by_clock(response.content.decode(), zone=zone, now=timezone.now()).encode()
        return response


def zone_of(user: Any) -> str:
    """Return the zone that a user reads in; empty: nobody chose one. It costs no statement, see UserBackend."""
    chosen = getattr(user, "reader", None)
    return (chosen.time_zone if chosen is not None else "") or settings.DIALER_TIME_ZONE


def by_clock(html: str, *, zone: zoneinfo.ZoneInfo, now: datetime) -> str:
    """Return a page whose sentences say instants of UTC by the clock of ``zone``; what has no day is of about now."""

    def said(found: re.Match[str]) -> str:
        return _said(found, zone, now) if found["clock"] else found[0]

    return _TEXT.sub(said, html) if " UTC" in html else html


def _said(found: re.Match[str], zone: zoneinfo.ZoneInfo, now: datetime) -> str:
    """Return an instant in the form in which it stood there."""
    day, shown = f"{now:%Y-%m-%d}", "%H:%M:%S" if found["seconds"] else "%H:%M"
    try:
        if found["iso"]:
            day, shown = found["iso"], f"%Y-%m-%d {shown}"
        elif found["day"]:
            day = f"{_day(found, now):%Y-%m-%d}"
            shown = f"{'%a ' if found['weekday'] else ''}%d %b {'%Y ' if found['year'] else ''}{shown}"
        wall = datetime.fromisoformat(f"{day} {found['clock']}").replace(tzinfo=UTC).astimezone(zone)
    except (ValueError, OverflowError):
        return found[0]
    return f"{wall:{shown}} {zone_letters(wall)}"


def _day(found: re.Match[str], now: datetime) -> date:
    """Return the day that was said. One without a year is the one about ``now`` that has the weekday said.

    So on the last of December the first of January is of the year to come. Raises ValueError where there is none.
    """
    month, day = MONTHS.index(found["month"]) + 1, int(found["day"])
    if found["year"]:
        return date(int(found["year"]), month, day)
    years = range(now.year - 1, now.year + 2)
    days = [date(year, month, day) for year in years if 1 <= day <= monthrange(year, month)[1]]
    weekday = (found["weekday"] or "").strip()
    return min(days, key=lambda one: (bool(weekday) and f"{one:%a}" != weekday, abs(one - now.date())))
