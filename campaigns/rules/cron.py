"""The instants that a cron expression names, by the wall clock of a time zone. Pure.

Five fields, as cron has them. An edge that a change to summer time skips comes when the clock has jumped; one that a
change back repeats comes the first time only: a daily run is one run on every day.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby, islice, pairwise

from croniter import CroniterBadDateError, CroniterError, croniter

from campaigns.rules.cron_fields import fields_problem

#: Runs of a campaign follow each other no closer than this.
SHORTEST_GAP = timedelta(minutes=15)
#: Edges looked at when the shortest gap of an expression is measured.
_MEASURED = 100
_SAMPLE = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
#: A zone's clock jumps by less than this.
_JUMP = timedelta(hours=26)


def cron_problems(expression: str, *, shortest_gap: timedelta = SHORTEST_GAP) -> list[str]:
    """Return what is wrong with a cron expression, as sentences."""
    if problem := fields_problem(expression):
        return [problem]
    found = list(islice(_walls(expression, _SAMPLE), _MEASURED))
    if not found:
        return [f"{expression!r} names no instant at all: no such day of the month comes in its months."]
    gaps = [later - earlier for earlier, later in pairwise(found)]
    if gaps and min(gaps) < shortest_gap:
        return [f"Its edges are closer than {shortest_gap.seconds // 60} minutes to each other."]
    return []


def next_edge(*, expression: str, time_zone: str, after: datetime) -> datetime | None:
    """Return the first edge (UTC) later than ``after``; None when there is none, or the rule cannot be read."""
    return next((edge for edge in _edges(expression, time_zone, after - _JUMP) if edge > after), None)


def latest_edge(*, expression: str, time_zone: str, after: datetime, until: datetime) -> tuple[datetime, int] | None:
    """Return the last edge (UTC) that is later than ``after`` and not than ``until``, and how many came before it.

    None when there is none, or the rule cannot be read: a broken rule starts nothing.
    """
    latest, count = None, 0
    for edge in _edges(expression, time_zone, after - _JUMP):
        if edge > until:
            break
        if edge > after and edge != latest:
            latest, count = edge, count + 1
    return (latest, count - 1) if latest is not None else None


def _edges(expression: str, time_zone: str, start: datetime) -> Iterator[datetime]:
    try:
        zone = zoneinfo.ZoneInfo(time_zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return
    walls = _walls(expression, start.astimezone(zone).replace(tzinfo=None))
    # Where the clock jumps, edges that it skips fall between or on those that follow: put in order, each once.
    for _, of_day in groupby(walls, key=datetime.date):
        yield from sorted({wall.replace(tzinfo=zone).astimezone(UTC) for wall in of_day})


def _walls(expression: str, start: datetime) -> Iterator[datetime]:
    """Give wall-clock edges after ``start``, without end unless the expression has one; none of what is refused."""
    if fields_problem(expression):
        return
    try:
        edges = croniter(expression, start, ret_type=datetime)
        while True:
            yield edges.get_next(datetime)
    except (CroniterBadDateError, CroniterError, ValueError, OverflowError):
        return
