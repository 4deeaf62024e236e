"""How often DIDs called of late, for their caps and for rotations: by what is kept of each, and by a look where that
does not tell.

What is kept (``campaigns.models.did_calls``) is never fewer than there were, so a cap that it leaves room under has
room. A look reads the calls themselves, as many as the cap, and is taken when what is kept leaves none. So a turn costs
the same with a hundred DIDs that have called all day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: Calls of the last day that "least used" looks at: among DIDs that have made more, live room decides.
MOST_COUNTED = 1000
#: A DID that is held by a cap is looked at again after so long: what turned out to be no call leaves room earlier.
AGAIN = timedelta(seconds=10)
#: What rotations go by is counted anew after so long, as calls that left the day are still in it.
STALE = timedelta(minutes=10)
#: A turn reads so many calls of DIDs that it has to look at again; those that wait for the next turn call nobody in it.
MOST_READ = 20_000
#: How many of the latest calls were answered is looked at after so long.
ANSWERS_AGAIN = timedelta(seconds=1)
#: Clocks of workers differ by this at most (twice ``campaigns.placing.clock.MOST_OFF_SECONDS``): what has just left
#: the day by one clock has not by another.
CLOCKS = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """Most calls of a DID in any 60 minutes and in any 24 hours; None: as many as it can."""

    per_hour: int | None
    per_day: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """What is known of a DID's calls; see ``campaigns.models.did_calls``. No instant of a cap that is not reached."""

    looked_at: datetime
    hour_calls: int
    day_calls: int
    latest_at: datetime | None
    caps: Caps
    hour_free_at: datetime | None = None
    day_free_at: datetime | None = None

    @property
    def spans(self) -> tuple[tuple[int | None, int, datetime | None, str], ...]:
        """The cap, the calls, from when the cap lets one through again, and the word, of the hour and of the day."""
        return (
            (self.caps.per_hour, self.hour_calls, self.hour_free_at, "hour"),
            (self.caps.per_day, self.day_calls, self.day_free_at, "day"),
        )

    def has_room(self) -> bool:
        """Return whether no cap is reached."""
        return all(cap is None or calls < cap for cap, calls, _, _ in self.spans)

    def is_held(self, *, now: datetime) -> bool:
        """Return whether each cap that is reached was seen so, and stays so beyond ``now``."""
        return all(
            free_at is not None and free_at > now
            for cap, calls, free_at, _ in self.spans
            if cap is not None and calls >= cap
        )


def is_told(*, known: Calls | None, caps: Caps, now: datetime, again: timedelta = AGAIN) -> bool:
    """Return whether what is kept tells what a DID may do at ``now``, so that nobody has to look. Pure.

    By other caps, or by a clock that is far behind, it does not. ``again``: after so long it does not tell of a cap
    that was reached.
    """
    if known is None or known.caps != caps or now < known.looked_at - CLOCKS:
        return False
    return known.has_room() or (known.is_held(now=now) and now < known.looked_at + again)


def to_look_at(
    *,
    known: Mapping[int, Calls | None],
    caps: Mapping[int, Caps],
    counted: Collection[int],
    now: datetime,
    only_looking: bool = False,
) -> tuple[list[int], set[int]]:
    """Return the DIDs to look at in this turn, and those that wait for a later one. Pure.

    New ones are all looked at; of the others as many as ``MOST_READ`` allows, and one at least, the longest waiting
    first. ``counted``: those whose rotation goes by their use, of which one is counted anew now and then.
    ``only_looking``: a page, which has no later turn, and believes in a cap that was reached until it is over.
    """
    again = DAY if only_looking else AGAIN
    looks, waiting, stale = [], [], []
    for did_id, own in known.items():
        if own is None or own.caps != caps[did_id]:
            looks.append(did_id)
        elif not is_told(known=own, caps=caps[did_id], now=now, again=again):
            waiting.append((own.looked_at, did_id, own.day_calls))
        elif did_id in counted and own.looked_at < now - STALE:
            stale.append((own.looked_at, did_id))
    everyone = [did_id for _, did_id, _ in waiting]
    first = everyone if only_looking else within_a_turn(waiting)
    late = set(everyone) - set(first)
    return looks + first + ([] if late else [did_id for _, did_id in sorted(stale)[:1]]), late


def within_a_turn(waiting: Iterable[tuple[datetime, int, int]]) -> list[int]:
    """Return the DIDs whose calls one turn reads, the longest waiting first, and one at least. Pure.

    Of each is given since when it waits, its id, and how many calls are to be read.
    """
    found: list[int] = []
    read = 0
    for _, did_id, calls in sorted(waiting):
        read += calls
        if found and read > MOST_READ:
            break
        found.append(did_id)
    return found


# The newest calls of a day, as many as a cap asks for; the n-th newest of an hour or day is the one that has to leave.
_LOOK = """
SELECT d.id, u.of_day, u.of_hour, u.most_of_day, u.most_of_hour, u.latest,
       u.hour_nth + interval '1 hour', u.day_nth + interval '24 hours'
  FROM unnest(%(dids)s::bigint[], %(per_hour)s::bigint[], %(per_day)s::bigint[], %(most)s::bigint[])
       AS d(id, per_hour, per_day, most)
 CROSS JOIN LATERAL (
       SELECT count(*) FILTER (WHERE x.reserved_at > %(now)s::timestamptz - interval '24 hours') AS of_day,
              count(*) FILTER (WHERE x.reserved_at > %(now)s::timestamptz - interval '1 hour') AS of_hour,
              count(*) AS most_of_day,
              count(*) FILTER (WHERE x.reserved_at > %(now)s::timestamptz - interval '1 hour' - %(clocks)s::interval)
                  AS most_of_hour,
              max(x.reserved_at) AS latest,
              min(x.reserved_at) FILTER (WHERE x.nth = d.per_hour) AS hour_nth,
              min(x.reserved_at) FILTER (WHERE x.nth = d.per_day) AS day_nth
         FROM (SELECT a.reserved_at, row_number() OVER (ORDER BY a.reserved_at DESC) AS nth
                 FROM campaigns_attempt a
                WHERE a.did_id = d.id AND a.is_burned IS NOT FALSE
                  AND a.reserved_at > %(now)s::timestamptz - interval '24 hours' - %(clocks)s::interval
                ORDER BY a.reserved_at DESC LIMIT d.most) x) u
"""
_KEEP = """
INSERT INTO campaigns_didcalls AS u (did_id, looked_at, hour_calls, day_calls, latest_at, hour_cap, day_cap,
                                     hour_free_at, day_free_at)
SELECT v.id, %(now)s, v.hour_calls, v.day_calls, v.latest_at, v.hour_cap, v.day_cap, v.hour_free_at, v.day_free_at
  FROM unnest(%(dids)s::bigint[], %(hour_calls)s::bigint[], %(day_calls)s::bigint[], %(latest)s::timestamptz[],
              %(per_hour)s::bigint[], %(per_day)s::bigint[], %(hour_free)s::timestamptz[], %(day_free)s::timestamptz[])
       AS v(id, hour_calls, day_calls, latest_at, hour_cap, day_cap, hour_free_at, day_free_at)
    ON CONFLICT (did_id) DO UPDATE
   SET looked_at = EXCLUDED.looked_at, hour_calls = EXCLUDED.hour_calls, day_calls = EXCLUDED.day_calls,
       latest_at = EXCLUDED.latest_at, hour_cap = EXCLUDED.hour_cap, day_cap = EXCLUDED.day_cap,
       hour_free_at = EXCLUDED.hour_free_at, day_free_at = EXCLUDED.day_free_at
"""


def look(
    cursor: Any,
    *,
    did_ids: Sequence[int],
    caps: Mapping[int, Caps],
    counted: Collection[int],
    now: datetime,
    keep: bool,
) -> dict[int, Calls]:
    """Count the calls of DIDs; return them as they are.

    ``keep`` writes down what later turns may go by, for who holds the lock of the DIDs' gate: each reservation holds
    it, here and for a provider's own dialer (``campaigns.hosting.choosing``), so none is missed.
    """
    if not did_ids:
        return {}
    asked = {
        "now": now,
        "dids": list(did_ids),
        "per_hour": [caps[did_id].per_hour for did_id in did_ids],
        "per_day": [caps[did_id].per_day for did_id in did_ids],
        "clocks": CLOCKS,
        "most": [_most(caps[did_id], MOST_COUNTED if did_id in counted else 1) for did_id in did_ids],
    }
    cursor.execute(_LOOK, asked)
    found = {row[0]: row[1:] for row in cursor.fetchall()}
    exact = {did_id: _exact(found[did_id], caps[did_id], now) for did_id in did_ids}
    if keep:
        own = [exact[did_id] for did_id in did_ids]
        kept = {
            # By another worker's clock, what has just left has not left yet.
            "hour_calls": [found[did_id][3] for did_id in did_ids],
            "day_calls": [found[did_id][2] for did_id in did_ids],
            "latest": [one.latest_at for one in own],
            "hour_free": [one.hour_free_at for one in own],
            "day_free": [one.day_free_at for one in own],
        }
        cursor.execute(_KEEP, {name: asked[name] for name in ("now", "dids", "per_hour", "per_day")} | kept)
    return exact


def _most(caps: Caps, least: int) -> int:
    return max(caps.per_hour or 0, caps.per_day or 0, least)


def _exact(row: Sequence[Any], caps: Caps, now: datetime) -> Calls:
    of_day, of_hour, _, _, latest_at, hour_free_at, day_free_at = row
    return Calls(
        looked_at=now,
        hour_calls=of_hour,
        day_calls=of_day,
        latest_at=latest_at,
        caps=caps,
        # The n-th newest may be one of before the hour: then the cap is not reached.
        hour_free_at=hour_free_at if caps.per_hour is not None and of_hour >= caps.per_hour else None,
        day_free_at=day_free_at if caps.per_day is not None and of_day >= caps.per_day else None,
    )
