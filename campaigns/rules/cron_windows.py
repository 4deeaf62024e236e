"""Windows whose opening and closing are cron expressions, read on the wall clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from croniter import CroniterBadDateError, CroniterError, croniter

from campaigns.rules.cron_fields import fields_problem
from campaigns.rules.walls import DAY, BrokenRule, stretches

_SECOND = timedelta(seconds=1)
#: An expression that does not match once in so many years is taken never to match.
_YEARS = 2
#: No opening is looked for beyond this: every weekday, month and holiday comes round within it, the leap day does not.
HORIZON_DAYS = 400
_WITHOUT_LEAP_DAY = datetime(2025, 3, 1)  # noqa: DTZ001, as it is a wall clock's


@lru_cache(maxsize=1024)
def cron_problem(expression: str) -> str:
    """Return what is wrong with an expression of five fields, as a sentence, or an empty text."""
    if problem := fields_problem(expression):
        return problem
    too_rare = f"{expression!r} does not match in every year: nobody would be called for so long."
    try:
        found = croniter(expression, _WITHOUT_LEAP_DAY, max_years_between_matches=_YEARS).get_next(datetime)
    except CroniterBadDateError:
        return too_rare
    return too_rare if found - _WITHOUT_LEAP_DAY > timedelta(days=HORIZON_DAYS) else ""


def cron_spans(*, opens: str, closes: str, starts: datetime, ends: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the open stretches between two wall clock times (naive): from an opening until the next closing.

    Where both fall on one minute the closing wins. Raises BrokenRule for a bad expression.
    """
    for expression in (opens, closes):
        problem = cron_problem(expression)
        if problem:
            raise BrokenRule(problem)
    opened, closed = _last(opens, starts), _last(closes, starts)
    since = starts if opened is not None and (closed is None or opened > closed) else None
    closings = set(_ticks(closes, starts, ends))
    for tick in sorted(closings | set(_ticks(opens, starts, ends))):
        if tick in closings:
            if since is not None and since < tick:
                yield since, tick
            since = None
        elif since is None:
            since = tick
    if since is not None and since < ends:
        yield since, ends


def window_times(*, expression: str, zone_name: str, after: datetime, most: int) -> list[datetime]:
    """Return the next instants (UTC) at which a wall clock shows what an expression names, ``most`` at most.

    As windows read it: a time that clocks skip does not come, one that they show twice comes twice. Raises BrokenRule.
    """
    found: list[datetime] = []
    first = after.astimezone(UTC).date()
    for n in range(HORIZON_DAYS):
        for stretch in stretches(zone_name, first + n * DAY):
            walls = _ticks(expression, stretch.starts + stretch.offset, stretch.ends + stretch.offset)
            found += [at for wall in walls if (at := (wall - stretch.offset).replace(tzinfo=UTC)) > after]
        if len(found) >= most:
            break
    return found[:most]


def _last(expression: str, at: datetime) -> datetime | None:
    """Return the last match up to and including ``at``."""
    try:
        found: datetime = croniter(expression, at + _SECOND, max_years_between_matches=_YEARS).get_prev(datetime)
    except CroniterError:
        return None
    return found


def _ticks(expression: str, starts: datetime, ends: datetime) -> Iterator[datetime]:
    matches = croniter(expression, starts - _SECOND, max_years_between_matches=_YEARS)
    while True:
        try:
            tick: datetime = matches.get_next(datetime)
        except CroniterError:
            return
        if tick >= ends:
            return
        if tick >= starts:
            yield tick
