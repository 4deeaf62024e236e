"""How calls ended over the last hours, for a chart: by outcome, in pieces of five minutes."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

PIECE = timedelta(minutes=5)
LATELY = timedelta(hours=3)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
#: A day of a zone has 25 hours at most, and a clock of a browser may be wrong.
LONGEST_DAY = timedelta(hours=26)

# By the index on the ends of calls: it reads what ended since, and nothing before.
_OF_ALL = """
SELECT floor(extract(epoch FROM ended_at) / %(piece)s)::bigint * %(piece)s, outcome, count(*)
  FROM campaigns_attempt WHERE ended_at > %(since)s AND ended_at <= %(now)s {} GROUP BY 1, 2
"""
_ENDS, _ENDS_OF_ONE = _OF_ALL.format("AND NOT is_rehearsal"), _OF_ALL.format("AND campaign_id = %(campaign)s")


def calls_by_time(cursor: Any, *, day_from: datetime, now: datetime) -> dict[str, Any]:
    """Return ended calls of the last three hours by five minutes, and since ``day_from`` by the hour.

    Each is ``{"from": epoch seconds, "step": seconds, "outcomes": {outcome: [calls of each piece]}}``.
    """
    day_from = max(min(day_from, now), now - LONGEST_DAY)
    piece = int(PIECE.total_seconds())
    lately_from = _floored(now - LATELY + PIECE, PIECE)
    since = min(lately_from, day_from)
    cursor.execute(_ENDS, {"piece": piece, "since": since, "now": now})
    rows: list[tuple[int, str, int]] = cursor.fetchall()
    return {
        "lately": _series(rows, begins=lately_from, step=PIECE, now=now),
        "today": _series(rows, begins=day_from, step=HOUR, now=now),
        "as_of": now.timestamp(),
    }


def calls_by_minute(cursor: Any, *, campaign_id: int, now: datetime) -> dict[str, Any]:
    """Return the ended calls of a campaign within the last hour, by the minute; in the form of ``calls_by_time``."""
    begins = _floored(now - HOUR + MINUTE, MINUTE)
    given = {"piece": int(MINUTE.total_seconds()), "since": begins, "now": now, "campaign": campaign_id}
    cursor.execute(_ENDS_OF_ONE, given)
    return {"lately": _series(cursor.fetchall(), begins=begins, step=MINUTE, now=now), "as_of": now.timestamp()}


def _series(rows: list[tuple[int, str, int]], *, begins: datetime, step: timedelta, now: datetime) -> dict[str, Any]:
    first, seconds = int(begins.timestamp()), int(step.total_seconds())
    pieces = int((now.timestamp() - first) // seconds) + 1
    outcomes: defaultdict[str, list[int]] = defaultdict(lambda: [0] * pieces)
    for at, outcome, calls in rows:
        place = (at - first) // seconds
        if 0 <= place < pieces:
            outcomes[outcome][place] += calls
    return {"from": first, "step": seconds, "pieces": pieces, "outcomes": dict(outcomes)}


def _floored(instant: datetime, step: timedelta) -> datetime:
    seconds = int(step.total_seconds())
    return datetime.fromtimestamp(int(instant.timestamp()) // seconds * seconds, tz=instant.tzinfo)
