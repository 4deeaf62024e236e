"""Windows whose opening and closing are cron expressions, read on the wall clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache

from croniter import CroniterBadDateError, CroniterError, croniter

from campaigns.rules.cron import CHANGING
from campaigns.rules.walls import BrokenRule

_SECOND = timedelta(seconds=1)
#: An expression that does not match once in so many years is taken never to match.
_YEARS = 2
#: No opening is looked for beyond this: every weekday, month and holiday comes round within it, the leap day does not.
HORIZON_DAYS = 400
_WITHOUT_LEAP_DAY = datetime(2025, 3, 1)  # noqa: DTZ001, as it is a wall clock's


@lru_cache(maxsize=1024)
def cron_problem(expression: str) -> str:
    """Return what is wrong with an expression of five fields, as a sentence, or an empty text."""
    if len(expression.split()) != 5:
        return f"{expression!r} is not a cron expression of five fields (minute hour day month weekday)."
    if CHANGING.search(expression):
        return f"{expression!r} has a random or hashed field (R, H), which names other instants at each look."
    found: datetime | None = None
    try:
        found = croniter(expression, _WITHOUT_LEAP_DAY, max_years_between_matches=_YEARS).get_next(datetime)
    except CroniterBadDateError:
        pass
    except (CroniterError, ValueError, KeyError, TypeError) as error:
        return f"{expression!r} is no cron expression: {error}."
    if found is None or found - _WITHOUT_LEAP_DAY > timedelta(days=HORIZON_DAYS):
        return f"{expression!r} does not match in every year: nobody would be called for so long."
    return ""


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
